/** @file A file that grows by whole pieces: a piece that could not be written whole is taken back. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { fileError } from "./files.js";

/** All bytes of an open file, as many as it had at the call (a device has none). */
export function readWhole(descriptor: number): Uint8Array {
  const bytes = new Uint8Array(fstatSync(descriptor).size);
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/**
 * Appends to a file. One writer a file: hold the folder's lock. Every method throws UserErrors of
 * `fileError`.
 */
export class AppendFile {
  readonly path: string;
  /** Bytes in the file. */
  size = 0;
  readonly #descriptor: number;

  /** Opens or creates the file and cuts it to the length that `soundLength` finds in its content. */
  constructor(path: string, soundLength: (content: Uint8Array) => number) {
    this.path = path;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "a+");
      this.size = soundLength(readWhole(descriptor));
      if (this.size !== fstatSync(descriptor).size) ftruncateSync(descriptor, this.size);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw fileError(error, path, "write");
    }
    this.#descriptor = descriptor;
  }

  /** Appends bytes, visible to readers on return. After an error the file ends where it ended before. */
  append(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done);
      }
    } catch (error) {
      try {
        ftruncateSync(this.#descriptor, this.size);
      } catch {
        // The next opening cuts the half piece off.
      }
      throw fileError(error, this.path, "write");
    }
    this.size += bytes.length;
  }

  /** Flushes to the disk: after that the content survives a power cut. */
  flush(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      throw fileError(error, this.path, "write");
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
