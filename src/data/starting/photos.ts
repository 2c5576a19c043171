/** @file The photos of a folder, and which label file belongs to which of them. */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import {
  comparable,
  IMAGE_EXTENSIONS,
  LABEL_EXTENSIONS,
  listFolder,
  requireFolder,
  splitName,
} from "../listing.js";

/** A file with the name that it has in a dataset. */
export interface NamedFile {
  /** Its path below the folder without the extension, `__` in the place of slashes. */
  readonly id: string;
  readonly file: string;
}

/** Files with one of `extensions` in a folder and those below it, in order. */
async function filesBelow(folder: string, extensions: readonly string[], prefix = ""): Promise<NamedFile[]> {
  const listing = await listFolder(folder);
  const own = (listing?.files ?? []).flatMap((name): NamedFile[] => {
    const parts = splitName(name);
    if (parts === undefined || !extensions.includes(parts.extension)) return [];
    return [{ id: comparable(prefix + parts.stem), file: join(folder, name) }];
  });
  const inner: NamedFile[] = [];
  for (const name of listing?.folders ?? []) {
    inner.push(...(await filesBelow(join(folder, name), extensions, `${prefix}${name}__`)));
  }
  return [...own, ...inner];
}

/** Throws UserError where two files have one name. */
function requireOwnNames(files: readonly NamedFile[]): readonly NamedFile[] {
  const known = new Map<string, string>();
  for (const { id, file } of files) {
    const other = known.get(id);
    known.set(id, file);
    if (other === undefined) continue;
    throw new UserError({
      code: "data.ambiguous-file",
      what: "two files would have one name in the dataset",
      where: file,
      got: other,
      fix: "Remove or rename one of the two.",
    });
  }
  return files;
}

/** All photos of a folder and those below it. Throws UserError where there is none. */
export async function findPhotos(folder: string): Promise<readonly NamedFile[]> {
  await requireFolder(folder, "photos");
  const photos = requireOwnNames(await filesBelow(folder, IMAGE_EXTENSIONS));
  if (photos.length > 0) return photos;
  throw new UserError({
    code: "data.no-photos",
    what: "there is no photo in the folder",
    where: folder,
    expected: IMAGE_EXTENSIONS.join(", "),
  });
}

/** Endings that tools give to label files. */
const ENDING =
  /[-_. ](masks?|labels?|seg|segmentation|annotation|gt|depth|depths|dpt|labelids|index|boundar(y|ies)|colou?r|l)$/i;

/** Forms of a label's name that its photo may have, the closest first. */
function namesOf(id: string): string[] {
  const short = id.replace(ENDING, "");
  const last = (name: string) => name.slice(name.lastIndexOf("__") + 1).replace(/^_/, "");
  return [...new Set([id, short, last(id), last(short)])];
}

export interface PairedFiles {
  /** Label files by the photo's id. */
  readonly files: ReadonlyMap<string, string>;
  /** Label files that belong to no photo. */
  readonly unpaired: readonly string[];
}

/**
 * The label files of a folder and those below it, each with the photo of the same name; `_mask`, `-depth` and
 * the like at its end do not count. Throws UserError where not one belongs to a photo.
 */
export async function pairLabels(photos: readonly NamedFile[], folder: string): Promise<PairedFiles> {
  await requireFolder(folder, "label files named like the photos");
  const found = await filesBelow(folder, LABEL_EXTENSIONS);
  const photoNames = new Map<string, string>();
  // The whole path counts more than a file's own name, which may stand in several folders.
  for (const { id } of [...photos].reverse())
    photoNames.set(id.slice(id.lastIndexOf("__") + 1).replace(/^_/, ""), id);
  for (const { id } of photos) photoNames.set(id, id);
  const files = new Map<string, string>();
  const unpaired: string[] = [];
  for (const { id, file } of found) {
    const name = namesOf(id).find((each) => photoNames.has(each));
    const photo = name === undefined ? undefined : photoNames.get(name)!;
    if (photo === undefined || files.has(photo)) unpaired.push(file);
    else files.set(photo, file);
  }
  if (files.size > 0) return { files, unpaired };
  throw new UserError({
    code: "data.no-pairs",
    what: "no label file is named like a photo",
    where: folder,
    expected: `names such as ${photos[0].id}.png`,
    got: found.length === 0 ? "no label file" : found[0].file,
    fix: "Name each label file like its photo.",
  });
}
