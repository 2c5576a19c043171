/** @file Colour tables: which class each colour of a colour-coded label file stands for. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { Raster } from "./contract/maps.js";
import { fullValue, paletteColours, placeOf, withChannels } from "./raster.js";

const colour = z.union([
  z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]),
  z.string().regex(/^#[0-9a-fA-F]{6}$/, "must be [red, green, blue] of 0 to 255, or #rrggbb"),
]);
type Colour = z.output<typeof colour>;

/** By class name, and by `ignore` for pixels without a class: a colour, or a list of several. */
export const colourTableSchema = z.record(z.string(), z.union([colour, z.array(colour).min(1)]));
export type ColourTable = z.output<typeof colourTableSchema>;

/** The name under which a table has the colours of pixels without a class; a class may be called so, too. */
const IGNORE = "ignore";
/** Marks such pixels among class indices. */
export const NO_CLASS = -1;

function keyOf(value: Colour): number {
  if (typeof value === "string") return Number.parseInt(value.slice(1), 16);
  return (value[0] << 16) | (value[1] << 8) | value[2];
}

const hex = (key: number): string => `#${key.toString(16).padStart(6, "0")}`;

function coloursOf(entry: ColourTable[string]): readonly Colour[] {
  return Array.isArray(entry) && typeof entry[0] !== "number" ? (entry as Colour[]) : [entry as Colour];
}

/** Class indices by colour. Calls `problem` for what contradicts the classes. */
function indexOf(
  table: ColourTable,
  classes: readonly string[],
  problem: (text: string) => void,
): Map<number, number> {
  const found = new Map<number, number>();
  for (const [name, entry] of Object.entries(table)) {
    const index = classes.indexOf(name);
    if (index < 0 && name !== IGNORE)
      problem(`\`colours\` names ${name}, which is no class and not \`ignore\``);
    for (const key of coloursOf(entry).map(keyOf)) {
      if (found.has(key) && found.get(key) !== index) problem(`${hex(key)} stands for two classes`);
      found.set(key, index < 0 ? NO_CLASS : index);
    }
  }
  const bare = classes.find((name) => !Object.hasOwn(table, name));
  if (bare !== undefined) problem(`\`colours\` has no colour for the class ${bare}`);
  return found;
}

/** What is wrong with a table for these classes; undefined where it is sound. */
export function colourTableProblem(table: ColourTable, classes: readonly string[]): string | undefined {
  const problems: string[] = [];
  indexOf(table, classes, (text) => problems.push(text));
  return problems[0];
}

/**
 * Pixels as 8-bit RGB: palettes by their colours, one channel as grey, 16 bits where they are 8 bits twice
 * over.
 */
function rgbOf(raster: Raster, where: string): Raster {
  const coloured = raster.palette === undefined ? raster : paletteColours(raster, raster.palette, where);
  const { width, height, channels, data } =
    coloured.channels === 2 ? withChannels(coloured, 1, where, "grey") : coloured;
  if (data instanceof Float32Array || data instanceof Int8Array) throw noColours(raster, where);
  if (channels !== 1)
    return eightBits(
      withChannels({ ...coloured, width, height, channels, data }, 3, where, "red, green and blue"),
      where,
    );
  const grey = eightBits({ ...coloured, channels, data }, where);
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => grey.data[Math.floor(i / 3)]),
  };
}

function eightBits(raster: Raster, where: string): Raster {
  const full = fullValue(raster);
  if (full === 255) return raster;
  const data = Uint8Array.from(raster.data, (value) => (255 * value) / full);
  if (raster.data.some((value, i) => value * 255 !== data[i] * full)) throw noColours(raster, where);
  return { ...raster, data, maximum: undefined };
}

function noColours({ channels, data }: Raster, where: string): UserError {
  return new UserError({
    code: "label.no-colours",
    what: "the label file does not hold colours of 8 bits, which `colours` calls for",
    where,
    got: `${channels} channel${channels === 1 ? "" : "s"} of ${data.constructor.name.replace("Array", "").toLowerCase()}`,
    fix: "Take `colours` out of dataset.yaml where the file holds class indices.",
  });
}

/**
 * Class indices of a colour-coded file, [height, width]; `NO_CLASS` for pixels without one. Throws UserError
 * naming colours that are not in the table, how often they occur, and where first.
 */
export function classesByColour(
  raster: Raster,
  table: ColourTable,
  classes: readonly string[],
  where: string,
): Int32Array {
  const index = indexOf(table, classes, () => undefined);
  const { width, height, data } = rgbOf(raster, where);
  const indices = new Int32Array(width * height);
  const unknown = new Map<number, { count: number; first: number }>();
  let [lastKey, last]: [number, number | undefined] = [-1, undefined];
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const key = (data[3 * pixel] << 16) | (data[3 * pixel + 1] << 8) | data[3 * pixel + 2];
    // Neighbours are mostly of one colour.
    if (key !== lastKey) [lastKey, last] = [key, index.get(key)];
    if (last !== undefined) indices[pixel] = last;
    else {
      const seen = unknown.get(key) ?? { count: 0, first: pixel };
      seen.count++;
      unknown.set(key, seen);
    }
  }
  if (unknown.size > 0) throw unknownColours(unknown, { width }, where);
  return indices;
}

function unknownColours(
  unknown: ReadonlyMap<number, { count: number; first: number }>,
  size: { readonly width: number },
  where: string,
): UserError {
  const SHOWN = 4;
  const sorted = [...unknown].sort(([, a], [, b]) => b.count - a.count);
  const named = sorted
    .slice(0, SHOWN)
    .map(([key, { count, first }]) => `${hex(key)} (${count} pixels, first at ${placeOf(first, size)})`);
  const more = sorted.length > SHOWN ? ` and ${sorted.length - SHOWN} more` : "";
  const one = sorted.length === 1;
  return new UserError({
    code: "label.unknown-colour",
    what: `${sorted.length} ${one ? "colour is" : "colours are"} not in the task's table`,
    where,
    expected: "the colours under `colours`",
    got: `${named.join(", ")}${more}`,
    fix: `Name ${one ? "it" : "them"} in dataset.yaml under ${one ? "its" : "their"} class or under \`ignore\`; smoothed borders must be exported without smoothing.`,
  });
}
