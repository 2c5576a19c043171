/** @file The errors of picture and array files, alike for every format. */
import { UserError } from "../../common/errors.js";

/** More pixels than this are refused before anything is allocated. */
export const MAX_PIXELS = 2 ** 27;

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
  requireSize(width: number, height: number): void {
    if (width >= 1 && height >= 1 && width * height <= MAX_PIXELS) return;
    throw new UserError({
      code: "data.image-size",
      what: "the image size is not usable",
      where: this.where,
      expected: `1 to ${MAX_PIXELS} pixels`,
      got: `${width}x${height}`,
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
      if (error instanceof RangeError) throw this.truncated();
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
