/** @file 8-bit models of a run: ranges from images of its data, and what the bits cost on labelled ones. */
import { UserError } from "../common/errors.js";
import { openSplit } from "../data/evaluation-reader.js";
import { withoutCrops } from "../data/resize.js";
import { int8Precision, type Range } from "../graph/int8.js";
import { greatestOf, leastOf, rangeModel } from "../graph/int8-plan.js";
import type { RunPaths } from "../runs/run-folder.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../runtime/engine.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { type NetworkInput, networkInputOf } from "../step/inference-graph.js";
import { evaluateSplit, type TaskMetrics } from "./evaluate.js";
import { type ExportOptions, exportModel } from "./export.js";
import { type KeptNetwork, openKeptNetwork } from "./kept-network.js";
import { type MeasuredData, openMeasuredData } from "./measured-data.js";
import { openModel } from "./predict/index.js";

export interface Int8Options {
  /** Whose images tell the ranges; `train` if left out. */
  readonly split?: string;
  /** How many of them, spread over the split; 64 if left out. */
  readonly images?: number;
}

/** What a model was calibrated on, and its metrics before and after, by task and metric. */
export interface QuantisedReport {
  readonly calibrated: { readonly split: string; readonly images: number };
  readonly measured: {
    readonly split: string;
    readonly float32: TaskMetrics;
    readonly int8: TaskMetrics;
    /** The metric that stands for each task. */
    readonly primary: Readonly<Record<string, string>>;
  };
}

export interface Quantiser {
  /** The ranges of the values of one of the run's models, as `int8Precision` takes them. */
  ranges(bytes: Uint8Array): Promise<ReadonlyMap<string, Range>>;
  /** Measures the run's model before and after, on the split that it is evaluated on while training. */
  report(): Promise<QuantisedReport>;
}

const USUAL_IMAGES = 64;

/** Throws UserError where data or split are not there, or another precision is asked for, too. */
export async function openQuantiser(
  run: RunPaths,
  options: ExportOptions,
  { split = "train", images: most = USUAL_IMAGES }: Int8Options,
  log: (message: string) => void,
): Promise<Quantiser> {
  if (options.half === true) {
    throw new UserError({
      code: "export.two-precisions",
      where: "--fp16, --int8",
      what: "a model has one precision",
      fix: "Leave one of them out.",
    });
  }
  const opened = await openKeptNetwork(run, options.checkpoint);
  const at = { ...opened, kept: { ...opened.kept, size: options.size ?? opened.kept.size } };
  if (opened.network.pillars !== undefined) {
    const what = "8-bit models are made of networks that take images";
    throw new UserError({ code: "export.int8-input", where: run.folder, what, fix: "Leave out --int8." });
  }
  const images = await calibrationImages(at, split, most, log);
  const engine = await nodeEngine({ provider: "cpu", threads: opened.config.runtime.threads });
  const { name, shape } = networkInputOf(opened.network, at.kept.size);
  const input = { name, shape: [options.batchSize ?? 1, ...shape] };
  const ranges = (bytes: Uint8Array) => rangesOf(engine, bytes, images, input);
  return {
    ranges,
    report: async () => {
      const measuredSplit = opened.config.evaluation.split ?? split;
      const data = await openMeasuredData(at, measuredSplit, {}, log);
      const plain = await exportModel(run, { ...options, argmax: false });
      log(`Measuring before and after on the split ${measuredSplit}.`);
      return {
        calibrated: { split, images: images.length },
        measured: {
          split: measuredSplit,
          float32: await measured(engine, plain, at, data, measuredSplit),
          int8: await measured(engine, int8Precision(plain, await ranges(plain)), at, data, measuredSplit),
          primary: Object.fromEntries(data.tasks.map(({ name, kind }) => [name, kind.metrics.primary])),
        },
      };
    },
  };
}

/** Images of a split, evenly over it, as the network takes them. */
async function calibrationImages(
  opened: KeptNetwork,
  split: string,
  most: number,
  log: (message: string) => void,
): Promise<Float32Array[]> {
  const { source } = await openMeasuredData(opened, split, {}, log);
  const { frames } = opened.network;
  const reader = await openSplit(withoutCrops(source), split, [], () => undefined, { frames, most });
  const images: Float32Array[] = [];
  for await (const { clip } of reader) images.push(clip);
  if (images.length > 0) return images;
  throw new UserError({
    code: "export.no-images",
    where: split,
    what: "the split has no image that can be read, so nothing tells the ranges of values",
    fix: "Name another one by --calibrate.",
  });
}

/** The least and greatest element of each value that is to be 8-bit, over all images. */
async function rangesOf(
  engine: Engine,
  bytes: Uint8Array,
  images: readonly Float32Array[],
  { name, shape }: NetworkInput,
): Promise<ReadonlyMap<string, Range>> {
  const probe = rangeModel(bytes);
  const session = await openSession(engine, probe.bytes, { optimize: true });
  const ranges = new Map<string, Range>();
  try {
    for (const image of images) {
      const batch = new Float32Array(shape[0] * image.length);
      for (let n = 0; n < shape[0]; n++) batch.set(image, n * image.length);
      const outputs = await session.run({ [name]: toOrtTensor(engine, { shape, dtype: "float32" }, batch) });
      for (const value of probe.values) {
        const [least] = fromOrtTensor(outputs[leastOf(value)]);
        const [greatest] = fromOrtTensor(outputs[greatestOf(value)]);
        const [low, high] = ranges.get(value) ?? [least, greatest];
        ranges.set(value, [Math.min(low, least), Math.max(high, greatest)]);
      }
    }
  } finally {
    await session.release();
  }
  return ranges;
}

async function measured(
  engine: Engine,
  bytes: Uint8Array,
  { config, network }: KeptNetwork,
  { source, shared }: MeasuredData,
  split: string,
): Promise<TaskMetrics> {
  const model = await openModel(engine, bytes, "model.onnx");
  const { tasks, batchSize, size } = model;
  const { mean, medianScaling } = config.evaluation;
  try {
    return await evaluateSplit(
      { plan: { tasks, network, batchSize, size }, predict: (images) => model.predictBatch([...images]) },
      { source, split, shared, measuring: { mean, medianScaling }, onSkipped: () => undefined },
    );
  } finally {
    await model.release();
  }
}

/** What a report says, a line a task. */
export function quantisedLines({
  calibrated,
  measured: { split, float32, int8, primary },
}: QuantisedReport): string[] {
  const from = `8 bits by ${calibrated.images} image${calibrated.images === 1 ? "" : "s"} of ${calibrated.split}`;
  return Object.entries(primary).map(([task, metric]) => {
    const [before, after] = [float32[task][metric], int8[task][metric]].map((value) =>
      Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "none",
    );
    return `${task}: ${metric} on ${split} ${before} before, ${after} after (${from})`;
  });
}
