/** @file What masks mean, guessed from their values: class indices, black and white, or colours. */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { withChannels } from "../../tasks/index.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";
import { readText } from "../files/bytes.js";
import { readRaster } from "../files/raster.js";
import { listFolder } from "../listing.js";

/** A guess with what it rests on, in words. */
export interface Guess {
  readonly spec: TaskSpec;
  readonly reasons: readonly string[];
}

/** More colours than this are a photo, or borders that were smoothed. */
const MOST_COLOURS = 256;
/** Masks that are looked at, evenly over all. */
const MOST_FILES = 200;
/** Indices that tools write for pixels without a class. */
const IGNORED = [255, 65535];
/** A grey of 8 bits, times this, is its colour. */
const GREY = 0x10101;

/** What all masks hold together. */
interface Seen {
  readonly values: ReadonlyMap<number, number>;
  readonly coloured: boolean;
}

/** One number for each pixel: its value, or its colour as 0xrrggbb. */
function* pixelKeys(raster: Raster, coloured: boolean, where: string): Generator<number> {
  const { data } = coloured ? withChannels(raster, 3, where, "colours") : raster;
  for (let i = 0; i < data.length; i += coloured ? 3 : 1) {
    yield coloured ? (data[i] << 16) | (data[i + 1] << 8) | data[i + 2] : data[i];
  }
}

async function look(files: readonly string[]): Promise<Seen> {
  const values = new Map<number, number>();
  const step = Math.ceil(files.length / MOST_FILES);
  let coloured: boolean | undefined;
  for (const file of files.filter((_, i) => i % step === 0)) {
    const raster = await readRaster(file);
    const own = raster.channels >= 3;
    if (coloured !== undefined && own !== coloured) throw mixed(file);
    coloured = own;
    for (const key of pixelKeys(raster, own, file)) values.set(key, (values.get(key) ?? 0) + 1);
    if (values.size > MOST_COLOURS) throw tooMany(file, values.size);
  }
  return { values, coloured: coloured ?? false };
}

function mixed(where: string): UserError {
  return new UserError({
    code: "data.mixed-masks",
    what: "some masks hold colours, others indices",
    where,
    fix: "Export all of them in one way.",
  });
}

function tooMany(where: string, got: number): UserError {
  return new UserError({
    code: "data.no-masks",
    what: "these are no masks: they hold too many different values",
    where,
    expected: `at most ${MOST_COLOURS}`,
    got: `${got} or more`,
    fix: "Export masks as PNG without smoothed borders.",
  });
}

const hex = (colour: number): string => `#${colour.toString(16).padStart(6, "0")}`;

const classNames = (count: number, names: readonly string[] | undefined): string[] =>
  Array.from({ length: count }, (_, i) => names?.[i] ?? (i === 0 ? "background" : `class-${i}`));

const namesReason = (names: readonly string[] | undefined): string =>
  names === undefined
    ? "names of classes are to be filled in (or put in classes.txt beside the masks)"
    : "names of classes are those of the file beside the masks";

/** Names of classes beside the masks: `classes.txt` or `labels.txt`, one a line. */
async function namesBeside(folder: string): Promise<readonly string[] | undefined> {
  const listing = await listFolder(folder);
  const file = ["classes.txt", "labels.txt", "names.txt"].find((name) => listing?.files.includes(name));
  if (file === undefined) return undefined;
  const lines = (await readText(join(folder, file))).split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** CVAT's `labelmap.txt` beside the masks or above them: `name:r,g,b:parts:actions`. */
async function labelMapBeside(folder: string): Promise<Record<string, string> | undefined> {
  for (const place of [folder, join(folder, "..")]) {
    if (!(await listFolder(place))?.files.includes("labelmap.txt")) continue;
    const lines = (await readText(join(place, "labelmap.txt"))).split(/\r?\n/);
    const entries = lines.flatMap((line) => {
      const match = /^([^#:][^:]*):(\d+),(\d+),(\d+):/.exec(line);
      if (match === null) return [];
      const [, name, ...rgb] = match;
      return [[name, hex(rgb.reduce((sum, part) => 256 * sum + Number(part), 0))] as const];
    });
    return Object.fromEntries(entries);
  }
  return undefined;
}

/** By how often they occur, the most common first. */
const byCount = (values: ReadonlyMap<number, number>): number[] =>
  [...values].sort(([a, m], [b, n]) => n - m || a - b).map(([value]) => value);

/** Indices that a tool wrote into all three channels alike; undefined where the masks are in colour. */
function indicesInColour(keys: readonly number[]): readonly number[] | undefined {
  if (keys.some((key) => key !== (key & 0xff) * GREY)) return undefined;
  const indices = keys.map((key) => key & 0xff).filter((value) => !IGNORED.includes(value));
  return indices.length > 1 && !areGreys(indices) ? indices : undefined;
}

/** Classes of such masks: one for each index up to the highest, each with the grey that stands for it. */
async function greyIndexGuess(folder: string, seen: Seen, indices: readonly number[]): Promise<Guess> {
  const names = await namesBeside(folder);
  const count = Math.max(Math.max(...indices) + 1, names?.length ?? 0);
  const classes = classNames(count, names);
  const colours = Object.fromEntries(classes.map((name, index) => [name, hex(index * GREY)]));
  const unlabelled = seen.values.has(0xffffff);
  const reasons = [
    `masks hold class indices 0 to ${Math.max(...indices)}, as greys of three channels${unlabelled ? ", and 255 for no class" : ""}`,
    namesReason(names),
  ];
  const all = unlabelled ? { ...colours, ignore: "#ffffff" } : colours;
  return { spec: { kind: "segmentation", classes, colours: all } as TaskSpec, reasons };
}

async function colourGuess(folder: string, seen: Seen): Promise<Guess> {
  const known = await labelMapBeside(folder);
  const keys = byCount(seen.values);
  const indices = known === undefined ? indicesInColour(keys) : undefined;
  if (indices !== undefined) return await greyIndexGuess(folder, seen, indices);
  const named = Object.entries(known ?? {});
  const strange = keys.filter((key) => !named.some(([, colour]) => colour === hex(key)));
  const names = (await namesBeside(folder)) ?? [];
  const extra = strange.map(
    (key, i) => [names[i] ?? (key === 0 ? "background" : `colour-${hex(key).slice(1)}`), hex(key)] as const,
  );
  const colours = Object.fromEntries([...named, ...extra]);
  const classes = Object.keys(colours);
  if (classes.length < 2) throw oneValue(folder);
  const reason =
    known === undefined
      ? `masks hold ${keys.length} colours: one class for each; their names are to be filled in`
      : `masks hold colours; names are those of labelmap.txt`;
  return { spec: { kind: "segmentation", classes, colours } as TaskSpec, reasons: [reason] };
}

function oneValue(where: string): UserError {
  return new UserError({
    code: "data.no-masks",
    what: "these are no masks of classes: all pixels are alike",
    where,
    expected: "at least two classes",
  });
}

/** Values that lie apart, as of greys that stand for classes. */
function areGreys(indices: readonly number[]): boolean {
  const sorted = [...indices].sort((a, b) => a - b);
  return sorted.at(-1)! > 3 * sorted.length + 20;
}

async function indexGuess(folder: string, seen: Seen): Promise<Guess> {
  const ignore = IGNORED.find((value) => seen.values.has(value)) ?? 255;
  const indices = [...seen.values.keys()].filter((value) => value !== ignore);
  const names = await namesBeside(folder);
  if (indices.every((value) => value === 0) && seen.values.has(255)) {
    const [low, high] = names?.length === 2 ? names : ["background", "object"];
    const colours = { [low]: "#000000", [high]: "#ffffff" };
    const reasons = ["masks are black and white: white is the object"];
    return { spec: { kind: "segmentation", classes: [low, high], colours } as TaskSpec, reasons };
  }
  const greys = areGreys(indices) && names === undefined;
  if (greys && Math.max(...indices) < 256) {
    const values = [...seen.values.keys()].sort((a, b) => a - b);
    const entries = values.map((value) => [value === 0 ? "background" : `grey-${value}`, hex(value * GREY)]);
    const colours = Object.fromEntries(entries);
    const reasons = [`masks hold ${values.length} greys far apart: one class for each`];
    return { spec: { kind: "segmentation", classes: Object.keys(colours), colours } as TaskSpec, reasons };
  }
  const count = Math.max(2, Math.max(...indices) + 1, names?.length ?? 0);
  const classes = classNames(count, names);
  const reasons = [
    `masks hold class indices 0 to ${Math.max(...indices)}${seen.values.has(ignore) ? `, and ${ignore} for no class` : ""}`,
    namesReason(names),
  ];
  return { spec: { kind: "segmentation", classes, ignore } as TaskSpec, reasons };
}

/**
 * The dataset's entry for masks, by what they hold. Throws UserError where they are none, or where colours
 * and indices are mixed.
 */
export async function guessMasks(folder: string, files: readonly string[]): Promise<Guess> {
  const seen = await look(files);
  if ([...seen.values.keys()].some((value) => !Number.isInteger(value) || value < 0)) {
    throw new UserError({
      code: "data.no-masks",
      what: "these are no masks of classes: they hold fractions or negative numbers",
      where: folder,
      fix: "Name a folder of depth with --depth.",
    });
  }
  return seen.coloured ? await colourGuess(folder, seen) : await indexGuess(folder, seen);
}
