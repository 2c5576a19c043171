/** @file What the fields of a protobuf message hold: of each kind what is needed here. */
import type { Field, ProtobufFile, Span } from "./protobuf-file.js";

/** The last field of that number and type, which is the one that counts; undefined where there is none. */
export function last(fields: readonly Field[], number: number, type: Field["type"]): Field | undefined {
  return fields.findLast((field) => field.number === number && field.type === type);
}

/** A field that must be there. Throws UserError where it is not. */
export function required(field: Field | undefined, what: string, file: ProtobufFile, within: Span): Field {
  if (field !== undefined) return field;
  throw file.damaged(within.start, `a message has no ${what}`);
}

/** All messages, strings or bytes of that number. */
export function repeated(fields: readonly Field[], number: number): Field[] {
  return fields.filter((field) => field.number === number && field.type === "bytes");
}

/** The bytes of numbers, in fields of their own or packed. Throws UserError where a part is cut. */
function numbers(
  file: ProtobufFile,
  fields: Iterable<Field>,
  number: number,
  [type, size]: readonly ["fixed32", 4] | readonly ["fixed64", 8],
): ArrayBuffer {
  let bytes = new Uint8Array(0);
  let length = 0;
  for (const field of fields) {
    if (field.number !== number || (field.type !== type && field.type !== "bytes")) continue;
    const part = file.bytes(field);
    if (part.length % size !== 0) throw file.damaged(field.start, "a list of numbers is cut");
    // Hundreds of thousands of parts are not kept: what they hold is.
    if (length + part.length > bytes.length) {
      const grown = new Uint8Array(Math.max(2 * bytes.length, length + part.length));
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(part, length);
    length += part.length;
  }
  return bytes.buffer.slice(0, length);
}

/** Repeated floats. */
export const floats = (file: ProtobufFile, fields: Iterable<Field>, number: number): Float32Array =>
  new Float32Array(numbers(file, fields, number, ["fixed32", 4]));

/** Repeated doubles. */
export const doubles = (file: ProtobufFile, fields: Iterable<Field>, number: number): number[] => [
  ...new Float64Array(numbers(file, fields, number, ["fixed64", 8])),
];

/** One double; 0, as of every field that is left out, where there is none. */
export function double(file: ProtobufFile, fields: readonly Field[], number: number): number {
  return doubles(file, fields, number).at(-1) ?? 0;
}

/** One whole number; undefined where there is none. Negative ones are those of int32 and int64. */
export function integer(fields: readonly Field[], number: number): number | undefined {
  const field = last(fields, number, "varint");
  return field === undefined ? undefined : Number(BigInt.asIntN(64, field.value));
}

/** Repeated whole numbers, each in a field of its own or packed. */
export function integers(file: ProtobufFile, fields: readonly Field[], number: number): number[] {
  return fields
    .filter((field) => field.number === number)
    .flatMap((field) => (field.type === "varint" ? [field.value] : [...file.varints(field)]))
    .map((value) => Number(BigInt.asIntN(64, value)));
}

/** A string; undefined where there is none. */
export function string(file: ProtobufFile, fields: readonly Field[], number: number): string | undefined {
  const field = last(fields, number, "bytes");
  return field === undefined ? undefined : new TextDecoder().decode(file.bytes(field));
}
