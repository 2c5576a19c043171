/**
 * @file Protobuf messages (https://protobuf.dev/programming-guides/encoding) where they lie in a file:
 * walking over their fields reads hardly more than tags and lengths, so that a file of gigabytes can be
 * listed without reading its pictures.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UserError } from "../../common/errors.js";
import { FOOTER_BYTES, HEADER_BYTES, recordLength } from "../../common/tfrecord.js";
import { readSpan, unreadable } from "./bytes.js";

/** A part of a file: bytes [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * One field of a message. `value` is what a varint holds, 0 in fields of other types. The span is that of the
 * content.
 */
export interface Field extends Span {
  readonly number: number;
  readonly type: "varint" | "fixed64" | "bytes" | "fixed32";
  readonly value: bigint;
}

/** Small fields follow one another closely: one read serves several. */
const WINDOW_BYTES = 4096;
const LONGEST_VARINT = 10;
const FIXED_BYTES = { fixed64: 8, fixed32: 4 };
const FIELD_TYPES = { 0: "varint", 1: "fixed64", 2: "bytes", 5: "fixed32" } as const;

function damagedAt(path: string, at: number, what: string): UserError {
  return new UserError({
    code: "data.damaged-tfrecord",
    what,
    where: `${path}: byte ${at}`,
    fix: "Copy the file again from its source, or remove it.",
  });
}

/**
 * Reads a span of a file that was listed before. Throws UserError where the file has become shorter since.
 */
export async function readListed(path: string, { start, end }: Span): Promise<Uint8Array> {
  const bytes = await readSpan(path, start, end - start);
  if (bytes.length === end - start) return bytes;
  throw damagedAt(path, start, "the file ends too early");
}

/** An open file that is read here and there. */
export class ProtobufFile {
  readonly path: string;
  readonly #descriptor: number | undefined;
  readonly #size: number;
  #window: Uint8Array;
  #windowStart = 0;

  private constructor(path: string, source: number | Uint8Array) {
    this.path = path;
    const held = typeof source === "number" ? undefined : source;
    this.#descriptor = typeof source === "number" ? source : undefined;
    this.#size = typeof source === "number" ? fstatSync(source).size : source.length;
    this.#window = held ?? new Uint8Array(0);
  }

  /** A message that is in memory; `path` says of what. */
  static over(path: string, bytes: Uint8Array): ProtobufFile {
    return new ProtobufFile(path, bytes);
  }

  /** All of it. */
  get whole(): Span {
    return { start: 0, end: this.#size };
  }

  /** Opens a file for as long as `use` runs. Throws UserError where it cannot be read. */
  static use<T>(path: string, use: (file: ProtobufFile) => T): T {
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch (cause) {
      throw unreadable(path, cause);
    }
    try {
      return use(new ProtobufFile(path, descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  /** The bytes of a span. Throws UserError where the file ends before it does. */
  bytes({ start, end }: Span): Uint8Array {
    if (end > this.#size) throw this.damaged(start, "the file ends too early");
    const inWindow = start >= this.#windowStart && end <= this.#windowStart + this.#window.length;
    if (inWindow) return this.#window.subarray(start - this.#windowStart, end - this.#windowStart);
    return this.#read(start, end - start);
  }

  /**
   * The data of each TFRecord of the file, in order.
   * Throws UserError where a length is damaged or the file ends within a record. The checksums of the data
   * are not looked at: that would read all of it.
   */
  *records(): Generator<Span> {
    for (let at = 0; at < this.#size; ) {
      const header = this.bytes({ start: at, end: Math.min(at + HEADER_BYTES, this.#size) });
      const length = recordLength(header);
      if (length === undefined) throw this.damaged(at, "no record begins here");
      const start = at + HEADER_BYTES;
      at = start + length + FOOTER_BYTES;
      if (at > this.#size) throw this.damaged(start, "the file ends too early");
      yield { start, end: start + length };
    }
  }

  /** The fields of the message that fills `span`, in order. Throws UserError where it is none. */
  *fields(span: Span): Generator<Field> {
    for (let at = span.start; at < span.end; ) {
      const tag = this.#varint(at, span.end);
      const type = FIELD_TYPES[Number(tag.value & 7n) as keyof typeof FIELD_TYPES] as
        | Field["type"]
        | undefined;
      const number = Number(tag.value >> 3n);
      if (type === undefined || number === 0) throw this.damaged(at, "no field of a message begins here");
      const varint = type === "varint" || type === "bytes" ? this.#varint(tag.end, span.end) : undefined;
      // The number before bytes is their length.
      const start = type === "bytes" ? varint!.end : tag.end;
      const end =
        type === "varint"
          ? varint!.end
          : start + (type === "bytes" ? Number(varint!.value) : FIXED_BYTES[type]);
      if (end > span.end) throw this.damaged(at, "a field is longer than its message");
      yield { number, type, value: type === "varint" ? varint!.value : 0n, start, end };
      at = end;
    }
  }

  /** The whole numbers that fill `span`. */
  *varints(span: Span): Generator<bigint> {
    for (let at = span.start; at < span.end; ) {
      const { value, end } = this.#varint(at, span.end);
      yield value;
      at = end;
    }
  }

  /** A UserError about the byte `at`. */
  damaged(at: number, what: string): UserError {
    return damagedAt(this.path, at, what);
  }

  #varint(at: number, limit: number): { value: bigint; end: number } {
    const last = Math.min(at + LONGEST_VARINT, limit, this.#size);
    this.#look(at, last);
    let value = 0n;
    for (let i = at; i < last; i++) {
      const byte = this.#window[i - this.#windowStart];
      value |= BigInt(byte & 0x7f) << BigInt(7 * (i - at));
      if (byte < 0x80) return { value, end: i + 1 };
    }
    throw this.damaged(at, "a number does not end");
  }

  /** Brings [start, end) into the window. */
  #look(start: number, end: number): void {
    if (start >= this.#windowStart && end <= this.#windowStart + this.#window.length) return;
    this.#window = this.#read(start, Math.min(WINDOW_BYTES, this.#size - start));
    this.#windowStart = start;
  }

  #read(start: number, count: number): Uint8Array {
    // What is in memory is all in the window.
    if (this.#descriptor === undefined) throw this.damaged(start, "the message ends too early");
    const bytes = new Uint8Array(count);
    let done = 0;
    try {
      while (done < count) {
        const read = readSync(this.#descriptor, bytes, done, count - done, start + done);
        if (read === 0) throw this.damaged(start, "the file ends too early");
        done += read;
      }
    } catch (cause) {
      throw cause instanceof UserError ? cause : unreadable(this.path, cause);
    }
    return bytes;
  }
}
