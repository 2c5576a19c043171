/** @file A built-in world as a dataset folder with every label. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { UserError } from "../../common/errors.js";
import { fillFolder } from "../../disk/filled-folder.js";
import { loadedPlugins } from "../../disk/plugins.js";
import { DEFAULT_STYLE, worldByName } from "../../worlds/index.js";
import type { World } from "../../worlds/world.js";
import { type DatasetDescription, DEFAULT_LAYOUT } from "../dataset-yaml.js";
import { writeDatasetYaml, writeSequences } from "../folder.js";
import { fromPlainError } from "../loading/loader-protocol.js";
import type { Pose } from "../types.js";
import { workerEntry } from "../worker-entry.js";
import { describeSweeps, LIDAR_FOLDERS, sweepsOf } from "./lidar.js";
import { snippetSequences } from "./sequences.js";
import { videoOf, type WriteJob, writeWorldItem } from "./write-sample.js";
import type { FromWriter, WorkerShare, WriteItem } from "./write-worker.js";

export interface WriteWorldOptions {
  /** One of `worlds`. */
  readonly world: World;
  /** One of the world's styles; default `photo`. */
  readonly style?: string;
  /** The folder to write: new, empty, or left by an interrupted call with the same settings. */
  readonly out: string;
  /** Images, or snippets, by split; splits of 0 are left out. */
  readonly splits: Readonly<Record<string, number>>;
  /** [height, width] in pixels. */
  readonly size: readonly [number, number];
  readonly seed: number;
  /** Frames of each snippet; left out: still images. */
  readonly video?: number;
  /** Name of a LiDAR sensor whose sweeps are written, too. Default none. */
  readonly lidar?: string;
  /** Whether what no task reads (instances, boxes, flow, ...) is written, too. Default true. */
  readonly extras?: boolean;
  /**
   * Threads; 0 renders in the calling thread. Default: one a processor, and 0 when run from TypeScript
   * source.
   */
  readonly workers?: number;
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
}

type Finished = (item: WriteItem, poses: readonly Pose[]) => void;

async function inThreads(
  job: WriteJob,
  items: readonly WriteItem[],
  count: number,
  done: () => void,
  finished: Finished,
): Promise<void> {
  const entry = workerEntry(import.meta.url, "./write-worker.js");
  const threads = Array.from({ length: Math.min(count, items.length) }, (_, thread) => {
    const own = items.filter((_, i) => i % count === thread);
    const share: WorkerShare = { job, items: own, plugins: loadedPlugins() };
    return new Worker(entry, { workerData: share });
  });
  try {
    await Promise.all(
      threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            thread.on("message", (message: FromWriter) => {
              if ("error" in message) reject(fromPlainError(message.error));
              else if ("item" in message) finished(message.item, message.poses);
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

/** Folders of what a world knows beside its tasks. */
function extrasOf({ world, video, lidar, extras = true }: WriteWorldOptions): string[] {
  const moving = video === undefined ? [] : ["flow", "motion"];
  const pictures = extras ? ["instances", ...(world.boxes ? ["boxes"] : []), ...moving] : [];
  return [...pictures, ...(lidar ? LIDAR_FOLDERS : [])];
}

function describe(options: WriteWorldOptions): DatasetDescription {
  const { world, style = DEFAULT_STYLE, splits, size, seed, video, lidar } = options;
  const extras = extrasOf(options);
  return {
    name: [world.name, ...(style === DEFAULT_STYLE ? [] : [style]), seed].join("-"),
    layout: DEFAULT_LAYOUT,
    splits: Object.keys(splits).filter((split) => splits[split] > 0),
    tasks: world.tasks,
    ...(video !== undefined && { sequences: "sequences.json" }),
    ...(extras.length > 0 && { extras }),
    ...(lidar !== undefined && { sweeps: describeSweeps(world, lidar) }),
    camera: world.camera(seed, ...size),
  };
}

function checkNumbers({ out, splits, size, video = 1 }: WriteWorldOptions): void {
  const counts = Object.values(splits);
  const whole = [...size, ...counts, video].every((value) => Number.isInteger(value) && value >= 0);
  if (whole && !size.includes(0) && video > 0 && counts.some((count) => count > 0)) return;
  throw new UserError({
    code: "data.bad-size",
    what: "sizes and sample counts must be positive whole numbers",
    where: out,
    got: `${size.join("x")}, ${JSON.stringify(splits)}${video === 1 ? "" : `, ${video} frames`}`,
  });
}

/**
 * Renders a world into a dataset folder: images or snippets, every label, and last of all dataset.yaml, so
 * that a folder with one is whole. The files depend on the seed, the size and the sample's number only, not
 * on `workers` or on how many samples there are. Called again with the same settings after an interruption,
 * it starts over in the same folder.
 *
 * @returns the number of images.
 * @throws UserError `data.folder-in-use` where the folder holds something else; `data.bad-size` for sizes or
 * counts that are not positive whole numbers; `data.unknown-style`; `data.no-video`; `data.no-lidar`;
 * `data.unknown-lidar`.
 */
export async function writeWorld(options: WriteWorldOptions): Promise<number> {
  const { world, style, out, splits, size, seed, video, lidar, onProgress } = options;
  checkNumbers(options);
  if (lidar !== undefined) sweepsOf(world, lidar);
  const rate = video === undefined ? 0 : videoOf(worldByName(world.name, style)).rate;
  const description = describe(options);
  const job: WriteJob = { world: world.name, style, out, size, seed, video, lidar, description };
  const items = description.splits.flatMap((split) =>
    Array.from({ length: splits[split] }, (_, index) => [split, index] as const),
  );
  const images = items.length * (video ?? 1);
  let written = 0;
  const done = () => onProgress?.(++written, images);
  const poses = new Map<string, readonly Pose[]>();
  const finished: Finished = (item, of) => poses.set(item.join(" "), of);
  const workers = options.workers ?? (import.meta.url.endsWith(".ts") ? 0 : availableParallelism());
  const settings = { world: world.name, splits, size, seed, style, video, lidar, extras: options.extras };
  return await fillFolder(out, settings, async () => {
    if (workers > 0) await inThreads(job, items, workers, done, finished);
    else for (const item of items) finished(item, await writeWorldItem(job, ...item, done));
    if (video !== undefined) await writeSequences(out, description, snippetSequences(items, poses, rate));
    await writeDatasetYaml(out, description);
    return images;
  });
}
