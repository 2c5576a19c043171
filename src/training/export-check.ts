/** @file Whether an exported model predicts what its run predicts. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { readImage } from "../data/files/raster.js";
import { pillarArray } from "../fields/sweep.js";
import { input } from "../graph/ops/leaf.js";
import { sizeOf } from "../graph/tensor.js";
import type { Network } from "../models/network.js";
import type { RunPaths } from "../runs/run-folder.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../runtime/engine.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { evaluate } from "../runtime/evaluate.js";
import { networkInputOf } from "../step/inference-graph.js";
import { Predictor } from "../step/predictor.js";
import type { PredictionMap, Task } from "../tasks/task.js";
import type { ExportOptions } from "./export.js";
import { openKeptNetwork } from "./kept-network.js";
import { resized } from "./predict/enlarge.js";

/** How near a model's output is to the run's own prediction, over all images compared. */
export interface Parity {
  readonly task: string;
  /** Largest difference of a value; of classes, 1 where any differs. */
  readonly greatest: number;
  /** |model - run| / |run| in Euclid's norm; of classes, the share of pixels where they differ. */
  readonly relative: number;
  /** The largest `relative` that counts as the same. */
  readonly allowed: number;
}

export interface ParityReport {
  /** Images of the run that were compared, beside one of noise. */
  readonly images: number;
  readonly tasks: readonly Parity[];
}

/** Sample images of the run that are looked at. */
const LOOKED_AT = 4;

/** How models may differ from their run. */
export interface CheckOptions extends ExportOptions {
  /** Convolutions are in 8 bits. */
  readonly quantised?: boolean;
}

/** Largest relative difference, of values and of classes; each of many layers loses digits. */
const ALLOWED = { float: [0.001, 0.001], half: [0.1, 0.02], quantised: [0.3, 0.15] } as const;

function allowedOf({ half, quantised }: CheckOptions, decided: boolean): number {
  const precision = quantised === true ? "quantised" : half === true ? "half" : "float";
  return ALLOWED[precision][Number(decided)];
}

/**
 * Compares the bytes of a model that `exportModel` made by the same options with the run's network as it is
 * evaluated, on the run's sample images and one of noise. Throws UserError.
 */
export async function checkParity(
  run: RunPaths,
  bytes: Uint8Array,
  options: CheckOptions = {},
): Promise<ParityReport> {
  const { engine, store, network, kept } = await openKeptNetwork(run, options.checkpoint);
  const { tasks } = kept;
  const { size = kept.size, batchSize = 1 } = options;
  const taken = networkInputOf(network, size);
  const shown = taken.name === "image" && taken.shape[0] === 3 ? await sampleImages(run, size) : [];
  const noise = noiseFor(network, taken.shape);
  const predictor = await Predictor.create(engine, store, { tasks, network, batchSize: 1, size });
  const cpu = await nodeEngine({ provider: "cpu", threads: 1 });
  const session = await openSession(cpu, bytes, { optimize: true });
  const sums = tasks.map((task) => new Difference(task, options));
  try {
    for (const image of [...shown, noise]) {
      const batch = new Float32Array(batchSize * image.length);
      for (let n = 0; n < batchSize; n++) batch.set(image, n * image.length);
      const type = { shape: [batchSize, ...taken.shape], dtype: "float32" } as const;
      const outputs = await session.run({ [taken.name]: toOrtTensor(cpu, type, batch) });
      const [expected] = await predictor.predict([image]);
      for (const sum of sums) {
        const { name } = sum.task;
        await sum.add(cpu, fromOrtTensor(outputs[name]), expected[name]);
      }
    }
  } finally {
    await session.release();
    await predictor.release();
  }
  return { images: shown.length, tasks: sums.map((sum) => sum.result()) };
}

/** Points of a sweep of noise. */
const NOISE_POINTS = 4000;

/** An image of noise, or the pillars of sweeps of noise. */
function noiseFor({ pillars }: Network, shape: readonly number[]): Float32Array {
  const random = new Random(1, "export-check");
  if (pillars === undefined) return Float32Array.from({ length: sizeOf(shape) }, () => random.uniform());
  const { x, y, z } = pillars.grid;
  const point = () => [random.uniform(...x), random.uniform(...y), random.uniform(...z), random.uniform()];
  const cloud = () => Float32Array.from(Array.from({ length: NOISE_POINTS }, point).flat());
  return pillarArray({ frames: Array.from({ length: pillars.frames }, cloud) }, pillars);
}

/** What a report says, a line a task. */
export function parityLines({ images, tasks }: ParityReport): string[] {
  const over = `${images} image${images === 1 ? "" : "s"} of the run and one of noise`;
  return tasks.map(
    ({ task, greatest, relative, allowed }) =>
      `${task}: differs from the run by ${relative.toExponential(1)} (allowed ${allowed}), at most ${greatest.toExponential(1)}, over ${over}`,
  );
}

/** Throws UserError where a model differs from its run by more than is allowed. */
export function requireParity(report: ParityReport, where: string): void {
  const failed = report.tasks.filter(({ relative, allowed }) => !(relative <= allowed));
  if (failed.length === 0) return;
  throw new UserError({
    code: "export.parity",
    where,
    what: "the model does not predict what the run predicts",
    got: parityLines({ ...report, tasks: failed }).join("; "),
    fix: "Export in full precision (without --fp16 and --int8), or with another --opset.",
  });
}

async function sampleImages(run: RunPaths, [height, width]: readonly [number, number]) {
  if (!existsSync(run.samples)) return [];
  const files = readdirSync(run.samples)
    .sort()
    .map((folder) => join(run.samples, folder, "image.png"))
    .filter((path) => existsSync(path))
    .slice(0, LOOKED_AT);
  const images: Float32Array[] = [];
  for (const path of files) images.push(resized(await readImage(path), { height, width }));
  return images;
}

/** The difference of one task's outputs, image by image. */
class Difference {
  readonly task: Task;
  readonly #options: CheckOptions;
  readonly #decided: boolean;
  #greatest = 0;
  #squares = 0;
  #all = 0;

  constructor(task: Task, options: CheckOptions) {
    this.task = task;
    this.#options = options;
    this.#decided = options.argmax === true && task.kind.learning.decide !== undefined;
  }

  /** `got` may hold the image several times over. */
  async add(engine: Engine, got: Float32Array, prediction: PredictionMap): Promise<void> {
    const expected = this.#decided ? await this.#decide(engine, prediction) : prediction.data;
    for (let i = 0; i < got.length; i++) {
      const value = expected[i % expected.length];
      const error = this.#decided ? Number(got[i] !== value) : Math.abs(got[i] - value);
      // NaN is kept: the comparison with what is allowed fails.
      this.#greatest = Math.max(this.#greatest, error);
      this.#squares += error ** 2;
      this.#all += this.#decided ? 1 : value ** 2;
    }
  }

  async #decide(engine: Engine, { channels, height, width, data }: PredictionMap): Promise<Float32Array> {
    const { kind, spec } = this.task;
    const prediction = input("prediction", [1, channels, height, width]);
    const decided = kind.learning.decide!(prediction, spec);
    return (await evaluate(engine, { decided }, { prediction: data })).decided;
  }

  result(): Parity {
    const share = this.#squares === 0 ? 0 : this.#squares / this.#all;
    return {
      task: this.task.name,
      greatest: this.#greatest,
      relative: this.#decided ? share : Math.sqrt(share),
      allowed: allowedOf(this.#options, this.#decided),
    };
  }
}
