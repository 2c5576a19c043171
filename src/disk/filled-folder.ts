/** @file Folders that are whole or not there: what a failed command has written into one is taken back. */
import { existsSync } from "node:fs";
import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../common/errors.js";
import { fileError, makeFolder, replaceFile } from "./files.js";

/** Says that a folder is being filled, or was when the process was killed. Gone once it is whole. */
export const UNFINISHED = "unfinished.json";

/** Parts of a path that do not exist yet, the innermost first. */
export function missingParts(path: string): string[] {
  return existsSync(path) ? [] : [path, ...missingParts(dirname(path))];
}

function inUse(what: string, where: string): UserError {
  const fix = "Choose another folder, or delete this one.";
  return new UserError({ code: "data.folder-in-use", what, where, fix });
}

/**
 * Makes the folder ours. Throws UserError where it holds anything but what an interrupted call with these
 * settings left.
 */
async function claim(path: string, settings: string): Promise<void> {
  await makeFolder(path);
  const names = await readdir(path);
  if (names.includes("dataset.yaml")) throw inUse("the folder already holds a dataset", path);
  if (names.length === 0) return await replaceFile(join(path, UNFINISHED), settings);
  if (!names.includes(UNFINISHED)) throw inUse("the folder is not empty", path);
  if ((await readFile(join(path, UNFINISHED), "utf8")) === settings) return;
  throw inUse("the folder holds an unfinished dataset with other settings", path);
}

/**
 * Takes back everything in a folder, and the folders in `created` (the innermost first) where they are empty
 * then; what cannot be removed stays.
 */
export async function takeBack(path: string, created: readonly string[]): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names)
    await rm(join(path, name), { recursive: true, force: true }).catch(() => undefined);
  for (const folder of created) await rmdir(folder).catch(() => undefined);
}

/**
 * Fills a folder that is new, empty, or left by an interrupted call with the same `settings`, which then
 * starts over. When `fill` throws, everything in it is removed, and the folders that had to be made for it,
 * too.
 * @throws UserError `data.folder-in-use`, those of `fileError`, and whatever `fill` throws.
 */
export async function fillFolder<T>(path: string, settings: unknown, fill: () => Promise<T>): Promise<T> {
  const created = missingParts(path);
  try {
    await claim(path, `${JSON.stringify(settings)}\n`);
  } catch (error) {
    for (const folder of created) await rmdir(folder).catch(() => undefined);
    throw fileError(error, path, "write");
  }
  try {
    const result = await fill();
    await rm(join(path, UNFINISHED));
    return result;
  } catch (error) {
    await takeBack(path, created);
    throw fileError(error, path, "write");
  }
}

/** Writes one of many files, its folder included; there is never a half of it. Throws UserError. */
export async function writeFileIn(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  await replaceFile(path, content, { flush: false });
}
