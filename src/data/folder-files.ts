/** @file The files of a dataset folder, found by its layout; and what its folders hold besides. */
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import type { DatasetDescription } from "./dataset-yaml.js";
import {
  comparable,
  IMAGE_EXTENSIONS,
  LABEL_EXTENSIONS,
  LOSSY_EXTENSIONS,
  listFolder,
  splitName,
} from "./listing.js";
import {
  isPlainFile,
  type LeftOver,
  leftOverFiles,
  type PassedOver,
  type StrayLabel,
  strayLabels,
  unknownFolders,
} from "./passed-over.js";

/** The layout with the fields that are given filled in. */
export function layoutPath(layout: string, fields: { split: string; task: string; id?: string }): string {
  return layout.replace(
    /\{(split|task|id)\}/g,
    (whole, field: keyof typeof fields) => fields[field] ?? whole,
  );
}

export interface FolderFiles {
  /** Images by split and id, in order. */
  readonly images: Readonly<Record<string, ReadonlyMap<string, string>>>;
  /** Label files by split, task and id; of images only. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, ReadonlyMap<string, string>>>>>;
  readonly passedOver: readonly PassedOver[];
}

interface Folder {
  readonly path: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Files that are an image or a label. */
  readonly claimed: Set<string>;
  /** Whether images or labels belong into it. */
  searched: boolean;
}

/** Looks at each folder once, whatever form its name has. */
class Folders {
  readonly seen = new Map<string, Folder | undefined>();

  async at(path: string): Promise<Folder | undefined> {
    if (!this.seen.has(path)) {
      const listing = await listFolder(path);
      this.seen.set(path, listing && { path, ...listing, claimed: new Set(), searched: false });
    }
    return this.seen.get(path);
  }

  /** The folder below `base` that `parts` lead to. */
  async below(base: string, parts: readonly string[]): Promise<Folder | undefined> {
    let folder = await this.at(base);
    for (const part of parts) {
      const name = folder?.folders.find((each) => comparable(each) === comparable(part));
      folder = folder && name !== undefined ? await this.at(join(folder.path, name)) : undefined;
    }
    return folder;
  }
}

/** Files of a folder with one of `extensions` by stem. Throws UserError where two share one. */
function byStem(folder: Folder, extensions: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  // Where a label lies there with and without loss, the former is a preview.
  for (const lossless of [true, false]) {
    for (const name of folder.files) {
      const parts = splitName(name);
      if (parts === undefined || !extensions.includes(parts.extension)) continue;
      const lossy = extensions.includes(".npy") && LOSSY_EXTENSIONS.includes(parts.extension);
      if (lossy === lossless) continue;
      const other = found.get(comparable(parts.stem));
      if (other === undefined) found.set(comparable(parts.stem), name);
      else if (!lossy) {
        throw new UserError({
          code: "data.ambiguous-file",
          what: "two files stand for one sample",
          where: join(folder.path, name),
          got: join(folder.path, other),
          fix: "Remove one of the two.",
        });
      }
    }
  }
  return found;
}

class Finder {
  readonly folders = new Folders();

  constructor(
    readonly root: string,
    readonly layout: string,
  ) {}

  /** Paths of one task (or `image`) in one split, by sample id. */
  async ids(split: string, task: string, extensions: readonly string[]): Promise<Map<string, string>> {
    const parts = layoutPath(this.layout, { split, task }).split("/");
    const at = parts.findIndex((part) => part.includes("{id}"));
    const [before, behind] = parts[at].split("{id}").map(comparable);
    const idOf = (name: string) => {
      const whole = comparable(name);
      const fits =
        whole.length > before.length + behind.length && whole.startsWith(before) && whole.endsWith(behind);
      return fits ? whole.slice(before.length, whole.length - behind.length) : undefined;
    };
    const found = new Map<string, string>();
    const base = await this.folders.below(this.root, parts.slice(0, at));
    if (base === undefined) return found;
    const claim = (folder: Folder, id: string, name: string) => {
      found.set(id, join(folder.path, name));
      folder.claimed.add(name);
    };
    if (at === parts.length - 1) {
      base.searched = true;
      for (const [stem, name] of byStem(base, extensions)) {
        const id = idOf(stem);
        if (id !== undefined) claim(base, id, name);
      }
      return found;
    }
    for (const folder of base.folders) {
      const id = idOf(folder);
      const inner = id && (await this.folders.below(base.path, [folder, ...parts.slice(at + 1, -1)]));
      if (inner) inner.searched = true;
      const name = inner && byStem(inner, extensions).get(comparable(parts[parts.length - 1]));
      if (id && inner && name !== undefined) claim(inner, id, name);
    }
    return found;
  }

  /** Files of folders with images or labels that are neither. */
  leftOver(): LeftOver[] {
    return [...this.folders.seen.values()].flatMap((folder) =>
      folder === undefined || !folder.searched
        ? []
        : folder.files
            .filter((name) => !folder.claimed.has(name) && !isPlainFile(name))
            .map((name) => ({ folder: folder.path, name, path: join(folder.path, name) })),
    );
  }

  /** Folders where the layout has `{field}` alone. */
  async foldersOf(field: "split" | "task", splits: readonly string[], tasks: readonly string[]) {
    const parts = this.layout.split("/");
    const at = parts.indexOf(`{${field}}`);
    if (at < 0 || parts.slice(0, at).some((part) => part.includes("{id}"))) return [];
    const places = new Set(
      splits.flatMap((split) =>
        tasks.map((task) => layoutPath(parts.slice(0, at).join("/"), { split, task })),
      ),
    );
    const found: { path: string; name: string }[] = [];
    for (const place of places) {
      const folder = await this.folders.below(this.root, place.split("/").filter(Boolean));
      found.push(...(folder?.folders ?? []).map((name) => ({ path: join(folder!.path, name), name })));
    }
    return found;
  }
}

/** Paths of the files of one folder of the layout in one split, by sample id. */
export async function filesOfTask(
  root: string,
  layout: string,
  at: { readonly split: string; readonly task: string; readonly extension: string },
): Promise<ReadonlyMap<string, string>> {
  return await new Finder(root, layout).ids(at.split, at.task, [at.extension]);
}

/** Paths of the images of one split, by sample id. */
export async function imagesOf(
  root: string,
  layout: string,
  split: string,
): Promise<ReadonlyMap<string, string>> {
  return await new Finder(root, layout).ids(split, "image", IMAGE_EXTENSIONS);
}

/** Finds every image and label. Throws UserError where two files stand for one. */
export async function findFolderFiles(root: string, description: DatasetDescription): Promise<FolderFiles> {
  const { layout, splits } = description;
  const tasks = Object.keys(description.tasks);
  const finder = new Finder(root, layout);
  const images: Record<string, Map<string, string>> = {};
  const labels: Record<string, Record<string, Map<string, string>>> = {};
  const strays: StrayLabel[] = [];
  for (const split of splits) {
    images[split] = await finder.ids(split, "image", IMAGE_EXTENSIONS);
    labels[split] = {};
    for (const task of tasks) {
      const found = await finder.ids(split, task, LABEL_EXTENSIONS);
      for (const [id, path] of [...found]) {
        if (images[split].has(id)) continue;
        strays.push({ split, task, id, path });
        found.delete(id);
      }
      labels[split][task] = found;
    }
  }
  const idSets = new Map(splits.map((split) => [split, new Set(images[split].keys())]));
  const { extras = [], sweeps } = description;
  const names = ["image", ...tasks, ...extras, ...(sweeps ? [sweeps.points, sweeps.boxes] : [])];
  const sequences = description.sequences;
  const leftOver = finder
    .leftOver()
    .filter(({ path }) => sequences === undefined || path !== join(root, sequences));
  return {
    images,
    labels,
    passedOver: [
      ...strayLabels(strays, (split) => idSets.get(split)!),
      ...leftOverFiles(leftOver, LABEL_EXTENSIONS),
      ...unknownFolders(await finder.foldersOf("task", splits, names), "task", names),
      ...unknownFolders(await finder.foldersOf("split", splits, names), "split", splits),
    ],
  };
}
