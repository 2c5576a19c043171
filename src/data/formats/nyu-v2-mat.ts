/**
 * @file The labelled NYU Depth v2 (Silberman et al. 2012) as published, 1449 frames of 640x480 in one file:
 * `nyu_depth_v2_labeled.mat` (version 7.3) with `images`, `depths` (metres, in-painted) and `labels` (894
 * classes, 0 = unlabelled). Beside it `splits.mat` (`trainNdxs`, `testNdxs`), `classMapping40.mat`
 * (`mapClass`: 894 -> 40, `className`) and, for `nyu-v2-mat13`, `class13Mapping.mat` (`classMapping13`:
 * `labels13`: 40 -> 13, `classNames`). Normals are derived from depth.
 *
 * The published test frames are `test`; part of the training frames is `val` (`hold-out.ts`).
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/task.js";
import { decodeLabel, fileDataset, type LabelFile, type SampleFiles } from "../file-dataset.js";
import { type Hdf5Array, type Hdf5File, openHdf5 } from "../files/hdf5.js";
import { type MatValues, readMat, structure, textCells, wholeNumbers } from "../files/mat-values.js";
import type { RgbImage } from "../files/raster.js";
import { requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { derivedNormalsFile } from "./derived-normals.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";
import { depthSpec, NYU_CAMERA, nonEmpty, normalsSpec, segmentationSpec } from "./shared.js";

const FRAMES = "nyu_depth_v2_labeled.mat";
const LAYOUT = `${FRAMES}, splits.mat and classMapping40.mat`;
const IGNORE = 255;

/** Names of the classes, and the class of each label id (0 = unlabelled). */
interface ClassMap {
  readonly classes: readonly string[];
  readonly table: readonly number[];
}

/** Classes of the file's ids 1, 2, ... given the class numbers (from 1; 0 = none) of each. */
function classMap(classes: readonly string[], numbers: readonly number[]): ClassMap {
  return { classes, table: [IGNORE, ...numbers.map((number) => (number === 0 ? IGNORE : number - 1))] };
}

/** Names of classes. Throws UserError where there are more than 8-bit labels can tell apart. */
function classNames(file: MatValues, name: string): string[] {
  const classes = textCells(file, name);
  if (classes.length <= IGNORE) return classes;
  throw new UserError({
    code: "data.bad-mat",
    what: `${name} has too many classes`,
    where: file.where,
    expected: `at most ${IGNORE}`,
    got: String(classes.length),
  });
}

async function readMap40(path: string): Promise<ClassMap> {
  const file = await readMat(join(path, "classMapping40.mat"));
  const classes = classNames(file, "className");
  return classMap(classes, wholeNumbers(file, "mapClass", [0, classes.length]));
}

async function readMap13(path: string): Promise<ClassMap> {
  const { table } = await readMap40(path);
  const map = structure(await readMat(join(path, "class13Mapping.mat")), "classMapping13");
  const classes = classNames(map, "classNames");
  const coarse = wholeNumbers(map, "labels13", [0, classes.length]);
  return classMap(
    classes,
    table.slice(1).map((fine) => coarse[fine] ?? 0),
  );
}

/** One array of the file. Throws UserError unless its shape fits `shape`, where undefined fits anything. */
function frameArray(file: Hdf5File, name: string, shape: readonly (number | undefined)[]): Hdf5Array {
  const array = file.array(name);
  const fits = shape.every((length, axis) => length === undefined || length === array.shape[axis]);
  if (array.shape.length === shape.length && fits) return array;
  throw new UserError({
    code: "data.bad-hdf5",
    what: `${name} has the wrong shape`,
    where: file.path,
    expected: shape.map((length) => length ?? "any").join("x"),
    got: array.shape.join("x"),
  });
}

/** Column by column -> row by row, from `start`, each value through `change`. */
function turn(
  source: ArrayLike<number>,
  start: number,
  [width, height]: readonly number[],
  target: Float32Array | Uint8Array,
  change: (value: number) => number,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      target[start + y * width + x] = change(source[start + x * height + y]);
    }
  }
}

/** [3, W, H] bytes -> planar RGB. */
function toImage(entry: ArrayLike<number>, [width, height]: readonly number[]): RgbImage {
  const data = new Float32Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    turn(entry, c * width * height, [width, height], data, (value) => value / 255);
  }
  return { width, height, data };
}

function toClasses(entry: ArrayLike<number>, size: readonly number[], { table }: ClassMap, where: string) {
  const [width, height] = size;
  const data = new Uint8Array(width * height);
  turn(entry, 0, size, data, (id) => {
    if (id < table.length) return table[id];
    throw new UserError({
      code: "label.class-out-of-range",
      what: "a label has no class in classMapping40.mat",
      where,
      expected: `0 to ${table.length - 1}`,
      got: String(id),
    });
  });
  return { width, height, channels: 1, data } satisfies Raster;
}

function toDepth(entry: ArrayLike<number>, size: readonly number[]): Raster {
  const [width, height] = size;
  const data = new Float32Array(width * height);
  turn(entry, 0, size, data, (metres) => metres);
  return { width, height, channels: 1, data };
}

function nyuMat(name: string, readMap: (path: string) => Promise<ClassMap>): DatasetFormat {
  const open = async (path: string): Promise<Dataset> => {
    await requireFolder(path, LAYOUT);
    const map = await readMap(path);
    const tasks = {
      segmentation: segmentationSpec(map.classes, IGNORE),
      depth: depthSpec(5000),
      normals: normalsSpec(),
    };
    const file = await openHdf5(join(path, FRAMES));
    const images = frameArray(file, "images", [undefined, 3, undefined, undefined]);
    const [frames, , ...size] = images.shape;
    const depths = frameArray(file, "depths", [frames, ...size]);
    const labels = frameArray(file, "labels", [frames, ...size]);

    const frame = (number: number): SampleFiles => {
      const where = `${file.path}: frame ${number}`;
      const label = (task: "segmentation" | "depth", read: () => Raster): LabelFile => ({
        file: where,
        read: async () => decodeLabel(read(), tasks[task], where),
      });
      const depth = label("depth", () => toDepth(depths.entry(number - 1), size));
      return {
        image: { file: where, read: async () => toImage(images.entry(number - 1), size) },
        labels: {
          segmentation: label("segmentation", () => toClasses(labels.entry(number - 1), size, map, where)),
          depth,
          normals: derivedNormalsFile(depth, NYU_CAMERA),
        },
        camera: NYU_CAMERA,
      };
    };
    const splits = await readMat(join(path, "splits.mat"));
    const published = (list: string) =>
      new Map(
        wholeNumbers(splits, list, [1, frames]).map(
          (number) => [String(number).padStart(4, "0"), frame(number)] as const,
        ),
      );
    const files = {
      ...(await holdOut(path, published("trainNdxs"), (_, index) => inHeldOutRun(index))),
      test: published("testNdxs"),
    };
    return fileDataset({ name: "NYU Depth v2", tasks }, nonEmpty(files, "NYU Depth v2", path, LAYOUT), path);
  };
  return { name, open };
}

export const nyuV2Mat = nyuMat("nyu-v2-mat", readMap40);
export const nyuV2Mat13 = nyuMat("nyu-v2-mat13", readMap13);
