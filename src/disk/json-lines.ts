/**
 * @file Files with one JSON value a line that grow by whole lines and survive a kill in the middle of one.
 */
import { closeSync, openSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { AppendFile, readWhole } from "./append-file.js";
import { fileError } from "./files.js";

const NEWLINE = 0x0a;

/**
 * The complete lines of a file, and the byte at which each ends. A last line that is cut short, or a tail of
 * lines that are no JSON (what a power cut leaves), is not part of them.
 *
 * @throws UserError `log.damaged-line` where a damaged line is followed by good ones.
 */
function completeLines(bytes: Uint8Array, path: string): { value: unknown; end: number }[] {
  const lines: { value: unknown; end: number }[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let damagedLine: number | undefined;
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) break;
    number++;
    try {
      lines.push({ value: JSON.parse(decoder.decode(bytes.subarray(start, newline))), end: newline + 1 });
      if (damagedLine !== undefined) {
        throw new UserError({
          code: "log.damaged-line",
          where: path,
          what: `line ${damagedLine} is not JSON`,
          fix: "Mend or delete that line.",
        });
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      damagedLine ??= number;
    }
    start = newline + 1;
  }
  return lines;
}

/**
 * Reads every complete line of a file; safe while another process is appending.
 *
 * @throws UserError naming the file where it is missing, unreadable or damaged in the middle.
 */
export function readJsonLines(path: string): unknown[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return completeLines(readWhole(descriptor), path).map((line) => line.value);
  } catch (error) {
    throw fileError(error, path, "read");
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Appends lines to a file. One writer a file: hold the folder's lock. */
export class JsonLinesWriter {
  readonly #file: AppendFile;

  /**
   * Opens or creates the file. What follows the last line for which `keep` and all lines before it hold is
   * cut off, a half-written line included.
   *
   * @throws UserError where the file cannot be written or is damaged in the middle.
   */
  constructor(path: string, keep: (value: unknown) => boolean = () => true) {
    this.#file = new AppendFile(path, (content) => {
      let end = 0;
      for (const line of completeLines(content, path)) {
        if (!keep(line.value)) break;
        end = line.end;
      }
      return end;
    });
  }

  /** Appends one line, whole or not at all. Throws UserError, e.g. `file.disk-full`. */
  append(value: unknown): void {
    this.#file.append(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}
