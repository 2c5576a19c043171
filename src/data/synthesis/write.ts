/** @file A built-in world as a dataset folder with every label. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { UserError } from "../../common/errors.js";
import { fillFolder } from "../../disk/filled-folder.js";
import { loadedPlugins } from "../../disk/plugins.js";
import type { World } from "../../worlds/world.js";
import { type DatasetDescription, DEFAULT_LAYOUT } from "../dataset-yaml.js";
import { writeDatasetYaml } from "../folder.js";
import { fromPlainError } from "../loading/loader-protocol.js";
import { workerEntry } from "../worker-entry.js";
import { type WriteJob, writeWorldSample } from "./write-sample.js";
import type { FromWriter, WorkerShare } from "./write-worker.js";

export interface WriteWorldOptions {
  /** One of `worlds`. */
  readonly world: World;
  /** The folder to write: new, empty, or left by an interrupted call with the same settings. */
  readonly out: string;
  /** Samples by split; splits of 0 samples are left out. */
  readonly splits: Readonly<Record<string, number>>;
  /** [height, width] in pixels. */
  readonly size: readonly [number, number];
  readonly seed: number;
  /**
   * Threads; 0 renders in the calling thread. Default: one a processor, and 0 when run from TypeScript
   * source.
   */
  readonly workers?: number;
  /** Called after each sample. */
  readonly onProgress?: (done: number, total: number) => void;
}

async function inThreads(
  job: WriteJob,
  samples: WorkerShare["samples"],
  count: number,
  done: () => void,
): Promise<void> {
  const entry = workerEntry(import.meta.url, "./write-worker.js");
  const threads = Array.from({ length: Math.min(count, samples.length) }, (_, thread) => {
    const own = samples.filter((_, i) => i % count === thread);
    const share: WorkerShare = { job, samples: own, plugins: loadedPlugins() };
    return new Worker(entry, { workerData: share });
  });
  try {
    await Promise.all(
      threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            thread.on("message", (message: FromWriter) => {
              if ("error" in message) reject(fromPlainError(message.error));
              else done();
            });
            thread.on("error", reject);
            thread.on("exit", (code) =>
              code === 0 ? resolve() : reject(new Error(`a writer stopped with code ${code}`)),
            );
          }),
      ),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function describe({ world, splits, size: [height, width], seed }: WriteWorldOptions): DatasetDescription {
  return {
    name: `${world.name}-${seed}`,
    layout: DEFAULT_LAYOUT,
    splits: Object.keys(splits).filter((split) => splits[split] > 0),
    tasks: world.tasks,
    camera: world.camera(seed, height, width),
  };
}

/**
 * Renders a world into a dataset folder: images, every label, and last of all dataset.yaml, so that a folder
 * with one is whole. The files depend on the seed, the size and the sample's number only, not on `workers` or
 * on how many samples there are. Called again with the same settings after an interruption, it starts over in
 * the same folder.
 *
 * @returns the number of samples.
 * @throws UserError `data.folder-in-use` where the folder holds something else; `data.bad-size` for sizes or
 * counts that are not positive whole numbers.
 */
export async function writeWorld(options: WriteWorldOptions): Promise<number> {
  const { world, out, splits, size, seed, onProgress } = options;
  const counts = Object.values(splits);
  const whole = [...size, ...counts].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || size.includes(0) || counts.every((count) => count === 0)) {
    throw new UserError({
      code: "data.bad-size",
      what: "sizes and sample counts must be positive whole numbers",
      where: out,
      got: `${size.join("x")}, ${JSON.stringify(splits)}`,
    });
  }
  const description = describe(options);
  const job: WriteJob = { world: world.name, out, size, seed, description };
  const samples = description.splits.flatMap((split) =>
    Array.from({ length: splits[split] }, (_, index) => [split, index] as const),
  );
  let finished = 0;
  const done = () => onProgress?.(++finished, samples.length);
  const workers = options.workers ?? (import.meta.url.endsWith(".ts") ? 0 : availableParallelism());
  return await fillFolder(out, { world: world.name, splits, size, seed }, async () => {
    if (workers > 0) await inThreads(job, samples, workers, done);
    else {
      for (const [split, index] of samples) {
        await writeWorldSample(job, split, index);
        done();
      }
    }
    await writeDatasetYaml(out, description);
    return samples.length;
  });
}
