/** @file A dataset whose samples are files on disk: what every format has in common. */
import { UserError } from "../common/errors.js";
import type { Pose } from "../fields/pose.js";
import type { PinholeCamera } from "../geometry/camera.js";
import { taskKind } from "../tasks/index.js";
import type { LabelMap, Raster, TaskSpec } from "../tasks/task.js";
import { swapsSides } from "./files/orientation.js";
import { type ReadOptions, type RgbImage, readImage, readRaster } from "./files/raster.js";
import { unknownName } from "./names.js";
import type { PassedOver } from "./passed-over.js";
import type { Dataset, DatasetInfo, Sample } from "./types.js";

/** A label that lies in a file. */
export interface LabelFile {
  readonly file: string;
  /** Reads it at file resolution. The camera is the sample's. Throws UserError naming the file. */
  read(camera: PinholeCamera | undefined): Promise<LabelMap>;
  /** How the file stores its values: bits of integers, 0 for floats. Left out where labels are derived. */
  storedBits?(): Promise<number>;
}

/**
 * An image that is no plain picture file, upright: an array, a part of a larger file, or read in another way.
 */
export interface ImageFile {
  readonly file: string;
  /** Reads it. Throws UserError naming the file. */
  read(): Promise<RgbImage>;
}

/** The files of one sample. */
export interface SampleFiles {
  /** The path of a picture, or what reads the image. */
  readonly image: string | ImageFile;
  readonly labels: Readonly<Record<string, LabelFile>>;
  /** At the image's resolution. */
  readonly camera?: PinholeCamera;
  readonly pose?: Pose;
}

/**
 * Decodes a label by its task. A file without a single valid pixel gives a label that is invalid everywhere
 * instead of an error: it teaches nothing, but it need not stop a training run; `inspectDataset` warns of it.
 */
export function decodeLabel(raster: Raster, spec: TaskSpec, where: string): LabelMap {
  const kind = taskKind(spec.kind);
  try {
    return kind.files.decode(raster, spec, where);
  } catch (error) {
    if (!(error instanceof UserError && error.facts.code === "label.no-valid-pixel")) throw error;
    const { width, height } = raster;
    const channels = kind.files.labelChannels(spec);
    const data = new Float32Array(channels * height * width);
    return { channels, height, width, data, valid: new Uint8Array(height * width) };
  }
}

/**
 * A label file read by its task, its pixels translated by `prepare` where the format stores them otherwise.
 */
export function labelFile(
  file: string,
  spec: TaskSpec,
  prepare: (raster: Raster, where: string) => Raster = (raster) => raster,
  options: ReadOptions = { names: taskKind(spec.kind).files.layers },
): LabelFile {
  return {
    file,
    read: async () => decodeLabel(prepare(await readRaster(file, options), file), spec, file),
    storedBits: async () => {
      const { data } = await readRaster(file, options);
      return data instanceof Float32Array ? 0 : 8 * data.BYTES_PER_ELEMENT;
    },
  };
}

/** Throws UserError where a label is not as large as its image; says so where EXIF is the cause. */
function requireImageSize(label: LabelMap, file: string, image: RgbImage, imageFile: string): void {
  if (label.width === image.width && label.height === image.height) return;
  const { exif, applied } = image.orientation ?? { exif: 1, applied: false };
  const turned = swapsSides(exif) && label.width === image.height && label.height === image.width;
  const cause = applied
    ? "turned upright by its EXIF orientation"
    : "as it is stored, against its EXIF orientation";
  throw new UserError({
    code: "data.label-size",
    what: "the label is not as large as its image",
    where: file,
    expected: `${image.width}x${image.height} as in ${imageFile}${turned ? `, ${cause} (${exif})` : ""}`,
    got: `${label.width}x${label.height}`,
    fix: !turned
      ? "Export both at one size."
      : applied
        ? "Where labels are drawn on the pixels as they are stored, set `orientation: stored` in dataset.yaml."
        : "Where labels are drawn on the upright image, take `orientation: stored` out of dataset.yaml.",
  });
}

function imageFile(image: string | ImageFile): ImageFile {
  return typeof image === "string" ? { file: image, read: () => readImage(image) } : image;
}

/** Every split's samples by id; the order is the split's order. */
export type SplitFiles = Readonly<Record<string, ReadonlyMap<string, SampleFiles>>>;

/** A dataset that can say where its labels lie. */
export interface FileDataset extends Dataset {
  /** The label's file; undefined where there is none. */
  fileOf(split: string, id: string, task: string): string | undefined;
  /** Reads a label that exists, at file resolution, without its image. Throws UserError naming the file. */
  readLabel(split: string, id: string, task: string): Promise<LabelMap>;
  /** How a label that exists stores its values (see `LabelFile`); undefined where that is not known. */
  storedBits(split: string, id: string, task: string): Promise<number | undefined>;
  /** What lies in the folder and is not read. */
  readonly passedOver?: readonly PassedOver[];
}

/** A dataset over files. `where` names it in errors about unknown splits and ids. */
export function fileDataset(
  about: Pick<DatasetInfo, "name" | "tasks" | "derived">,
  files: SplitFiles,
  where: string,
): FileDataset {
  const splits = Object.fromEntries(Object.entries(files).map(([split, map]) => [split, [...map.keys()]]));
  const filesOf = (split: string, id: string) => {
    if (!Object.hasOwn(files, split)) throw unknownName("split", split, Object.keys(files), where);
    const sample = files[split].get(id);
    if (sample === undefined) throw unknownName("id", id, splits[split], `${where}: ${split}`);
    return sample;
  };
  const known = { ...about.derived, ...about.tasks };
  const read = async (split: string, id: string, tasks: readonly string[]): Promise<Sample> => {
    const sample = filesOf(split, id);
    const source = imageFile(sample.image);
    const image = await source.read();
    const labels: [string, LabelMap][] = [];
    for (const task of tasks) {
      if (!Object.hasOwn(known, task)) throw unknownName("task", task, Object.keys(known), where);
      if (!Object.hasOwn(sample.labels, task)) continue;
      const { file, read } = sample.labels[task];
      const label = await read(sample.camera);
      requireImageSize(label, file, image, source.file);
      labels.push([task, label]);
    }
    const { width, height, data } = image;
    return {
      id,
      width,
      height,
      image: data,
      labels: Object.fromEntries(labels),
      ...(sample.camera && { camera: sample.camera }),
      ...(sample.pose && { pose: sample.pose }),
    };
  };
  return {
    info: { ...about, splits },
    labelledTasks: async (split, id) => Object.keys(filesOf(split, id).labels),
    fileOf: (split, id, task) => filesOf(split, id).labels[task]?.file,
    storedBits: async (split, id, task) => await filesOf(split, id).labels[task].storedBits?.(),
    readLabel: async (split, id, task) => {
      const { labels, camera } = filesOf(split, id);
      return await labels[task].read(camera);
    },
    read,
  };
}
