/** @file The files of one image's predictions. */
import { dirname } from "node:path";
import { npyHeader } from "../../data/files/npy.js";
import { encodePng } from "../../data/files/png.js";
import { encodeRaster } from "../../data/files/raster.js";
import { type FileSink, makeFolder, replaceFile } from "../../disk/files.js";
import type { Size } from "../../fields/size.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import { collectorOf } from "./collect.js";
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
}

/** Every file that may be written of a task: the picture, the values, what scores come to. */
export function predictedPaths(base: string, { name, kind: { files } }: Task): string[] {
  const own = `${base}.${name}`;
  const decided =
    files.decision === undefined ? [] : ["png", "npy"].map((each) => `.${files.decision!.name}.${each}`);
  return [".png", ".npy", ...decided].map((ending) => own + ending);
}

/**
 * Writes `<base>.<task>.png` and what belongs to it for every task: values as `<base>.<task>.npy`, class
 * scores as class indices (`<base>.<task>.index.png`), with `scores` also themselves. Throws UserError.
 */
export async function writePredictions(
  base: string,
  tasks: readonly Task[],
  size: Size,
  strips: Strips,
  { scores = false }: { readonly scores?: boolean } = {},
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
    if ("values" in result) {
      await writeValues(`${path}.npy`, result.values);
      written[task.name] = { picture, array: `${path}.npy` };
      continue;
    }
    const { extension, bytes } = encodeRaster(result.decided);
    const decision = `${path}.${task.kind.files.decision!.name}.${extension}`;
    await replaceFile(decision, bytes, UNFLUSHED);
    written[task.name] = { picture, decision, ...(scored.includes(task) && { array: `${path}.npy` }) };
  }
  return written;
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
