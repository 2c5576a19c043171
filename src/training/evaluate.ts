/** @file Measuring a network on a split: every metric of every task. */
import { UserError } from "../common/errors.js";
import { type ClipSample, openSplit } from "../data/evaluation-reader.js";
import type { DatasetSource, Sample, SkippedFile } from "../data/types.js";
import type { Predictor } from "../step/predictor.js";
import { mapClasses } from "../tasks/class-maps.js";
import { type Measuring, taskAccumulator } from "../tasks/measure.js";
import type { SharedClasses } from "../tasks/shared-classes.js";
import type { PredictionMap, Task } from "../tasks/task.js";
import { predictWindowed } from "./predict/windowed.js";

/** Numbers by task, then by metric. NaN where nothing could be measured. */
export type TaskMetrics = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface EvaluateOptions {
  readonly source: DatasetSource;
  readonly split: string;
  /** How predictions are measured; over all valid pixels, as they stand, if left out. */
  readonly measuring?: Measuring;
  /** By task: the classes that labels and predictions are brought to, where the data's are others. */
  readonly shared?: Readonly<Record<string, SharedClasses>>;
  /** Called for every image with its labels and predictions, in the split's order. */
  readonly onSample?: (
    sample: Sample,
    predictions: Readonly<Record<string, PredictionMap>>,
    index: number,
  ) => void;
  /** Called at the start, with 0, and after every batch, with the number of images. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of images and labels that cannot be read, which are then left out; without it they are errors. */
  readonly onSkipped?: (skipped: readonly SkippedFile[]) => void;
}

/**
 * Measures a network on all images of a split, at the size it was trained at; one that takes several frames,
 * on all that begin so many frames of a sequence. Where it was trained on parts of images, these are
 * predicted window by window, and measured at their own resolution.
 * @throws UserError where a file is damaged or an image has another size, or not one image could be read.
 */
export async function evaluateSplit(
  predictor: Pick<Predictor, "plan" | "predict">,
  options: EvaluateOptions,
): Promise<TaskMetrics> {
  const { tasks, network, batchSize, size } = predictor.plan;
  const names = tasks.map(({ name }) => name);
  const { source, split, onSkipped, measuring, shared = {} } = options;
  const reader = await openSplit(source, split, names, onSkipped, network);
  const accumulators = new Map(
    tasks.map((task) => [
      task.name,
      taskAccumulator(task, { ...measuring, classes: shared[task.name]?.groups }),
    ]),
  );
  let done = 0;
  const windowed = source.resize === "crop";
  const predict = windowed ? predictingWindows(predictor) : predictingWhole(predictor);
  const measure = async (samples: readonly ClipSample[]): Promise<void> => {
    const predictions = await predict(samples);
    samples.forEach((sample, n) => {
      for (const name of names) {
        const label = sample.labels[name];
        if (label === undefined) continue;
        accumulators.get(name)!.update(predictions[n][name], label, reader.measured(sample));
      }
      options.onSample?.(sample, predictions[n], done);
      done++;
    });
    options.onProgress?.(done, reader.ids.length);
  };
  options.onProgress?.(0, reader.ids.length);
  let waiting: ClipSample[] = [];
  for await (const sample of reader) {
    const misfit = windowed ? undefined : sizeMisfit(sample, size, options.split);
    if (misfit !== undefined) {
      if (options.onSkipped === undefined) throw misfit;
      options.onSkipped([{ split: options.split, id: sample.id, task: null, reason: misfit.message }]);
      continue;
    }
    waiting.push(withModelsClasses(sample, shared));
    // Predictions of whole images are large: one at a time.
    if (waiting.length < (windowed ? 1 : batchSize)) continue;
    await measure(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await measure(waiting);
  // What is left out is gone through, too.
  if (done < reader.ids.length) options.onProgress?.(reader.ids.length, reader.ids.length);
  if (done === 0 && reader.ids.length > 0) throw nothingRead(options.split);
  return Object.fromEntries(names.map((name) => [name, accumulators.get(name)!.result()]));
}

type Predicting = (samples: readonly ClipSample[]) => Promise<Record<string, PredictionMap>[]>;

function predictingWhole(predictor: Pick<Predictor, "predict">): Predicting {
  return (samples) => predictor.predict(samples.map(({ clip }) => clip));
}

function predictingWindows(predictor: Pick<Predictor, "plan" | "predict">): Predicting {
  const { tasks, size, batchSize } = predictor.plan;
  const predictBatch = (windows: readonly Float32Array[]) => predictor.predict(windows);
  const model = { tasks, size, batchSize, resize: "crop", predictBatch } as const;
  return async (samples) => {
    const predictions: Record<string, PredictionMap>[] = [];
    for (const { image, height, width } of samples) {
      predictions.push(await predictWindowed(model, { data: image, height, width }));
    }
    return predictions;
  };
}

/** The sample with labels in the model's classes instead of its data set's. */
function withModelsClasses<S extends Sample>(sample: S, shared: NonNullable<EvaluateOptions["shared"]>): S {
  const labels = Object.entries(sample.labels).map(([task, label]) => [
    task,
    Object.hasOwn(shared, task) ? mapClasses(label, { of: shared[task].ofData }) : label,
  ]);
  return { ...sample, labels: Object.fromEntries(labels) };
}

/** The error that an image is not of the size that the network is trained at. */
function sizeMisfit(
  sample: Sample,
  [height, width]: readonly [number, number],
  split: string,
): UserError | undefined {
  if (sample.height === height && sample.width === width) return undefined;
  return new UserError({
    code: "data.mixed-sizes",
    what: "the image is not of the size that the network is trained at",
    where: `${split}: ${sample.id}`,
    expected: `${width}x${height}`,
    got: `${sample.width}x${sample.height}`,
    fix: "Set `data.size: [height, width]` to resize all images.",
  });
}

function nothingRead(split: string): UserError {
  return new UserError({
    code: "data.nothing-read",
    what: `not one image of split ${split} could be read`,
    where: split,
    fix: "The warnings above say why; `taskloom data inspect` lists all files that are damaged.",
  });
}

/** The metric that stands for each task, by task name. */
export function primaryMetrics(tasks: readonly Task[], metrics: TaskMetrics): Record<string, number> {
  return Object.fromEntries(tasks.map(({ name, kind }) => [name, metrics[name][kind.metrics.primary]]));
}
