/**
 * @file The official split of SUN RGB-D: `allsplit.mat` of its toolbox, with cell arrays `alltrain` and
 * `alltest` of paths that end in `SUNRGBD/<sensor>/.../<frame>`, and `trainvalsplit`, which parts the first
 * in `train` and `val`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SampleFiles } from "../file-dataset.js";
import { readMat, structure, textCells } from "../files/mat-values.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";

const PLACES = ["allsplit.mat", join("SUNRGBDtoolbox", "traintestSUNRGBD", "allsplit.mat")];

/** `.../SUNRGBD/kv2/x/frame/` or `SUNRGBD__kv2__x__frame` -> `kv2__x__frame`. */
function frameKey(path: string): string {
  const parts = path.split(/\/|__/).filter(Boolean);
  return parts.slice(parts.lastIndexOf("SUNRGBD") + 1).join("__");
}

/** Where the official split lies below the data set's folder; undefined where it is not there. */
export function findOfficialSplit(root: string): string | undefined {
  return PLACES.map((place) => join(root, place)).find((file) => existsSync(file));
}

/**
 * The frames by the official split; what it does not name is left out. Validation frames are those of
 * `trainvalsplit`, or held out where it is missing. Throws UserError where the file is damaged.
 */
export async function splitOfficially(
  root: string,
  file: string,
  frames: ReadonlyMap<string, SampleFiles>,
): Promise<Record<string, ReadonlyMap<string, SampleFiles>>> {
  const lists = await readMat(file);
  const byKey = new Map([...frames].map(([id, frame]) => [frameKey(id), [id, frame] as const]));
  const pick = (paths: readonly string[]) =>
    new Map(paths.map((path) => byKey.get(frameKey(path))).filter((entry) => entry !== undefined));
  const validation = lists.arrays.has("trainvalsplit")
    ? pick(textCells(structure(lists, "trainvalsplit"), "val"))
    : undefined;
  const published = pick(textCells(lists, "alltrain"));
  return {
    ...(await holdOut(root, published, (id, index) => validation?.has(id) ?? inHeldOutRun(index))),
    test: pick(textCells(lists, "alltest")),
  };
}
