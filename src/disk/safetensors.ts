/** @file Reading and writing safetensors files of any size without a second copy in memory. */
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { UserError } from "../common/errors.js";
import { fileError, type ReplaceOptions, replaceFile } from "./files.js";
import {
  CHECKSUM_POSITION,
  damaged,
  encodeHeader,
  hasChecksum,
  headerLength,
  NO_CHECKSUM,
  PREFIX_BYTES,
  parseHeader,
  type SafetensorsHeader,
  type StoredArray,
  type StoredDType,
  type StoredEntry,
  type StoredTypes,
} from "./safetensors-header.js";

export type { StoredArray, StoredEntry } from "./safetensors-header.js";

export interface SafetensorsContent {
  readonly metadata: Readonly<Record<string, string>>;
  readonly arrays: ReadonlyMap<string, StoredArray>;
}

const CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * Writes a file atomically (see `replaceFile`). Besides `metadata`, the file carries `crc32`, the CRC-32 of
 * all its bytes with those eight digits as zeros; other readers ignore it. Do not change the arrays until the
 * promise settles.
 *
 * @throws UserError where the file cannot be written or the disk is full; the old file then stays as it was.
 */
export async function writeSafetensors(
  path: string,
  arrays: ReadonlyMap<string, StoredArray>,
  metadata: Readonly<Record<string, string>> = {},
  options: ReplaceOptions = {},
): Promise<void> {
  const { head, ordered } = encodeHeader(arrays, metadata);
  await replaceFile(
    path,
    async (sink) => {
      await sink.write(head);
      let sum = crc32(head);
      for (const { data } of ordered) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
          const chunk = bytes.subarray(start, start + CHUNK_BYTES);
          sum = crc32(chunk, sum);
          await sink.write(chunk);
        }
      }
      await sink.writeAt(new TextEncoder().encode(hexadecimal(sum)), CHECKSUM_POSITION);
    },
    options,
  );
}

/**
 * Reads a file: all arrays, checking the checksum where the file has one, or only those of `names`,
 * unchecked.
 *
 * @throws UserError `safetensors.damaged`, `safetensors.unknown-type`, `safetensors.missing-array`, or one
 * about the file.
 */
export async function readSafetensors(path: string, names?: readonly string[]): Promise<SafetensorsContent> {
  const file = await SafetensorsFile.open(path);
  try {
    const arrays = names === undefined ? await file.readAll() : new Map<string, StoredArray>();
    for (const name of names ?? []) arrays.set(name, await file.read(name));
    return { metadata: Object.fromEntries(file.metadata), arrays };
  } finally {
    await file.close();
  }
}

/** The bytes of a file that holds `arrays`, without a checksum: for what is checked as a whole. */
export function encodeSafetensors(arrays: ReadonlyMap<string, StoredArray>): Uint8Array<ArrayBuffer> {
  const { head, ordered } = encodeHeader(arrays, {});
  const bytes = new Uint8Array(ordered.reduce((end, { data }) => end + data.byteLength, head.length));
  bytes.set(head);
  let end = head.length;
  for (const { data } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
    end += data.byteLength;
  }
  return bytes;
}

/** Reads such bytes; arrays have memory of their own. Throws UserError `safetensors.damaged`. */
export function decodeSafetensors(bytes: Uint8Array, where: string): Map<string, StoredArray> {
  const length = PREFIX_BYTES + headerLength(bytes.subarray(0, PREFIX_BYTES), bytes.length, where);
  const { entries } = parseHeader(bytes.subarray(PREFIX_BYTES, length), bytes.length, where);
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      view(entry, new Uint8Array(bytes.subarray(entry.start, entry.end)).buffer),
    ]),
  );
}

/** An open file whose arrays are read one by one. */
export class SafetensorsFile {
  readonly path: string;
  /** The file's metadata without the checksum. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, StoredEntry>;
  /** Whether `readAll` can tell a damaged file from a sound one. */
  readonly checked: boolean;
  readonly #handle: FileHandle;
  readonly #head: Uint8Array;
  readonly #checksum: string | undefined;

  private constructor(path: string, handle: FileHandle, head: Uint8Array, header: SafetensorsHeader) {
    const metadata = new Map(header.metadata);
    this.path = path;
    this.checked = hasChecksum(head);
    this.#checksum = this.checked ? metadata.get("crc32") : undefined;
    if (this.checked) metadata.delete("crc32");
    this.metadata = metadata;
    this.entries = header.entries;
    this.#handle = handle;
    this.#head = head;
  }

  /** Opens a file and checks its header. Throws UserError as `readSafetensors`. */
  static async open(path: string): Promise<SafetensorsFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, "r");
      const { size } = await handle.stat();
      const prefix = new Uint8Array(Math.min(PREFIX_BYTES, size));
      await readFully(handle, prefix, 0, path);
      const head = new Uint8Array(PREFIX_BYTES + headerLength(prefix, size, path));
      await readFully(handle, head, 0, path);
      return new SafetensorsFile(path, handle, head, parseHeader(head.subarray(PREFIX_BYTES), size, path));
    } catch (error) {
      await handle?.close();
      throw fileError(error, path, "read");
    }
  }

  /** Reads one array, without a check of its content. */
  async read(name: string): Promise<StoredArray> {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new UserError({
        code: "safetensors.missing-array",
        where: this.path,
        what: `the file holds no array "${name}"`,
      });
    }
    const bytes = new Uint8Array(entry.end - entry.start);
    await readFully(this.#handle, bytes, entry.start, this.path);
    return view(entry, bytes.buffer);
  }

  /** Reads all arrays, in the file's order, and compares the checksum where there is one. */
  async readAll(): Promise<Map<string, StoredArray>> {
    const arrays = new Map<string, StoredArray>();
    let sum = this.checked ? crc32(withoutChecksum(this.#head)) : 0;
    for (const name of this.entries.keys()) {
      const array = await this.read(name);
      const { data } = array;
      // Node's crc32 of no bytes forgets the sum so far.
      if (this.checked && data.byteLength > 0)
        sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
      arrays.set(name, array);
    }
    if (this.checked && hexadecimal(sum) !== this.#checksum) {
      throw damaged(this.path, "its content does not match its checksum");
    }
    return arrays;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function withoutChecksum(head: Uint8Array): Uint8Array {
  const copy = head.slice();
  copy.set(new TextEncoder().encode(NO_CHECKSUM), CHECKSUM_POSITION);
  return copy;
}

async function readFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(CHUNK_BYTES, bytes.length - done);
    const { bytesRead } = await handle.read(bytes, done, length, position + done);
    if (bytesRead === 0) throw damaged(path, "the file is cut short");
    done += bytesRead;
  }
}

const ARRAYS: { readonly [D in StoredDType]: new (buffer: ArrayBuffer) => StoredTypes[D] } = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

function view({ dtype, shape }: StoredEntry, buffer: ArrayBuffer): StoredArray {
  return { dtype, shape, data: new ARRAYS[dtype](buffer) } as StoredArray;
}

function hexadecimal(sum: number): string {
  return (sum >>> 0).toString(16).padStart(8, "0");
}
