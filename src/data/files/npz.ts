/**
 * @file NumPy's .npz: a ZIP archive of .npy arrays, stored (numpy.savez) or deflated
 * (numpy.savez_compressed).
 */
import { inflateRawSync } from "node:zlib";
import { UserError } from "../../common/errors.js";
import { type ZipEntry, zipEntries } from "../../common/zip.js";
import { FileErrors } from "./damage.js";
import { decodeNpy, type NpyArray } from "./npy.js";

const [STORED, DEFLATED] = [0, 8];
/** An array of this many bytes holds more than any label: 8 bytes for each of the pixels that are borne. */
const MAX_BYTES = 2 ** 30;

function inflated({ method, bytes, size }: ZipEntry, name: string, errors: FileErrors): Uint8Array {
  if (method === STORED) return bytes;
  if (method !== DEFLATED) {
    throw errors.unsupported(`compression ${method}`, "Save it again with numpy.savez_compressed.");
  }
  if (size > MAX_BYTES) throw errors.damaged(`array ${name} says it has ${size} bytes`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw errors.damaged(`array ${name} cannot be inflated`);
  }
}

/**
 * The array of an archive: its only one, or the one that bears one of `names`. Throws UserError naming
 * `where` and, where it is not clear which is meant, the arrays.
 */
export function decodeNpz(bytes: Uint8Array, where: string, names: readonly string[] = []): NpyArray {
  const errors = new FileErrors("NPZ", where);
  const entries = zipEntries(bytes, {
    damaged: (what) => errors.damaged(what),
    refused: (what) => errors.damaged(what),
  });
  const arrays = [...entries.keys()].filter((name) => name.endsWith(".npy"));
  const titles = arrays.map((name) => name.slice(0, -".npy".length));
  const wanted = names.map((name) => titles.findIndex((title) => title.toLowerCase() === name));
  const index = arrays.length === 1 ? 0 : (wanted.find((at) => at >= 0) ?? -1);
  if (index < 0) {
    throw new UserError({
      code: "data.npz-arrays",
      what: "the archive does not say which array is meant",
      where,
      expected: names.length === 0 ? "one array" : `one array, or one named ${names.join(" or ")}`,
      got: titles.length === 0 ? "none" : titles.slice(0, 8).join(", "),
      fix: "Save that array alone, or under such a name.",
    });
  }
  const entry = inflated(entries.get(arrays[index])!, arrays[index], errors);
  return decodeNpy(entry, `${where}: ${titles[index]}`);
}
