/**
 * @file NumPy's .npy format, versions 1 to 3 (numpy.lib.format): numbers only, half floats widened. Object
 * arrays are refused because reading them means running pickled code.
 */
import { UserError } from "../../common/errors.js";
import { float16ToFloat32 } from "../../common/half.js";
import { swapBytes } from "./numbers.js";

export type NpyData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

/** An array in C order (last index fastest). */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
  /** True for an array of truth values, which are 0 and 1. */
  readonly truth?: boolean;
}

type Constructor = { new (buffer: ArrayBuffer): NpyData; readonly BYTES_PER_ELEMENT: number };

/** By NumPy's codes; f2 is read as the bits of half floats. */
const TYPES: Readonly<Record<string, Constructor>> = {
  f2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
  u1: Uint8Array,
  b1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
};
const MAX_HEADER = 65536;

function refuse(where: string, what: string, more: { expected?: string; got?: string } = {}): UserError {
  return new UserError({
    code: "data.bad-npy",
    what,
    where,
    ...more,
    fix: "Save it again with numpy.save as an array of numbers.",
  });
}

interface Header {
  /** NumPy's code of the type, without the byte order. */
  readonly code: string;
  readonly swap: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

function parseHeader(text: string, where: string): Header {
  const descr = /'descr':\s*'([^']{0,16})'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([0-9, L]*)\)/.exec(text)?.[1];
  if (order === undefined || dims === undefined) throw refuse(where, "the .npy header cannot be read");
  const code = descr?.replace(/^[<>|=]/, "");
  if (descr === undefined || code === undefined || !Object.hasOwn(TYPES, code)) {
    const object = descr !== undefined && /^[<>|=]?O/.test(descr);
    throw refuse(where, object ? "object arrays are not read" : "the .npy file holds no plain numbers", {
      expected: `one of ${Object.keys(TYPES).join(", ")}`,
      got: descr ?? "a structured type",
    });
  }
  const parts = dims.replaceAll("L", "").split(",");
  const shape = parts.filter((part) => part.trim() !== "").map(Number);
  if (!shape.every(Number.isSafeInteger)) throw refuse(where, "the .npy shape cannot be read", { got: dims });
  return { code, swap: descr.startsWith(">"), fortran: order === "True", shape };
}

/** First index fastest -> last index fastest. */
function toCOrder(source: NpyData, target: NpyData, shape: readonly number[]): void {
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let i = 0; i < target.length; i++) {
    let offset = 0;
    for (let axis = 0; axis < shape.length; axis++) offset += index[axis] * strides[axis];
    target[i] = source[offset];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
}

/** True when the bytes begin as a .npy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => bytes[i] === byte);
}

/** Reads a .npy file. Throws UserError naming `where` for anything but a whole array of plain numbers. */
export function decodeNpy(bytes: Uint8Array, where: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isNpy(bytes) || bytes.length < 12) throw refuse(where, "this is not a .npy file");
  const version = bytes[6];
  if (version < 1 || version > 3) {
    throw refuse(where, "unknown .npy version", { expected: "1, 2 or 3", got: String(version) });
  }
  const headerStart = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerLength;
  if (headerLength > MAX_HEADER || dataStart > bytes.length) {
    throw refuse(where, "the .npy header is cut off", { got: `${bytes.length} bytes` });
  }
  const text = Buffer.from(bytes.subarray(headerStart, dataStart)).toString("utf8");
  const { code, swap, fortran, shape } = parseHeader(text, where);
  const type = TYPES[code];
  const count = shape.reduce((a, b) => a * b, 1);
  const size = type.BYTES_PER_ELEMENT;
  if (bytes.length - dataStart !== count * size) {
    throw refuse(where, "the .npy file does not hold as much data as its shape says", {
      expected: `${count * size} bytes for shape (${shape.join(", ")})`,
      got: `${bytes.length - dataStart}`,
    });
  }
  // Not `slice`, which on a Buffer copies nothing.
  const copy = new Uint8Array(bytes.subarray(dataStart));
  if (swap) swapBytes(copy, size);
  let data = new type(copy.buffer);
  if (fortran && shape.length > 1) {
    const ordered = new type(new ArrayBuffer(count * size));
    toCOrder(data, ordered, shape);
    data = ordered;
  }
  if (code === "f2") data = Float32Array.from(data as Uint16Array, float16ToFloat32);
  return { shape, data, ...(code === "b1" && { truth: true }) };
}

function typeName(data: NpyData): string {
  const name = Object.keys(TYPES).find((key) => !["b1", "f2"].includes(key) && data instanceof TYPES[key])!;
  return name.endsWith("1") ? `|${name}` : `<${name}`;
}

/** What stands before the values of a version 1 .npy file in C order. `data` only says their type. */
export function npyHeader({ shape, data }: NpyArray): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${typeName(data)}', 'fortran_order': False, 'shape': (${dims}), }`;
  // The data begins at a multiple of 64 bytes, as NumPy writes it.
  const header = `${dictionary.padEnd(64 * Math.ceil((dictionary.length + 11) / 64) - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(Buffer.from(header, "latin1"), 10);
  return bytes;
}

/** Writes a version 1 .npy file in C order. */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { data } = array;
  const header = npyHeader(array);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}
