/** @file The errors of picture and array files, alike for every format. */
import { UserError } from "../../common/errors.js";

/** More pixels than this are refused before anything is allocated: photos have up to 200 million. */
export const MAX_PIXELS = 2 ** 28;
/** So many channels of that many pixels are read. */
const FULL_CHANNELS = 4;

/** The errors of one format, e.g. `TIFF`: their codes end in its name in small letters. */
export class FileErrors {
  readonly format: string;
  readonly where: string;

  constructor(format: string, where: string) {
    this.format = format;
    this.where = where;
  }

  /** The file contradicts itself. */
  damaged(what: string): UserError {
    const fix = "Write the file again from its source, or remove it.";
    return this.#error("damaged", `damaged ${this.format} file: ${what}`, { fix });
  }

  /** Bytes are missing at the end. */
  truncated(got?: string): UserError {
    const fix = "Copy the file again from its source, or remove it.";
    return this.#error("truncated", `the ${this.format} file ends too early`, { got, fix });
  }

  /** A part of the format that is not read, although the file may be sound. */
  unsupported(what: string, fix: string): UserError {
    return this.#error("unsupported", `${what} in ${this.format} files is not read`, { fix });
  }

  /** Throws UserError unless the picture has at least one pixel and not more than can be borne. */
  requireSize(width: number, height: number, channels = 1): void {
    const empty = !(width >= 1 && height >= 1);
    const pixels = width * height;
    if (!empty && pixels <= MAX_PIXELS && pixels * channels <= FULL_CHANNELS * MAX_PIXELS) return;
    throw new UserError({
      code: "data.image-size",
      what: empty ? "the image has no pixel" : "the image has more pixels than are read",
      where: this.where,
      expected: `1 to ${MAX_PIXELS} pixels of up to ${FULL_CHANNELS} channels`,
      got: channels === 1 ? `${width}x${height}` : `${width}x${height} with ${channels} channels`,
      fix: empty ? undefined : "Make it smaller, or cut it into parts.",
    });
  }

  /**
   * Runs a decoder that reads through DataViews and typed arrays, whose RangeErrors stand for offsets and
   * lengths beyond the file.
   */
  within<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof RangeError && !isOutOfMemory(error)) throw this.truncated();
      throw error;
    }
  }

  #error(kind: string, what: string, more: { got?: string; fix: string }): UserError {
    return new UserError({
      code: `data.${kind}-${this.format.toLowerCase()}`,
      what,
      where: this.where,
      ...more,
    });
  }
}

/** Whether an error says that memory is not to be had. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /out of memory|allocation failed|unable to allocate/i.test(error.message);
}

/** The error of a picture that the machine's memory does not hold. */
export function tooLargeForMemory(where: string, cause: unknown): UserError {
  return new UserError(
    {
      code: "data.image-memory",
      what: "there is not enough memory to read the image",
      where,
      fix: "Close other programs, make the image smaller, or cut it into parts.",
    },
    { cause },
  );
}
