/**
 * @file Files of torch.save: the ZIP form (since PyTorch 1.6) and the older one, a sequence of pickles with
 * the storages behind them. Nothing in a file is executed: see `pickle.ts`. Needs no Node.
 */
import { isZip, zipEntries } from "../common/zip.js";
import { damaged, refused } from "./errors.js";
import { type PickleContext, unpickle } from "./pickle.js";
import { Rebuilder } from "./rebuild.js";
import { elementBytes, TorchTensor } from "./tensor.js";

/** First value of a file in the older form; the second is its version. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_VERSION = 1001;
/** Where training scripts put the weights of a network in their checkpoints. */
const WRAPPERS = ["state_dict", "model_state_dict", "model"] as const;
const PICKLE_PROTO = 0x80;

/**
 * Reads a whole file: the tensor it holds, or the tensors of its dictionary by name, further entries of which
 * are left out. Of a dictionary without tensors, `state_dict`, `model_state_dict` or `model` is taken.
 * Tensors keep views of `bytes`; `tensorValues` copies.
 * @throws UserError `torch.damaged` or, naming what the file asks for, `torch.refused`.
 */
export function readTorch(bytes: Uint8Array, where: string): TorchTensor | Map<string, TorchTensor> {
  let value = isZip(bytes) ? readArchive(bytes, where) : readLegacy(bytes, where);
  // Each dictionary is within the one before; a bound, for a pickle can put one into itself.
  for (let depth = 0; depth <= WRAPPERS.length; depth++) {
    if (value instanceof TorchTensor) return value;
    if (!(value instanceof Map)) break;
    const tensors = [...value].filter(
      ([name, each]) => typeof name === "string" && each instanceof TorchTensor,
    );
    if (tensors.length > 0) return new Map(tensors as [string, TorchTensor][]);
    const dictionary = value;
    value = WRAPPERS.map((name) => dictionary.get(name)).find((inner) => inner instanceof Map);
  }
  throw refused(where, "the file holds no tensors");
}

function readArchive(bytes: Uint8Array, where: string): unknown {
  const entries = storedEntries(bytes, where);
  const [pickle, ...more] = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined || more.length > 0) throw damaged(where, "the archive does not hold one data.pkl");
  const root = pickle.slice(0, pickle.indexOf("/"));
  const order = entries.get(`${root}/byteorder`);
  if (order !== undefined) requireLittleEndian(new TextDecoder().decode(order) === "little", where);
  const rebuilder = new Rebuilder(where);
  const { value } = unpickle(entries.get(pickle)!, 0, rebuilder, where);
  for (const storage of rebuilder.storages.values()) {
    storage.bytes = entries.get(`${root}/data/${storage.key}`) ?? storage.bytes;
  }
  rebuilder.requireBytes();
  return value;
}

/** The archive's entries; PyTorch stores them as they are. */
function storedEntries(bytes: Uint8Array, where: string): Map<string, Uint8Array> {
  const entries = zipEntries(bytes, {
    damaged: (what) => damaged(where, what),
    refused: (what) => refused(where, what),
  });
  const odd = [...entries].find(([, { method }]) => method !== 0);
  if (odd !== undefined) throw refused(where, `the archive's entry ${JSON.stringify(odd[0])} is compressed`);
  return new Map([...entries].map(([name, entry]) => [name, entry.bytes]));
}

function readLegacy(bytes: Uint8Array, where: string): unknown {
  let at = 0;
  const next = (context: PickleContext = new Rebuilder(where)) => {
    const { value, end } = unpickle(bytes, at, context, where);
    at = end;
    return value;
  };
  // Any other file would be refused for an opcode, which tells nobody anything.
  if (bytes[0] !== PICKLE_PROTO || next() !== LEGACY_MAGIC) {
    throw refused(where, "the file was not written by torch.save");
  }
  const version = next();
  if (version !== LEGACY_VERSION) throw damaged(where, "its version is not 1001");
  const system = next();
  requireLittleEndian(!(system instanceof Map) || system.get("little_endian") !== false, where);
  const rebuilder = new Rebuilder(where);
  const value = next(rebuilder);
  const keys = next();
  if (!Array.isArray(keys)) throw damaged(where, "its list of storages is missing");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = rebuilder.storages.get(key);
    if (storage === undefined) throw damaged(where, "a storage belongs to no tensor");
    if (at + 8 > bytes.length || view.getBigInt64(at, true) !== BigInt(storage.count)) {
      throw damaged(where, `storage ${storage.key} has another length than its tensors say`);
    }
    const end = at + 8 + storage.count * elementBytes(storage.dtype);
    storage.bytes = bytes.subarray(at + 8, end);
    at = end;
  }
  rebuilder.requireBytes();
  return value;
}

function requireLittleEndian(holds: boolean, where: string): void {
  if (!holds) throw refused(where, "the file's numbers are big-endian");
}
