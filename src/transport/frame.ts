/**
 * @file The frame that carries arrays between processes, the same bytes on every transport: "TLF1", the
 * header's length (u32), a JSON header, then arrays at multiples of 64 bytes, little-endian, row-major.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { PeerError } from "./peer-error.js";
import { type CodedTensor, codecNames, codedBytes } from "./tensor-codec.js";

const MAGIC = "TLF1";
const PREFIX_BYTES = 8;
const ALIGNMENT = 64;
/** Room for the scales of thousands of planes; no frame needs more. */
const MAXIMUM_HEADER_BYTES = 16 * 1024 * 1024;

const tensorSchema = z.object({
  name: z.string().max(200),
  shape: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31),
    )
    .max(8),
  codec: z.enum(codecNames),
  scale: z.array(z.number()).optional(),
  zero: z.array(z.number()).optional(),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
});
const headerSchema = z.looseObject({
  tensors: z.array(tensorSchema).max(1000),
  crc32: z.int().nonnegative(),
});

/** What a frame says and carries. */
export interface Frame {
  /** JSON; `tensors` and `crc32` are the codec's own keys. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, CodedTensor>>;
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The bytes of a frame. */
export function encodeFrame({ header, tensors }: Frame): Uint8Array<ArrayBuffer> {
  let end = 0;
  const placed = Object.entries(tensors).map(([name, { shape, codec, scale, zero, bytes }]) => {
    const start = aligned(end);
    end = start + bytes.byteLength;
    return { bytes, entry: { name, shape, codec, scale, zero, start, end } };
  });
  const body = new Uint8Array(aligned(end));
  for (const { bytes, entry } of placed) body.set(bytes, entry.start);
  const entries = placed.map(({ entry }) => entry);
  const json = new TextEncoder().encode(JSON.stringify({ ...header, tensors: entries, crc32: crc32(body) }));
  const start = aligned(PREFIX_BYTES + json.length);
  const frame = new Uint8Array(start + body.length);
  frame.set(new TextEncoder().encode(MAGIC));
  new DataView(frame.buffer).setUint32(4, json.length, true);
  frame.set(json, PREFIX_BYTES);
  frame.set(body, start);
  return frame;
}

/** Reads a frame; arrays are views into it. Throws PeerError `corrupt` on anything that is no sound frame. */
export function decodeFrame(frame: Uint8Array): Frame {
  if (frame.length < PREFIX_BYTES || new TextDecoder().decode(frame.subarray(0, 4)) !== MAGIC) {
    throw corrupt("it does not begin as one");
  }
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(4, true);
  if (length > Math.min(MAXIMUM_HEADER_BYTES, frame.length - PREFIX_BYTES)) throw corrupt("it is cut short");
  const {
    tensors: entries,
    crc32: sum,
    ...header
  } = parseHeader(frame.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  const body = frame.subarray(Math.min(frame.length, aligned(PREFIX_BYTES + length)));
  if (crc32(body) !== sum) throw corrupt("its content does not match its checksum");
  let last = 0;
  const tensors = entries.map(({ name, start, end, ...coded }): [string, CodedTensor] => {
    if (start < last || start % ALIGNMENT !== 0 || end > body.length || end - start !== codedBytes(coded)) {
      throw corrupt(`the place of ${name} does not fit it`);
    }
    last = end;
    return [name, { ...coded, bytes: body.subarray(start, end) }];
  });
  return { header, tensors: Object.fromEntries(tensors) };
}

function parseHeader(json: Uint8Array): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json)));
  } catch (cause) {
    throw new PeerError("corrupt", "no sound frame: its header is damaged", { cause });
  }
}

function corrupt(why: string): PeerError {
  return new PeerError("corrupt", `no sound frame: ${why}`);
}
