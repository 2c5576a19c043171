/**
 * @file Files fetched over HTTP: what was cut short is gone on with, and only what has the right SHA-256 gets
 * the file's name. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` count.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EnvHttpProxyAgent, fetch, type Response } from "undici";
import { UserError } from "../common/errors.js";
import { fileError, makeFolder, syncFolder } from "./files.js";

export interface DownloadOptions {
  readonly address: string;
  /** Where the file goes; what there is of it stands in `<path>.part` until it is whole. */
  readonly path: string;
  /** Hexadecimal; unchecked if left out. */
  readonly sha256?: string;
  /** Told how many bytes there are, of how many where the server says so. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
}

/** How often a connection that breaks off after it has brought something is taken up again. */
const CONTINUATIONS = 5;

/** Hexadecimal SHA-256 of a file. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  } catch (error) {
    throw fileError(error, path, "read");
  }
  return hash.digest("hex");
}

/**
 * Fetches a file, or the rest of one that was begun before.
 * @throws UserError `download.unreachable`, `download.refused`, `download.cut-short` (what came is kept) or
 * `download.other-file` (it is not).
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { path, address, sha256 } = options;
  const part = `${path}.part`;
  await makeFolder(dirname(path));
  const begun = (await sizeOf(part)) > 0;
  await fetchRest(options, part);
  // The server may have another file by now than the one that was begun.
  if (begun && !(await isRight(part, sha256))) {
    await rm(part, { force: true });
    await fetchRest(options, part);
  }
  if (!(await isRight(part, sha256))) {
    const got = await sha256Of(part);
    await rm(part, { force: true });
    throw new UserError({
      code: "download.other-file",
      what: "the file fetched is not the one expected: its SHA-256 differs",
      where: address,
      expected: sha256,
      got,
      fix: byHand(options, "Check the address, and whether a proxy answers in the server's place"),
    });
  }
  await rename(part, path);
  await syncFolder(dirname(path));
}

const isRight = async (path: string, sha256: string | undefined): Promise<boolean> =>
  sha256 === undefined || (await sha256Of(path)) === sha256.toLowerCase();

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Takes up a connection that breaks off again, as long as each brings something. */
async function fetchRest(options: DownloadOptions, part: string): Promise<void> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    for (let again = 0; ; again++) {
      const before = await sizeOf(part);
      try {
        return await fetchOnce(options, part, dispatcher);
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (again < CONTINUATIONS && (await sizeOf(part)) > before) continue;
        throw failure(error, options, await sizeOf(part));
      }
    }
  } finally {
    await dispatcher.destroy();
  }
}

async function fetchOnce(
  options: DownloadOptions,
  part: string,
  dispatcher: EnvHttpProxyAgent,
): Promise<void> {
  const { address, onProgress } = options;
  const start = await sizeOf(part);
  // Ranges count stored bytes, so these are asked for as they are.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (start > 0) headers.range = `bytes=${start}-`;
  const response = await fetch(address, { headers, dispatcher });
  // Nothing is left to fetch.
  if (start > 0 && response.status === 416) return void (await response.body?.cancel());
  if (!response.ok || response.body === null) throw refused(response, options);
  const from = response.status === 206 ? start : 0;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = Number.isFinite(length) ? from + length : undefined;
  const handle = await opened(part, from);
  try {
    let bytes = from;
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      await written(handle, piece, part);
      bytes += piece.byteLength;
      onProgress?.(bytes, total);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file that was begun, open behind its first `from` bytes. */
async function opened(part: string, from: number): Promise<FileHandle> {
  try {
    return await open(part, from > 0 ? "a" : "w");
  } catch (error) {
    throw fileError(error, part, "write");
  }
}

async function written(handle: FileHandle, piece: Uint8Array, part: string): Promise<void> {
  try {
    await handle.write(piece);
  } catch (error) {
    throw fileError(error, part, "write");
  }
}

function refused({ status, statusText }: Response, options: DownloadOptions): UserError {
  return new UserError({
    code: "download.refused",
    what: `the server does not give the file: ${status} ${statusText}`.trimEnd(),
    where: options.address,
    fix: byHand(options, "Check the address"),
  });
}

function failure(error: unknown, options: DownloadOptions, bytes: number): UserError {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = [code, message].filter((part) => part !== undefined && part !== "").join(": ");
  if (bytes > 0) {
    return new UserError(
      {
        code: "download.cut-short",
        what: `the connection broke off (${reason})`,
        where: options.address,
        got: `${bytes} bytes, which are kept`,
        fix: byHand(options, "Run it again: it goes on where it stopped"),
      },
      { cause: error },
    );
  }
  return new UserError(
    {
      code: "download.unreachable",
      what: `the server cannot be reached (${reason})`,
      where: options.address,
      fix: byHand(options, "Behind a proxy set HTTPS_PROXY"),
    },
    { cause: error },
  );
}

function byHand({ address, path }: DownloadOptions, first: string): string {
  return `${first}; without a network fetch ${address} on another machine and put it at ${path}.`;
}
