/** @file What data sets keep in MAT-files: lists of whole numbers, lists of names, structures. */
import { UserError } from "../../common/errors.js";
import { readBytes } from "./bytes.js";
import { decodeMat, type MatArray } from "./mat5.js";

/** Arrays by name: a file's or a structure's. `where` names them in errors. */
export interface MatValues {
  readonly arrays: ReadonlyMap<string, MatArray>;
  readonly where: string;
}

/** Reads a MAT-file of version 5 to 7. Throws UserError where it is missing or damaged. */
export async function readMat(path: string): Promise<MatValues> {
  return { arrays: decodeMat(await readBytes(path), path), where: path };
}

function unfit(where: string, name: string, expected: string, got: string | undefined): UserError {
  return new UserError({
    code: "data.bad-mat",
    what: `${name} is not what it should be`,
    where,
    expected,
    got: got ?? "nothing of this name",
  });
}

function wholeValues(
  { arrays, where }: MatValues,
  name: string,
  [least, most]: readonly [number, number],
): Float64Array {
  const array = arrays.get(name);
  const expected = `whole numbers from ${least} to ${most}`;
  if (array?.kind !== "numeric") throw unfit(where, name, expected, array?.kind);
  const stray = array.data.find((value) => !(Number.isInteger(value) && value >= least && value <= most));
  if (stray !== undefined) throw unfit(where, name, expected, String(stray));
  return array.data;
}

/** A list of whole numbers from `least` to `most`. Throws UserError for anything else. */
export function wholeNumbers(values: MatValues, name: string, range: readonly [number, number]): number[] {
  return [...wholeValues(values, name, range)];
}

/** A cell array of text. Throws UserError for anything else. */
export function textCells({ arrays, where }: MatValues, name: string): string[] {
  const array = arrays.get(name);
  if (array?.kind !== "cell") throw unfit(where, name, "a cell array of text", array?.kind);
  return array.cells.map((cell) => {
    if (cell.kind !== "text") throw unfit(where, name, "a cell array of text", `a cell of ${cell.kind}`);
    return cell.text;
  });
}

/** The fields of a structure of one element. Throws UserError for anything else. */
export function structure({ arrays, where }: MatValues, name: string): MatValues {
  const array = arrays.get(name);
  if (array?.kind !== "struct" || array.entries.length !== 1) {
    throw unfit(where, name, "one structure", array?.kind);
  }
  return { arrays: array.entries[0], where: `${where}: ${name}` };
}

/** What a cell array holds. Throws UserError for anything else. */
export function cells({ arrays, where }: MatValues, name: string): readonly MatArray[] {
  const array = arrays.get(name);
  if (array?.kind !== "cell") throw unfit(where, name, "a cell array", array?.kind);
  return array.cells;
}

/** A map of whole numbers, row by row. */
export interface MatMap {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** A matrix of whole numbers from `least` to `most`. Throws UserError for anything else. */
export function matrix(values: MatValues, name: string, range: readonly [number, number]): MatMap {
  const array = values.arrays.get(name);
  const shape = array?.shape ?? [];
  if (array?.kind !== "numeric" || shape.length !== 2 || shape.includes(0)) {
    const got = array === undefined ? undefined : `${array.kind} ${shape.join("x")}`;
    throw unfit(values.where, name, "a matrix of numbers", got);
  }
  const [height, width] = shape;
  const columns = wholeValues(values, name, range);
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = columns[x * height + y];
  }
  return { height, width, data };
}
