/** @file The bytes of files on disk. */
import { open, readFile } from "node:fs/promises";
import { UserError } from "../../common/errors.js";
import { decodeText } from "../../common/text.js";

/** A UserError for a file that the system does not give. */
export function unreadable(path: string, cause: unknown): UserError {
  const missing = (cause as { code?: string }).code === "ENOENT";
  return new UserError(
    {
      code: missing ? "data.missing-file" : "data.unreadable-file",
      what: missing ? "the file does not exist" : "the file cannot be read",
      where: path,
      got: missing ? undefined : (cause as Error).message,
    },
    { cause },
  );
}

/** Reads a whole file. Throws UserError where it is missing or unreadable. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A text file, whatever byte order mark it has. Throws UserError where it is missing or unreadable. */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path));
}

/**
 * `count` bytes of a file from `start`, fewer where it ends before. Throws UserError where it is missing or
 * unreadable.
 */
export async function readSpan(path: string, start: number, count: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
