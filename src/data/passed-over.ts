/**
 * @file What lies in a dataset folder and is not read: files and folders, grouped by cause, so that none
 * vanishes.
 */
import { suggest } from "../common/suggest.js";
import { foreignFormats } from "./files/picture-formats.js";
import { comparable, splitName } from "./listing.js";

/** Files or folders that were passed over for one cause. */
export interface PassedOver {
  readonly code:
    | "data.foreign-file"
    | "data.unfitting-name"
    | "data.stray-label"
    | "data.misnamed-label"
    | "data.unknown-folder"
    | "data.no-points";
  readonly count: number;
  /** Path of the first. */
  readonly first: string;
  /** One sentence with the cause, and what to do. */
  readonly message: string;
}

/** Names that nobody takes for data. */
const PLAIN_NAMES = [
  /^(readme|licen[cs]e|copying|notice|changelog|authors|citation)\b/i,
  /^(thumbs\.db|desktop\.ini)$/i,
];
const PLAIN_EXTENSIONS = [".md", ".yaml", ".yml", ".sha256", ".md5", ".ds_store"];

/** Whether a file is no data that somebody may miss. */
export function isPlainFile(name: string): boolean {
  const extension = splitName(name)?.extension ?? "";
  return PLAIN_NAMES.some((pattern) => pattern.test(name)) || PLAIN_EXTENSIONS.includes(extension);
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun} was` : `${count} ${noun}s were`;
}

/** Groups by what `key` says, in the order of first appearance. */
function groupsOf<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

/** A file that no image and no label of the layout is. */
export interface LeftOver {
  readonly folder: string;
  readonly name: string;
  readonly path: string;
}

/**
 * Files of folders with images or labels that fit no place of the layout. `read` are the extensions that are
 * read.
 */
export function leftOverFiles(files: readonly LeftOver[], read: readonly string[]): PassedOver[] {
  const extensionOf = ({ name }: LeftOver) => splitName(name)?.extension ?? "";
  return groupsOf(files, (file) => `${file.folder}\0${extensionOf(file)}`).map((group) => {
    const [{ folder, path, name }] = group;
    const extension = extensionOf(group[0]);
    const known = read.includes(extension);
    const cause = known
      ? "such names fit no image and no task of the layout."
      : Object.hasOwn(foreignFormats, extension)
        ? foreignFormats[extension]
        : `${extension === "" ? "files without an extension are" : `${extension} is`} not read here.`;
    return {
      code: known ? "data.unfitting-name" : "data.foreign-file",
      count: group.length,
      first: path,
      message: `${folder}: ${counted(group.length, "file")} passed over, e.g. ${name}: ${cause}`,
    };
  });
}

/** A label file whose id no image has. */
export interface StrayLabel {
  readonly split: string;
  readonly task: string;
  readonly id: string;
  readonly path: string;
}

/**
 * What stands before and behind the id of an image in a stray label's name; undefined where no id is in it.
 */
function affixesOf(stray: string, ids: ReadonlySet<string>): { before: string; behind: string } | undefined {
  for (let length = stray.length - 1; length > 0; length--) {
    if (ids.has(stray.slice(0, length))) return { before: "", behind: stray.slice(length) };
    if (ids.has(stray.slice(-length))) return { before: stray.slice(0, -length), behind: "" };
  }
  return undefined;
}

/**
 * Labels without an image, those apart whose names are an image's and more. `idsOf` gives the ids of a split.
 */
export function strayLabels(
  labels: readonly StrayLabel[],
  idsOf: (split: string) => ReadonlySet<string>,
): PassedOver[] {
  const named = labels.map((label) => ({ ...label, affixes: affixesOf(label.id, idsOf(label.split)) }));
  const groups = groupsOf(named, ({ split, task, affixes }) => JSON.stringify([split, task, affixes]));
  return groups.map((group) => {
    const [{ split, task, path, id, affixes }] = group;
    const head = `${path}: ${counted(group.length, `${task} label`)} passed over in split ${split}`;
    const base = { count: group.length, first: path };
    if (affixes === undefined) {
      const what = group.length === 1 ? "no image belongs to this label." : "no images belong to them.";
      return { ...base, code: "data.stray-label", message: `${head}: ${what}` };
    }
    const image = id.slice(affixes.before.length, id.length - affixes.behind.length);
    const extra = JSON.stringify(affixes.before || affixes.behind);
    const fix = `A label is called as its image, ${image} here: take ${extra} out of the names, or write it into \`layout\`.`;
    return { ...base, code: "data.misnamed-label", message: `${head}: there is no image ${id}. ${fix}` };
  });
}

/** Folders where the layout has splits or tasks, of other names. `known` are those it names. */
export function unknownFolders(
  folders: readonly { readonly path: string; readonly name: string }[],
  kind: "split" | "task",
  known: readonly string[],
): PassedOver[] {
  const names = known.map(comparable);
  const others = folders.filter(({ name }) => !names.includes(comparable(name)));
  return groupsOf(others, ({ name }) => name).map((group) => {
    const [{ path, name }] = group;
    const near = suggest(name, known);
    const fix = near === undefined ? `Name it under \`${kind}s\` if it is one.` : `Did you mean ${near}?`;
    return {
      code: "data.unknown-folder",
      count: group.length,
      first: path,
      message: `${path}: the folder was passed over: dataset.yaml has no ${kind} ${name}. ${fix}`,
    };
  });
}
