/** @file What a fuzzed reader is, and readers of text and of files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeText } from "../../src/common/text.js";

export interface FuzzedReader {
  readonly name: string;
  readonly sound: readonly Uint8Array[];
  /** Reads damaged bytes: returns, or throws a UserError. `seed` chooses among ways to read them. */
  read(bytes: Uint8Array, seed: number): Promise<unknown>;
}

/** A folder for files that are read; removed at the end. */
export const scratch = mkdtempSync(join(tmpdir(), "taskloom-fuzz-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

let files = 0;

/** Reads the bytes as a new file with this ending: open files are kept by path and state. */
export async function asFile(
  ending: string,
  bytes: Uint8Array,
  read: (path: string) => Promise<unknown>,
): Promise<unknown> {
  const path = join(scratch, `${files++}${ending}`);
  writeFileSync(path, bytes);
  return await read(path);
}

export const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A reader of text. */
export function textReader(
  name: string,
  sound: readonly string[],
  parse: (content: string) => unknown,
): FuzzedReader {
  return { name, sound: sound.map(text), read: async (bytes) => parse(decodeText(bytes)) };
}
