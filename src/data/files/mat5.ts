/**
 * @file MATLAB's MAT-files of version 5 (also called 6 and 7; "MAT-File Format", The MathWorks): numbers,
 * text, cells, structures and sparse matrices, compressed or not, in either byte order. Objects and
 * functions are refused. Version 7.3 is HDF5: see `hdf5.ts`.
 */
import { inflateSync } from "node:zlib";
import type { UserError } from "../../common/errors.js";
import { MI_COMPRESSED, MI_MATRIX, MI_UTF8, Reader, refuse } from "./mat5-elements.js";

/** An array in MATLAB's order: the first index runs fastest. */
export type MatArray =
  | { readonly kind: "numeric"; readonly shape: readonly number[]; readonly data: Float64Array }
  /** A row of text; several rows are joined column by column, as they stand in the file. */
  | { readonly kind: "text"; readonly shape: readonly number[]; readonly text: string }
  | { readonly kind: "cell"; readonly shape: readonly number[]; readonly cells: readonly MatArray[] }
  /** One entry an element, by field. */
  | {
      readonly kind: "struct";
      readonly shape: readonly number[];
      readonly entries: readonly ReadonlyMap<string, MatArray>[];
    }
  /** The values that are not 0: column c has those from `starts[c]` to `starts[c + 1]`, each in its row. */
  | {
      readonly kind: "sparse";
      readonly shape: readonly number[];
      readonly starts: Float64Array;
      readonly rows: Float64Array;
      readonly data: Float64Array;
    };

const MAX_INFLATED = 2 ** 28;
/** Deeper nesting than any data set has; guards the stack. */
const MAX_DEPTH = 32;

const MX_CELL = 1;
const MX_STRUCT = 2;
const MX_CHAR = 4;
const MX_SPARSE = 5;
const MX_FIRST_NUMERIC = 6;
const MX_LAST_NUMERIC = 15;
const MX_NAMES = ["", "cell", "struct", "object", "char", "sparse"];

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").replace(/\0.*$/s, "");
}

/** Shape and name of an array, then what is in it. */
function readMatrix(reader: Reader, depth: number): { name: string; array: MatArray } {
  if (depth > MAX_DEPTH) throw reader.refuse("the arrays of the MAT-file are nested too deeply");
  const flags = reader.numbers(reader.next());
  const kind = flags[0] & 0xff;
  const complex = (flags[0] & 0x800) !== 0;
  const shape = [...reader.numbers(reader.next())];
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length < 2 || shape.some((size) => size < 0) || !Number.isSafeInteger(count)) {
    throw reader.refuse("the MAT-file has an array of an impossible shape", { got: shape.join("x") });
  }
  const name = latin(reader.next().bytes);
  if (kind >= MX_FIRST_NUMERIC && kind <= MX_LAST_NUMERIC && !complex) {
    const data = reader.numbers(reader.next());
    if (data.length !== count) throw wrongCount(reader, name, count, data.length);
    return { name, array: { kind: "numeric", shape, data } };
  }
  if (kind === MX_CHAR) return { name, array: readText(reader, name, shape, count) };
  if (kind === MX_CELL) {
    return { name, array: { kind: "cell", shape, cells: readInner(reader, count, depth) } };
  }
  if (kind === MX_SPARSE && !complex) return { name, array: readSparse(reader, name, shape) };
  if (kind === MX_STRUCT) return { name, array: readStruct(reader, shape, count, depth) };
  throw reader.refuse(`the array ${JSON.stringify(name)} is of a kind that is not read`, {
    expected: "numbers, text, cells, structures and sparse matrices",
    got: complex ? "complex numbers" : (MX_NAMES[kind] ?? `kind ${kind}`),
  });
}

function wrongCount(reader: Reader, name: string, expected: number, got: number): UserError {
  return reader.refuse(`the array ${JSON.stringify(name)} does not hold what its shape says`, {
    expected: `${expected} values`,
    got: String(got),
  });
}

function readSparse(reader: Reader, name: string, shape: readonly number[]): MatArray {
  const rows = reader.numbers(reader.next());
  const starts = reader.numbers(reader.next());
  const data = reader.numbers(reader.next());
  const [height, width] = shape;
  const count = starts.at(-1) ?? 0;
  const ordered = starts.every((start, i) => start >= (i === 0 ? 0 : starts[i - 1]));
  if (shape.length !== 2 || starts.length !== width + 1 || !ordered || starts[0] !== 0) {
    throw reader.refuse(`the sparse matrix ${JSON.stringify(name)} does not say where its columns begin`);
  }
  // There may be room for more values than there are.
  if (count > rows.length || count > data.length) {
    throw wrongCount(reader, name, count, Math.min(rows.length, data.length));
  }
  const used = rows.subarray(0, count);
  const stray = used.find((row) => !(row >= 0 && row < height));
  if (stray !== undefined) {
    const expected = `rows from 0 to ${height - 1}`;
    throw reader.refuse(`the sparse matrix ${JSON.stringify(name)} has a value outside`, {
      expected,
      got: String(stray),
    });
  }
  return { kind: "sparse", shape, starts, rows: used, data: data.subarray(0, count) };
}

function readText(reader: Reader, name: string, shape: readonly number[], count: number): MatArray {
  const element = reader.next();
  if (element.type === MI_UTF8) {
    return { kind: "text", shape, text: Buffer.from(element.bytes).toString("utf8") };
  }
  const codes = reader.numbers(element);
  if (codes.length !== count) throw wrongCount(reader, name, count, codes.length);
  return { kind: "text", shape, text: Array.from(codes, (code) => String.fromCharCode(code)).join("") };
}

function readInner(reader: Reader, count: number, depth: number): MatArray[] {
  const arrays: MatArray[] = [];
  for (let i = 0; i < count; i++) {
    const { type, bytes } = reader.next();
    if (type !== MI_MATRIX)
      throw reader.refuse("the MAT-file has an element of an unknown type", { got: String(type) });
    arrays.push(readNested(reader.over(bytes), depth + 1));
  }
  return arrays;
}

/** An array inside another; MATLAB writes an empty element for []. */
function readNested(reader: Reader, depth: number): MatArray {
  if (reader.done) return { kind: "numeric", shape: [0, 0], data: new Float64Array() };
  return readMatrix(reader, depth).array;
}

function readStruct(reader: Reader, shape: readonly number[], count: number, depth: number): MatArray {
  const [width] = reader.numbers(reader.next());
  const { bytes } = reader.next();
  if (!(width > 0) || bytes.length % width !== 0) throw reader.refuse("the MAT-file has a damaged structure");
  const fields = Array.from({ length: bytes.length / width }, (_, i) =>
    latin(bytes.subarray(i * width, (i + 1) * width)),
  );
  const values = readInner(reader, count * fields.length, depth);
  const entries = Array.from({ length: fields.length === 0 ? 0 : count }, (_, i) => {
    const own = fields.map((field, f) => [field, values[i * fields.length + f]] as const);
    return new Map(own);
  });
  return { kind: "struct", shape, entries };
}

function inflate(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_INFLATED });
  } catch (cause) {
    throw refuse(where, "the compressed data of the MAT-file is damaged", { got: (cause as Error).message });
  }
}

/** True for a version 7.3 file, which is HDF5 behind a text header. */
function isHdf5(bytes: Uint8Array): boolean {
  return latin(bytes.subarray(0, 128)).startsWith("MATLAB 7.3");
}

/**
 * Every array of a MAT-file by its name. Throws UserError naming `where` for anything else, for damaged files
 * and for kinds of arrays that are not read.
 */
export function decodeMat(bytes: Uint8Array, where: string): ReadonlyMap<string, MatArray> {
  if (isHdf5(bytes)) {
    throw refuse(where, "this MAT-file is of version 7.3", {
      expected: "version 5 to 7",
      fix: "Save it with -v7.",
    });
  }
  const order = latin(bytes.subarray(126, 128));
  if (bytes.length < 128 || (order !== "IM" && order !== "MI")) {
    throw refuse(where, "this is not a MAT-file of version 5 to 7");
  }
  const little = order === "IM";
  const arrays = new Map<string, MatArray>();
  const file = new Reader(bytes.subarray(128), little, where);
  while (!file.done) {
    const outer = file.next();
    const { type, bytes: inner } =
      outer.type === MI_COMPRESSED ? file.over(inflate(outer.bytes, where)).next() : outer;
    // Elements that are no arrays hold what MATLAB keeps for itself.
    if (type !== MI_MATRIX || inner.length === 0) continue;
    const { name, array } = readMatrix(file.over(inner), 0);
    arrays.set(name, array);
  }
  return arrays;
}
