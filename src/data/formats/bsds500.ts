/**
 * @file BSDS500 (Arbelaez, Maire, Fowlkes, Malik 2011): `images/<split>/ID.jpg` and
 * `groundTruth/<split>/ID.mat` for train, val and test, also below `data/` or `BSDS500/data/` as in the
 * archive. A .mat holds a cell for each annotator, with `Boundaries` of zeros and ones.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { LabelMap } from "../../tasks/task.js";
import { fileDataset, type LabelFile, type SampleFiles } from "../file-dataset.js";
import { cells, matrix, readMat, structure } from "../files/mat-values.js";
import type { MatArray } from "../files/mat5.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty } from "./shared.js";

const LAYOUT = "images/train/*.jpg and groundTruth/train/*.mat";
/** The most that marked one image. */
const ANNOTATORS = 9;

/** The folder that holds `images` and `groundTruth`. */
async function rootOf(path: string): Promise<string> {
  await requireFolder(path, LAYOUT);
  for (const inner of [[], ["data"], ["BSDS500", "data"]]) {
    const root = join(path, ...inner);
    if ((await listFolder(root))?.folders.includes("groundTruth")) return root;
  }
  return path;
}

/** One plane for each annotator, those of nobody zero. Throws UserError naming the file. */
async function readBoundaries(file: string): Promise<LabelMap> {
  const values = await readMat(file);
  const annotations = cells(values, "groundTruth");
  if (annotations.length === 0 || annotations.length > ANNOTATORS) {
    throw unfit(file, `1 to ${ANNOTATORS} annotators`, String(annotations.length));
  }
  const maps = annotations.map((cell, i) => boundariesOf(cell, `${file}: annotator ${i + 1}`));
  const [{ height, width }] = maps;
  const data = new Float32Array(ANNOTATORS * height * width);
  for (const [i, map] of maps.entries()) {
    if (map.height !== height || map.width !== width) {
      const expected = `${width}x${height} as the first annotator's`;
      throw unfit(`${file}: annotator ${i + 1}`, expected, `${map.width}x${map.height}`);
    }
    data.set(map.data, i * height * width);
  }
  return { channels: ANNOTATORS, height, width, data, valid: new Uint8Array(height * width).fill(1) };
}

function boundariesOf(cell: MatArray, where: string) {
  const own = structure({ arrays: new Map([["groundTruth", cell]]), where }, "groundTruth");
  return matrix(own, "Boundaries", [0, 1]);
}

function unfit(where: string, expected: string, got: string): UserError {
  return new UserError({
    code: "data.bad-mat",
    what: "the boundaries are not those of one image",
    where,
    expected,
    got,
    fix: "Fetch the file again.",
  });
}

async function open(path: string): Promise<Dataset> {
  const root = await rootOf(path);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const split of ["train", "val", "test"]) {
    const marked = await filesByStem(join(root, "groundTruth", split), [".mat"]);
    files[split] = new Map();
    for (const [id, image] of await filesByStem(join(root, "images", split), IMAGE_EXTENSIONS)) {
      const file = marked.get(id);
      const labels: Record<string, LabelFile> =
        file === undefined ? {} : { boundaries: { file, read: () => readBoundaries(file) } };
      files[split].set(id, { image, labels });
    }
  }
  const tasks = {
    boundaries: parseTaskSpec({ kind: "boundaries", annotators: ANNOTATORS }, "boundaries"),
  };
  return fileDataset({ name: "BSDS500", tasks }, nonEmpty(files, "BSDS500", path, LAYOUT), path);
}

export const bsds500: DatasetFormat = { name: "bsds500", open };
