/** @file Large frames in pieces that a broker passes on one after the other. */
import { MAXIMUM_FRAME_BYTES } from "./bus.js";
import { PeerError } from "./peer-error.js";

/** Each is passed on before the next has come: whole frames would be stored first. */
export const CHUNK_BYTES = 512 * 1024;

/** A piece of a frame. */
export interface Chunk {
  readonly index: number;
  /** Bytes of the whole frame. */
  readonly total: number;
  readonly bytes: Uint8Array;
}

/** The pieces of a frame, in order; at least one. */
export function chunksOf(frame: Uint8Array, size = CHUNK_BYTES): Chunk[] {
  const count = Math.max(1, Math.ceil(frame.length / size));
  return Array.from({ length: count }, (_, index) => ({
    index,
    total: frame.length,
    bytes: frame.subarray(index * size, (index + 1) * size),
  }));
}

/** Puts a frame together from pieces in any order, also where some come twice. */
export class Assembly {
  readonly #size: number;
  readonly #limit: number;
  #frame: Uint8Array | undefined;
  readonly #seen = new Set<number>();

  constructor(size = CHUNK_BYTES, limit = MAXIMUM_FRAME_BYTES) {
    this.#size = size;
    this.#limit = limit;
  }

  /** Takes a piece in; gives the frame once it is whole. Throws PeerError `corrupt` where it fits nowhere. */
  add({ index, total, bytes }: Chunk): Uint8Array | undefined {
    if (!Number.isSafeInteger(total) || total < 0 || total > this.#limit) {
      throw new PeerError("corrupt", `a frame of ${total} bytes is refused`);
    }
    this.#frame ??= new Uint8Array(total);
    const count = Math.max(1, Math.ceil(total / this.#size));
    const start = index * this.#size;
    const length = Math.min(this.#size, total - start);
    if (this.#frame.length !== total || !Number.isInteger(index) || index < 0 || index >= count) {
      throw new PeerError("corrupt", "pieces of different frames");
    }
    if (bytes.length !== length) throw new PeerError("corrupt", "a piece has another length than it should");
    this.#frame.set(bytes, start);
    this.#seen.add(index);
    return this.#seen.size === count ? this.#frame : undefined;
  }
}
