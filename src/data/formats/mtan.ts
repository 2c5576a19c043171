/**
 * @file The arrays that MTAN (Liu, Johns, Davison 2019) published and MTPSL, JTR and LibMTL train on:
 * `<split>/<task>/<i>.npy`, i = 0, 1, 2, ..., in `train` and `val`. NYU Depth v2 (288x384): `image`, `label`
 * (13 classes), `depth` (metres, 0 = unknown), `normal` ((0,0,0) = unknown). Cityscapes (128x256): `image`,
 * `label_7` or `label_19`, `depth` (inverse depth, 0 = unknown). Images are [H,W,3] in [0, 1]; class -1 is
 * ignored.
 *
 * Papers report the published `val`: it is `test` here, and part of the published `train` is `val`
 * (`hold-out.ts`). The released MTPSL and JTR code chooses its checkpoints on the reported images.
 */
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.js";
import { CITYSCAPES_CATEGORIES, CITYSCAPES_CLASSES, NYU_CLASSES_13 } from "../../tasks/class-names.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";
import { fileDataset, type ImageFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { type RgbImage, readRaster } from "../files/raster.js";
import { filesByStem, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";
import { depthSpec, nonEmpty, normalsSpec, segmentationSpec } from "./shared.js";

const IGNORE = 255;

/** One task of a package: the folder it lies in and what it is. */
interface Part {
  readonly folder: string;
  readonly spec: TaskSpec;
}

/** Class -1 -> the value that an 8-bit file can hold too. */
function ignoreNegative(raster: Raster): Raster {
  return { ...raster, data: Float32Array.from(raster.data, (value) => (value === -1 ? IGNORE : value)) };
}

/** How far resampling may have carried a value of an image over [0, 1]. */
const OVERSHOOT = 0.01;

/** [H,W,3] interleaved -> planar, clamped. Throws UserError on other shapes and on values far from [0, 1]. */
function toImage({ width, height, channels, data }: Raster, where: string): RgbImage {
  const count = width * height;
  const outside = data.find((value) => !(value >= -OVERSHOOT && value <= 1 + OVERSHOOT));
  if (channels !== 3 || !(data instanceof Float32Array) || outside !== undefined) {
    throw new UserError({
      code: "data.not-an-image",
      what: "the array is not an image",
      where,
      expected: "floats of shape (height, width, 3) in [0, 1]",
      got:
        channels !== 3
          ? `${channels} channels`
          : data instanceof Float32Array
            ? `the value ${outside}`
            : "integers",
    });
  }
  const planar = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) planar[c * count + i] = Math.min(1, Math.max(0, data[3 * i + c]));
  }
  return { width, height, data: planar };
}

function arrayImage(file: string): ImageFile {
  return { file, read: async () => toImage(await readRaster(file), file) };
}

/** The numbered arrays of a folder in numeric order. */
async function numbered(folder: string): Promise<Map<string, string>> {
  const files = [...(await filesByStem(folder, [".npy"]))].filter(([stem]) => /^\d+$/.test(stem));
  return new Map(files.sort(([a], [b]) => Number(a) - Number(b)));
}

async function readSplit(root: string, parts: Readonly<Record<string, Part>>) {
  const samples = new Map<string, SampleFiles>();
  const labels = await Promise.all(
    Object.entries(parts).map(
      async ([task, { folder, spec }]) => [task, spec, await numbered(join(root, folder))] as const,
    ),
  );
  for (const [id, image] of await numbered(join(root, "image"))) {
    const own = labels.flatMap(([task, spec, files]) => {
      const file = files.get(id);
      const prepare = spec.kind === "segmentation" ? ignoreNegative : undefined;
      return file === undefined ? [] : [[task, labelFile(file, spec, prepare)] as const];
    });
    // Ids are unique over the splits, so that one labels file can name them.
    const unique = `${basename(root)}-${id.padStart(4, "0")}`;
    samples.set(unique, { image: arrayImage(image), labels: Object.fromEntries(own) });
  }
  return samples;
}

function mtanFormat(name: string, title: string, parts: Readonly<Record<string, Part>>): DatasetFormat {
  const layout = ["image", ...Object.values(parts).map(({ folder }) => folder)]
    .map((folder) => `train/${folder}/0.npy`)
    .join(", ");
  const tasks = Object.fromEntries(Object.entries(parts).map(([task, { spec }]) => [task, spec]));
  const open = async (path: string): Promise<Dataset> => {
    await requireFolder(path, layout);
    const published = await readSplit(join(path, "train"), parts);
    const files = {
      ...(await holdOut(path, published, (_, index) => inHeldOutRun(index))),
      test: await readSplit(join(path, "val"), parts),
    };
    return fileDataset({ name: title, tasks }, nonEmpty(files, title, path, layout), path);
  };
  return { name, open };
}

/** Floats are read as they are; the step is that of a conversion to 16-bit files. */
const inverseDepth = parseTaskSpec({ kind: "depth", scale: 2e-5 }, "depth");

const cityscapes = (name: string, folder: string, classes: readonly string[]) =>
  mtanFormat(name, "Cityscapes (MTAN)", {
    segmentation: { folder, spec: segmentationSpec(classes, IGNORE) },
    depth: { folder: "depth", spec: inverseDepth },
  });

export const mtanNyu = mtanFormat("mtan-nyu", "NYU Depth v2 (MTAN)", {
  segmentation: { folder: "label", spec: segmentationSpec(NYU_CLASSES_13, IGNORE) },
  depth: { folder: "depth", spec: depthSpec(5000) },
  normals: { folder: "normal", spec: normalsSpec() },
});
export const mtanCityscapes7 = cityscapes("mtan-cityscapes7", "label_7", CITYSCAPES_CATEGORIES);
export const mtanCityscapes19 = cityscapes("mtan-cityscapes19", "label_19", CITYSCAPES_CLASSES);
