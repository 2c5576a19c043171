/**
 * @file Validation images for data sets that publish a training set and the set that papers report, and
 * nothing to choose checkpoints by: part of the training set is held out, and what is reported stays `test`.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { readText } from "../files/bytes.js";
import { listFolder } from "../listing.js";

const FILE = "validation.txt";
/** Of every RUNS runs of RUN samples the last is held out. */
const RUN = 8;
const RUNS = 10;

/**
 * True for a tenth of the places of a list: the last of every ten runs of eight. Neighbours in a list often
 * show one scene, so they stay together.
 */
export function inHeldOutRun(index: number): boolean {
  return Math.floor(index / RUN) % RUNS === RUNS - 1;
}

/**
 * The published training samples as `train` and `val`. Held out are the ids in `<path>/validation.txt`, one a
 * line (an empty file holds out none: training on the whole published set); without that file, those that
 * `heldOut` says. `idOf` gives the id that a line of the file stands for. Throws UserError where the file
 * names an unknown id.
 */
export async function holdOut<T>(
  path: string,
  samples: ReadonlyMap<string, T>,
  heldOut: (id: string, index: number) => boolean,
  idOf: (line: string) => string = (line) => line,
): Promise<{ train: Map<string, T>; val: Map<string, T> }> {
  const chosen = (await listFolder(path))?.files.includes(FILE)
    ? await readIds(join(path, FILE), samples, idOf)
    : undefined;
  const entries = [...samples];
  const isHeldOut = ([id]: readonly [string, T], index: number) =>
    chosen === undefined ? heldOut(id, index) : chosen.has(id);
  return {
    train: new Map(entries.filter((entry, index) => !isHeldOut(entry, index))),
    val: new Map(entries.filter(isHeldOut)),
  };
}

async function readIds(
  file: string,
  samples: ReadonlyMap<string, unknown>,
  idOf: (line: string) => string,
): Promise<Set<string>> {
  const ids = (await readText(file))
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map(idOf);
  const unknown = ids.find((id) => !samples.has(id));
  if (unknown === undefined) return new Set(ids);
  throw new UserError({
    code: "data.unknown-id",
    what: "the list names an image that is not in the training set",
    where: file,
    expected: "one id a line, as `data inspect` and labels.json have them",
    got: JSON.stringify(unknown.slice(0, 80)),
  });
}
