/**
 * @file HDF5, which MATLAB's version 7.3 files are: numeric arrays, read entry by entry from the disk. MATLAB
 * stores arrays reversed: its H x W x N is [N, W, H] here.
 */
import { stat } from "node:fs/promises";
import { UserError } from "../../common/errors.js";
import { readSpan } from "./bytes.js";

/** An array in a file, last index fastest. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  /** The numbers of one entry along the first axis. Throws UserError where they cannot be read. */
  entry(index: number): ArrayLike<number>;
}

export interface Hdf5File {
  readonly path: string;
  /** Names of what lies at the file's root. */
  readonly names: readonly string[];
  /** Throws UserError where there is no numeric array of this name. */
  array(name: string): Hdf5Array;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the signature may stand: at the start, or behind MATLAB's text header. */
const STARTS = [0, 512];
/** Numbers in one entry; a damaged header may ask for more than there is memory. */
const MAX_ENTRY = 2 ** 28;

function refuse(where: string, what: string, more: { expected?: string; got?: string } = {}): UserError {
  return new UserError({ code: "data.bad-hdf5", what, where, ...more });
}

/** The innermost reason in HDF5's account of an error. */
function reason(cause: unknown): string {
  const lines = String((cause as Error).message).split("\n");
  const last = lines.findLast((line) => /^\s+#\d+:/.test(line)) ?? lines[0];
  return last.replace(/^.*\(\): /, "").slice(0, 200);
}

/** Runs a call of the library; what it throws becomes a UserError. */
function guarded<T>(where: string, what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError({ code: "data.bad-hdf5", what, where, got: reason(cause) }, { cause });
  }
}

/** Open files by path and state: a run opens its dataset anew for every evaluation. */
const opened = new Map<string, Hdf5File>();

/**
 * Opens a file for reading; it stays open until the process or worker ends. Throws UserError where it is
 * missing, not HDF5, or damaged.
 */
export async function openHdf5(path: string): Promise<Hdf5File> {
  const start = await readSpan(path, 0, 520);
  if (!STARTS.some((at) => SIGNATURE.every((byte, i) => start[at + i] === byte))) {
    throw refuse(path, "this is not an HDF5 file");
  }
  const { mtimeNs, size } = await stat(path, { bigint: true });
  const key = `${path}\0${mtimeNs}\0${size}`;
  const file = opened.get(key) ?? (await openAnew(path));
  opened.set(key, file);
  return file;
}

async function openAnew(path: string): Promise<Hdf5File> {
  // 4 MB of WebAssembly that few runs need.
  const hdf5 = await import("h5wasm/node");
  // Otherwise the library writes its errors to stderr and goes on.
  (await hdf5.ready).activate_throwing_error_handler();
  const file = guarded(path, "the HDF5 file cannot be opened", () => new hdf5.File(path, "r"));
  const names = guarded(path, "the HDF5 file is damaged", () => file.keys());
  const array = (name: string): Hdf5Array => {
    const where = `${path}: ${name}`;
    const found = names.includes(name)
      ? guarded(where, "the HDF5 file is damaged", () => file.get(name))
      : null;
    if (!(found instanceof hdf5.Dataset)) {
      throw refuse(where, "the file has no such array", { expected: names.join(", ").slice(0, 200) });
    }
    const { shape, metadata } = guarded(where, "the array's header is damaged", () => ({
      shape: found.shape ?? [],
      metadata: found.metadata,
    }));
    const size = shape.slice(1).reduce((product, length) => product * length, 1);
    // Types 0 and 1 of HDF5 are integers and floats.
    if (metadata.type > 1 || metadata.size > 8 || shape.length === 0 || !(size <= MAX_ENTRY)) {
      throw refuse(where, "this is no array of numbers that can be read", {
        got: `shape ${shape.join("x")}, type ${metadata.type} of ${metadata.size} bytes`,
      });
    }
    return { shape, entry: (index) => readEntry(found, index, size, where) };
  };
  return { path, names, array };
}

type Sliceable = { slice(ranges: ([] | [number, number])[]): unknown; readonly shape: number[] | null };

function readEntry(dataset: Sliceable, index: number, size: number, where: string): ArrayLike<number> {
  const rest = (dataset.shape ?? []).slice(1).map((): [] => []);
  const value = guarded(where, "an entry of the array cannot be read", () =>
    dataset.slice([[index, index + 1], ...rest]),
  );
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    return Float64Array.from(value, Number);
  }
  if (ArrayBuffer.isView(value) && (value as Uint8Array).length === size) return value as Uint8Array;
  throw refuse(where, "an entry of the array cannot be read", { got: `entry ${index}` });
}
