/** @file From what the command line names (files, folders, patterns, videos) to images in order. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UserError } from "../../common/errors.js";
import { IMAGE_EXTENSIONS, listFolder, splitName } from "../../data/listing.js";
import { byName } from "../../data/names.js";
import { isFolder } from "../../disk/files.js";
import { isVideo } from "./video.js";

/** An image file and what its predictions are called. */
export interface PredictInput {
  readonly path: string;
  /** A path with `/`, without extension, below the folder that predictions go into. */
  readonly name: string;
  /** What results call it, where that is not `path`. */
  readonly shownAs?: string;
}

/** What an argument stands for. */
export interface FoundInputs {
  readonly images: readonly PredictInput[];
  readonly videos: readonly PredictInput[];
  /** Files among them that are no images. */
  readonly passedOver: readonly string[];
}

const collator = new Intl.Collator("en", { numeric: true });
/** frame-2 before frame-10. */
const naturally = (a: string, b: string): number => collator.compare(a, b) || byName(a, b);

const isImage = (path: string): boolean =>
  IMAGE_EXTENSIONS.includes(splitName(basename(path))?.extension ?? "");
const withSlashes = (path: string): string => path.split(sep).join("/");

/** `a/b.c.jpg` below `base` is called `a/b.c`. */
function inputBelow(base: string, path: string): PredictInput {
  const below = withSlashes(relative(base, path));
  return { path, name: below.slice(0, below.length - extname(below).length) };
}

/** Whether a path is `folder` or lies in it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** Whether a path below `base` lies in `out`, below it too: what was predicted before is no input. */
function isPredicted(path: string, base: string, out: string): boolean {
  return isWithin(path, out) && !isWithin(base, out);
}

/**
 * Every file below a folder; sub-folders behind a folder's own files. Links that lead back are not followed.
 */
async function filesBelow(folder: string, above: readonly string[] = []): Promise<string[]> {
  const real = realpathSync(folder);
  const listing = above.includes(real) ? undefined : await listFolder(folder);
  if (listing === undefined) return [];
  const folders = new Set(listing.folders.filter((name) => isFolder(join(folder, name))));
  const files = listing.files.filter((name) => !folders.has(name)).sort(naturally);
  const found = files.map((name) => join(folder, name));
  for (const name of [...folders].sort(naturally)) {
    found.push(...(await filesBelow(join(folder, name), [...above, real])));
  }
  return found;
}

/** The folder that a pattern's matches all lie in. */
function baseOf(pattern: string): string {
  const parts = pattern.split("/");
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => isDynamicPattern(part)),
  );
  return fixed.length === 1 && fixed[0] === "" ? "/" : fixed.join("/") || ".";
}

/** Files of which several were found together: images by name, others by the way. */
function sorted(base: string, files: readonly string[], videosToo: boolean): FoundInputs {
  const images = files.filter(isImage).map((path) => inputBelow(base, path));
  const videos = videosToo ? files.filter(isVideo).map((path) => inputBelow(base, path)) : [];
  const passedOver = files.filter((path) => !isImage(path) && !(videosToo && isVideo(path)));
  return { images, videos, passedOver };
}

function nothingFound(where: string, what: string): UserError {
  const expected = `images (${IMAGE_EXTENSIONS.join(", ")})`;
  return new UserError({ code: "predict.no-images", where, what, expected });
}

async function inFolder(folder: string, out: string): Promise<FoundInputs> {
  if (resolve(folder) === resolve(out)) {
    throw new UserError({
      code: "predict.same-folder",
      where: folder,
      what: "predictions would lie among the images that they are made of",
      fix: "Choose another folder for them.",
    });
  }
  const files = await filesBelow(folder);
  const found = sorted(
    folder,
    files.filter((path) => !isPredicted(path, folder, out)),
    false,
  );
  if (found.images.length > 0) return found;
  throw nothingFound(folder, "there is no image in the folder");
}

async function byPattern(pattern: string, out: string): Promise<FoundInputs> {
  const matches = await glob(pattern, {
    ...{ expandDirectories: false, onlyFiles: true },
    absolute: isAbsolute(pattern),
  });
  const base = baseOf(pattern);
  const files = matches.filter((path) => !isPredicted(path, base, out)).sort(naturally);
  const found = sorted(base, files, true);
  if (found.images.length + found.videos.length > 0) return found;
  throw nothingFound(pattern, "no image matches the pattern");
}

/**
 * The images that an argument stands for, in order: a file, all images of a folder and its sub-folders, those
 * that match a pattern, or a video. What lies in a folder `out` further down is left out.
 * @throws UserError where it stands for none.
 */
export async function findInputs(argument: string, out: string): Promise<FoundInputs> {
  if (isFolder(argument)) return await inFolder(argument, out);
  const pattern = process.platform === "win32" ? withSlashes(argument) : argument;
  if (!existsSync(argument) && isDynamicPattern(pattern)) return await byPattern(pattern, out);
  const input = inputBelow(dirname(argument), argument);
  const [images, videos] = isVideo(argument) ? [[], [input]] : [[input], []];
  return { images, videos, passedOver: [] };
}
