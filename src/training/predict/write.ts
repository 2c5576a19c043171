/** @file The files of one image's predictions. */
import { dirname } from "node:path";
import { UserError } from "../../common/errors.js";
import { npyHeader } from "../../data/files/npy.js";
import { encodePng } from "../../data/files/png.js";
import { encodeRaster } from "../../data/files/raster.js";
import type { RgbRows } from "../../data/files/rgb.js";
import { type FileSink, makeFolder, replaceFile } from "../../disk/files.js";
import type { Size } from "../../fields/size.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import { collectorOf } from "./collect.js";
import { overlayOf } from "./overlay.js";
import type { Strips } from "./strips.js";

/** They can be made again, and waiting for the disk after each one takes longer than the rest. */
const UNFLUSHED = { flush: false };

/** What was written of one task. */
export interface TaskFilesWritten {
  /** A coloured picture. */
  readonly picture: string;
  /** What class scores come to: the class of every pixel, as a label file has it. */
  readonly decision?: string;
  /** The values [C,H,W] as .npy; class scores only where they were asked for. */
  readonly array?: string;
  /** The values as a dataset's label file has them, where that was asked for. */
  readonly label?: string;
  /** The picture over the photo, where that was asked for. */
  readonly overlay?: string;
}

/** What is written beside pictures and values. */
export interface WriteOptions {
  /** Class scores [C,H,W], not the classes alone. */
  readonly scores?: boolean;
  /** Values as a dataset's label files have them: depth in 16-bit PNG, normals in 8-bit. */
  readonly labels?: boolean;
  /** Pictures over the photo. */
  readonly overlay?: boolean;
}

/** Every file that may be written of a task: the picture, the values, what scores come to. */
export function predictedPaths(base: string, { name, kind: { files } }: Task): string[] {
  const own = `${base}.${name}`;
  const decided =
    files.decision === undefined ? [] : ["png", "npy"].map((each) => `.${files.decision!.name}.${each}`);
  const more = [".overlay.png", ".label.png", ".label.npy"];
  return [".png", ".npy", ...decided, ...more].map((ending) => own + ending);
}

/**
 * Writes `<base>.<task>.png` and what belongs to it for every task: values as `<base>.<task>.npy`, class
 * scores as class indices (`<base>.<task>.index.png`), and what else the options ask for. Throws UserError.
 */
export async function writePredictions(
  base: string,
  tasks: readonly Task[],
  size: Size,
  strips: Strips,
  photo: RgbRows,
  { scores = false, labels = false, overlay = false }: WriteOptions = {},
): Promise<Record<string, TaskFilesWritten>> {
  await makeFolder(dirname(base));
  const collectors = tasks.map((task) => ({ task, collector: collectorOf(task, size) }));
  const scored = tasks.filter(({ kind }) => scores && kind.files.decision !== undefined);
  await withScoreFiles(base, scored, size, async (files) => {
    for await (const { top, maps } of strips) {
      for (const { task, collector } of collectors) collector.take(top, maps[task.name]);
      for (const [task, file] of files) await file(top, maps[task.name]);
    }
  });
  const written: Record<string, TaskFilesWritten> = {};
  for (const { task, collector } of collectors) {
    const path = `${base}.${task.name}`;
    const result = collector.result();
    const picture = `${path}.png`;
    await replaceFile(picture, encodePng({ ...result.picture, channels: 3 }), UNFLUSHED);
    const over = `${path}.overlay.png`;
    if (overlay) {
      const mixed = { ...overlayOf(result.picture, photo), channels: 3 };
      await replaceFile(over, encodePng(mixed), UNFLUSHED);
    }
    const pictures = { picture, ...(overlay && { overlay: over }) };
    if ("values" in result) {
      await writeValues(`${path}.npy`, result.values);
      const label = labels ? await writeLabel(`${path}.label`, task, result.values) : undefined;
      written[task.name] = { ...pictures, array: `${path}.npy`, ...(label && { label }) };
      continue;
    }
    const { extension, bytes } = encodeRaster(result.decided);
    const decision = `${path}.${task.kind.files.decision!.name}.${extension}`;
    await replaceFile(decision, bytes, UNFLUSHED);
    written[task.name] = { ...pictures, decision, ...(scored.includes(task) && { array: `${path}.npy` }) };
  }
  return written;
}

/**
 * Writes values as the task's label files have them; returns the path, with its extension. What no label can
 * be (depth behind the camera) is invalid in it.
 */
async function writeLabel(stem: string, { kind, spec }: Task, values: PredictionMap): Promise<string> {
  const valid = soundPixels({ kind, spec }, values, stem);
  const { extension, bytes } = encodeRaster(kind.files.encode({ ...values, valid }, spec));
  await replaceFile(`${stem}.${extension}`, bytes, UNFLUSHED);
  return `${stem}.${extension}`;
}

/** Pixels whose values a label file may have: those that are valid once they are read from one. */
function soundPixels(
  { kind, spec }: Pick<Task, "kind" | "spec">,
  values: PredictionMap,
  where: string,
): Uint8Array {
  const everywhere = new Uint8Array(values.height * values.width).fill(1);
  const written = kind.files.written?.(spec) ?? spec;
  try {
    return kind.files.decode(kind.files.encode({ ...values, valid: everywhere }, spec), written, where).valid;
  } catch (error) {
    // A label without any sound pixel is refused.
    if (error instanceof UserError) return everywhere.fill(0);
    throw error;
  }
}

/** As `encodeNpy`, without a copy of the values. */
async function writeValues(path: string, { channels, height, width, data }: PredictionMap): Promise<void> {
  const write = async (sink: FileSink) => {
    await sink.write(npyHeader({ shape: [channels, height, width], data }));
    await sink.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
  await replaceFile(path, write, UNFLUSHED);
}

/** Writes the rows of a map from `top` on to their places in its file. */
type ScoreFile = (top: number, rows: PredictionMap) => Promise<void>;

/** Opens a .npy for each task's scores while `fill` runs; they appear once it is done. */
async function withScoreFiles(
  base: string,
  tasks: readonly Task[],
  size: Size,
  fill: (files: ReadonlyMap<Task, ScoreFile>) => Promise<void>,
  opened: ReadonlyMap<Task, ScoreFile> = new Map(),
): Promise<void> {
  const [task, ...others] = tasks;
  if (task === undefined) return await fill(opened);
  const write = async (sink: FileSink) => {
    const file = await scoreFile(sink, task, size);
    await withScoreFiles(base, others, size, fill, new Map([...opened, [task, file]]));
  };
  await replaceFile(`${base}.${task.name}.npy`, write, UNFLUSHED);
}

async function scoreFile(sink: FileSink, { kind, spec }: Task, { height, width }: Size): Promise<ScoreFile> {
  const shape = [kind.learning.channels(spec), height, width];
  const header = npyHeader({ shape, data: new Float32Array(0) });
  await sink.write(header);
  return async (top, { channels, height: count, data }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const [plane, part] = [4 * height * width, 4 * count * width];
    for (let c = 0; c < channels; c++) {
      const place = header.length + c * plane + 4 * top * width;
      await sink.writeAt(bytes.subarray(c * part, (c + 1) * part), place);
    }
  };
}
