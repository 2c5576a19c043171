/**
 * @file The header of the safetensors format (https://github.com/huggingface/safetensors): 8 bytes with the
 * header's length, little-endian; a JSON object of names to types, shapes and byte ranges; then the arrays
 * without gaps. Needs no Node.
 */
import { UserError } from "../common/errors.js";

/** Element types; F16 and BF16 values are the bits of half floats and bfloat16, BOOL values are 0 or 1. */
export interface StoredTypes {
  F64: Float64Array;
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  I32: Int32Array;
  U32: Uint32Array;
  I16: Int16Array;
  U16: Uint16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}
export type StoredDType = keyof StoredTypes;

/** An array with its type and shape. `data.length` is the product of `shape`. */
export type StoredArray = {
  [D in StoredDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: StoredTypes[D] };
}[StoredDType];

/** Where an array lies in a file: bytes [start, end) from the beginning of the file. */
export interface StoredEntry {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the bytes in the file. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
}

export const ELEMENT_BYTES: Readonly<Record<StoredDType, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export const PREFIX_BYTES = 8;
/** The limit of the reference implementation. */
const MAXIMUM_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";

/**
 * The checksum stands first in the header, so that its place in the file is known: these bytes precede its 8
 * hexadecimal digits.
 */
const CHECKSUM_PREFIX = `{"${METADATA}":{"crc32":"`;
export const CHECKSUM_POSITION = PREFIX_BYTES + CHECKSUM_PREFIX.length;
export const NO_CHECKSUM = "00000000";

/**
 * Whether a file's first bytes (prefix and header) carry a checksum where the writer of this project puts it.
 */
export function hasChecksum(head: Uint8Array): boolean {
  return new TextDecoder().decode(head.subarray(PREFIX_BYTES, CHECKSUM_POSITION)) === CHECKSUM_PREFIX;
}

/**
 * Length prefix and header of a file that holds `arrays`, padded to a multiple of 8 bytes, with a checksum of
 * zeros to be filled in; and the arrays in the order they are to be written: widest elements first, so that
 * each is aligned.
 */
export function encodeHeader(
  arrays: ReadonlyMap<string, StoredArray>,
  metadata: Readonly<Record<string, string>>,
): { head: Uint8Array; ordered: readonly StoredArray[] } {
  const ordered = [...arrays].sort(
    ([nameA, a], [nameB, b]) =>
      ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype] || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  if (Object.hasOwn(metadata, "crc32")) throw new RangeError("the metadata key crc32 is the writer's own");
  const parts = Object.entries(metadata).map(
    ([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  let text = `${CHECKSUM_PREFIX}${NO_CHECKSUM}"${parts.join("")}}`;
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = offset + data.byteLength;
    if (name === METADATA || shape.reduce((a, b) => a * b, 1) !== data.length) {
      throw new RangeError(`array "${name}" of shape [${shape}] with ${data.length} values cannot be stored`);
    }
    // JSON.stringify of an object would move names that look like numbers to the front.
    text += `,${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`;
    offset = end;
  }
  text += "}";
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(PREFIX_BYTES + length).fill(0x20, PREFIX_BYTES);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, PREFIX_BYTES);
  return { head, ordered: ordered.map(([, array]) => array) };
}

/**
 * Length of the header, from a file's first 8 bytes.
 *
 * @throws UserError `safetensors.damaged` where it does not fit into a file of `fileBytes`.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, where: string): number {
  if (prefix.length < PREFIX_BYTES) throw damaged(where, "the file is shorter than 8 bytes");
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length < 2n || length > BigInt(Math.min(MAXIMUM_HEADER_BYTES, fileBytes - PREFIX_BYTES))) {
    throw damaged(where, `a header of ${length} bytes does not fit into a file of ${fileBytes} bytes`);
  }
  return Number(length);
}

/**
 * Reads and checks a header.
 *
 * @throws UserError `safetensors.damaged` where it is not JSON of the expected form, where ranges overlap,
 * leave gaps, reach beyond the file or do not fit their shapes; `safetensors.unknown-type` for element types
 * this reader does not know.
 */
export function parseHeader(json: Uint8Array, fileBytes: number, where: string): SafetensorsHeader {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw damaged(where, "the header is not JSON");
  }
  if (!isObject(header)) throw damaged(where, "the header is not a JSON object");
  const metadata = new Map<string, string>();
  const entries: [string, StoredEntry][] = [];
  const dataStart = PREFIX_BYTES + json.length;
  for (const [name, value] of Object.entries(header)) {
    if (!isObject(value)) throw damaged(where, `the entry of "${name}" is not an object`);
    if (name !== METADATA) entries.push([name, parseEntry(name, value, dataStart, where)]);
    else {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") throw damaged(where, `metadata "${key}" is not a text`);
        metadata.set(key, text);
      }
    }
  }
  entries.sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let end = dataStart;
  for (const [name, entry] of entries) {
    if (entry.start !== end) throw damaged(where, `array "${name}" overlaps its neighbour or leaves a gap`);
    end = entry.end;
  }
  if (end !== fileBytes) {
    throw damaged(
      where,
      end > fileBytes ? "the file is cut short" : "the file goes on after its last array",
      {
        expected: `${end} bytes`,
        got: `${fileBytes}`,
      },
    );
  }
  return { metadata, entries: new Map(entries) };
}

function parseEntry(
  name: string,
  value: Record<string, unknown>,
  dataStart: number,
  where: string,
): StoredEntry {
  const { dtype, shape, data_offsets: range } = value;
  if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(range) || range.length !== 2) {
    throw damaged(where, `the entry of array "${name}" lacks a sound type, shape or range`);
  }
  if (!Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw new UserError({
      code: "safetensors.unknown-type",
      where,
      what: `array "${name}" has an element type this program cannot read`,
      expected: Object.keys(ELEMENT_BYTES).join(", "),
      got: dtype,
    });
  }
  const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype as StoredDType]);
  if (bytes !== range[1] - range[0]) {
    throw damaged(where, `the bytes of array "${name}" do not fit its shape [${shape}]`, {
      expected: `${bytes} bytes`,
      got: `${range[1] - range[0]}`,
    });
  }
  return { dtype: dtype as StoredDType, shape, start: dataStart + range[0], end: dataStart + range[1] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The error of a file that is no sound safetensors file. */
export function damaged(
  where: string,
  what: string,
  contrast: { expected?: string; got?: string } = {},
): UserError {
  return new UserError({
    code: "safetensors.damaged",
    where,
    what: `damaged safetensors file: ${what}`,
    ...contrast,
  });
}
