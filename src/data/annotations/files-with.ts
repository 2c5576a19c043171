/** @file Files of one ending in a folder and those below it. */
import { join } from "node:path";
import { listFolder } from "../listing.js";

/** Paths of files with that extension (lower case, with dot), in order. */
export async function filesWith(folder: string, extension: string): Promise<string[]> {
  const { files = [], folders = [] } = (await listFolder(folder)) ?? {};
  const inner: string[] = [];
  for (const name of folders) inner.push(...(await filesWith(join(folder, name), extension)));
  const own = files.filter((name) => name.toLowerCase().endsWith(extension));
  return [...own.map((name) => join(folder, name)), ...inner];
}
