/**
 * @file Files that are, at every moment, either the old one or the new one; and file errors a user
 * understands.
 */
import { existsSync, statSync } from "node:fs";
import * as promises from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../common/errors.js";

/** The calls that writing needs, so that tests can put a failing disk in place of the real one. */
export type FileSystem = Pick<typeof promises, "open" | "rename" | "unlink" | "link">;

/** Where the content of a file that is being replaced goes. */
export interface FileSink {
  /** Appends bytes. The array is not copied: leave it alone until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes at `position` without moving the end. */
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
}

export interface ReplaceOptions {
  readonly files?: FileSystem;
  /** Whether file and folder are flushed, so that the content survives a power cut. Default true. */
  readonly flush?: boolean;
  /** Runs when the new content is on disk under its temporary name and the old file is still in place. */
  readonly beforeRename?: () => Promise<void>;
}

/** Linux writes at most 2 GiB a call, and smaller pieces let timers run in between. */
const CHUNK_BYTES = 8 * 1024 * 1024;
let temporaryCount = 0;

/**
 * Replaces a file atomically: writes a temporary file beside it, flushes it to the disk, renames it over
 * `path` and flushes the folder. Whatever goes wrong, `path` keeps its old content and no temporary file
 * stays behind (a killed process leaves one, see `removeTemporaryFiles`).
 *
 * @throws UserError `file.disk-full`, `file.not-writable`, `file.missing` and others of `fileError`.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | ((sink: FileSink) => Promise<void>),
  options: ReplaceOptions = {},
): Promise<void> {
  const { files = promises, flush = true } = options;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${temporaryCount++}.tmp`);
  let handle: promises.FileHandle | undefined;
  try {
    handle = await files.open(temporary, "wx");
    const sink = sinkOf(handle);
    if (typeof content === "function") await content(sink);
    else await sink.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
    if (flush) await handle.sync();
    await handle.close();
    handle = undefined;
    await options.beforeRename?.();
    await files.rename(temporary, path);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await files.unlink(temporary).catch(() => undefined);
    throw fileError(error, path, "write");
  }
  if (flush) await syncFolder(dirname(path), files);
}

function sinkOf(handle: promises.FileHandle): FileSink {
  let end = 0;
  const writeAt = async (bytes: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(CHUNK_BYTES, bytes.byteLength - done);
      done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
    }
  };
  return {
    writeAt,
    async write(bytes) {
      await writeAt(bytes, end);
      end += bytes.byteLength;
    },
  };
}

/** A rename survives a power cut only once the folder itself is flushed. */
export async function syncFolder(folder: string, files: FileSystem = promises): Promise<void> {
  // Windows cannot open folders.
  if (process.platform === "win32") return;
  try {
    const handle = await files.open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

/** Removes what killed processes left in a folder. Call it only while holding the folder's lock. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  for (const name of await promises.readdir(folder)) {
    if (/^\..*\.\d+-\w+\.tmp$/.test(name)) await promises.unlink(join(folder, name)).catch(() => undefined);
  }
}

/** Creates a folder and its parents. Throws UserError where that is not possible. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    throw fileError(error, path, "write");
  }
}

/**
 * Node's own `recursive` never returns where the kernel answers ENOENT for a parent that exists, as below
 * /proc.
 */
async function makeFolders(path: string): Promise<void> {
  try {
    await makeOneFolder(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    // Where the parent is there by now, another process made it between the two looks.
    if (!existsSync(dirname(path))) await makeFolders(dirname(path));
    try {
      await makeOneFolder(path);
    } catch (again) {
      // The parent exists and the kernel takes no folder in it, e.g. below /proc.
      throw systemCode(again) === "ENOENT" ? Object.assign(again as Error, { code: "EACCES" }) : again;
    }
  }
}

async function makeOneFolder(path: string): Promise<void> {
  try {
    await promises.mkdir(path);
  } catch (error) {
    if (systemCode(error) !== "EEXIST" || !(await promises.stat(path)).isDirectory()) throw error;
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The `code` of a system error such as `ENOENT`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof syscall === "string" ? code : undefined;
}

/** Turns a system error into a UserError about `path`; other errors come back as they are. */
export function fileError(error: unknown, path: string, doing: "read" | "write"): unknown {
  const code = systemCode(error);
  const facts = code === undefined ? undefined : factsOf(code, doing);
  return facts === undefined ? error : new UserError({ ...facts, where: path }, { cause: error });
}

function factsOf(code: string, doing: "read" | "write"): { code: string; what: string; fix?: string } {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return {
        code: "file.disk-full",
        what: "the disk is full",
        fix: "Free some space and run it again; training goes on with --resume, all that was saved before is intact.",
      };
    case "EFBIG":
      return {
        code: "file.too-large",
        what: "the file grew over the allowed size",
        fix: "Raise `ulimit -f`.",
      };
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return doing === "write"
        ? { code: "file.not-writable", what: "cannot be written", fix: "Check the folder's permissions." }
        : { code: "file.not-readable", what: "cannot be read", fix: "Check the file's permissions." };
    case "ENOENT":
      return doing === "write"
        ? { code: "file.missing", what: "the folder it should go into does not exist", fix: "Create it." }
        : { code: "file.missing", what: "no such file or folder", fix: "Check the path." };
    case "ENOTDIR":
    case "EEXIST":
      return {
        code: "file.not-a-folder",
        what: "a part of the path is a file, not a folder",
        fix: "Choose another path.",
      };
    case "EISDIR":
      return { code: "file.is-a-folder", what: "is a folder, not a file", fix: "Choose another path." };
    default:
      return { code: "file.failed", what: `cannot ${doing} (${code})` };
  }
}
