/** @file Listing folders in an order that is the same on every machine. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { pictureFormats } from "./files/picture-formats.js";
import { byName } from "./names.js";

/** Names in a folder, sorted; undefined where there is no such folder. Hidden files are left out. */
export async function listFolder(path: string): Promise<{ files: string[]; folders: string[] } | undefined> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).filter(
      (entry) => !entry.name.startsWith("."),
    );
    // A link may stand for either: reading tells.
    const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    const folders = entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name);
    return { files: files.sort(byName), folders: folders.sort(byName) };
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UserError(
      {
        code: "data.unreadable-folder",
        what: "the folder cannot be read",
        where: path,
        got: (cause as Error).message,
      },
      { cause },
    );
  }
}

/** Like `listFolder`, but a missing folder is a UserError that says what it should hold. */
export async function requireFolder(
  path: string,
  holds: string,
): Promise<{ files: string[]; folders: string[] }> {
  const listing = await listFolder(path);
  if (listing !== undefined) return listing;
  throw new UserError({
    code: "data.missing-folder",
    what: "the folder does not exist",
    where: path,
    expected: holds,
    fix: "Check the path.",
  });
}

/** Names are compared in this form: file systems keep letters with accents in one piece or in two. */
export const comparable = (name: string): string => name.normalize("NFC");

/** A file's name in two parts, the extension (with dot, in small letters) apart; undefined without one. */
export function splitName(name: string): { stem: string; extension: string } | undefined {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? undefined : { stem: name.slice(0, dot), extension: name.slice(dot).toLowerCase() };
}

/**
 * Files of a folder by their name without extension (in the form `comparable`), in order; only those with one
 * of `extensions` (lower case, with dot). A missing folder has none. Throws UserError where two files differ
 * by extension alone.
 */
export async function filesByStem(
  folder: string,
  extensions: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of (await listFolder(folder))?.files ?? []) {
    const parts = splitName(file);
    if (parts === undefined || !extensions.includes(parts.extension)) continue;
    const stem = comparable(parts.stem);
    const path = join(folder, file);
    const other = found.get(stem);
    if (other !== undefined) {
      throw new UserError({
        code: "data.ambiguous-file",
        what: "two files stand for one sample",
        where: path,
        got: other,
        fix: "Remove one of the two.",
      });
    }
    found.set(stem, path);
  }
  return found;
}

/** Extensions of images, as `filesByStem` takes them. */
export const IMAGE_EXTENSIONS: readonly string[] = pictureFormats
  .filter(({ images }) => images)
  .flatMap(({ extensions }) => extensions);
/** Extensions of formats that always lose values. */
export const LOSSY_EXTENSIONS: readonly string[] = [".jpg", ".jpeg", ".jpe", ".jfif"];
/** Extensions of label files; those that lose values are among them, so that they are refused by name. */
export const LABEL_EXTENSIONS: readonly string[] = pictureFormats.flatMap(({ extensions }) => extensions);
