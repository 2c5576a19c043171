/** @file The data a configuration names: opened, checked against the network, with the labels it may see. */

import { UserError } from "../common/errors.js";
import { knownTasks } from "../data/derived-tasks.js";
import { openDataset } from "../data/formats/index.js";
import { loadLabels } from "../data/labels-file.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { availableLabels, scenarioLabels } from "../data/strip.js";
import type { Dataset, DatasetSource, LabelAssignment } from "../data/types.js";
import type { PillarPlan } from "../fields/sweep.js";
import type { Network } from "../models/network.js";
import { resolveTasks } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import { DEFAULT_LIDAR } from "../worlds/index.js";
import type { Named, RunConfig, StreamConfig } from "./config/index.js";
import {
  firstSize,
  requireFittingGrid,
  requireFittingSize,
  requireResizable,
  requireSingleFrames,
} from "./image-size.js";
import { methodOf } from "./parts.js";
import { renderedWorld } from "./world-cache.js";

export interface RunData {
  readonly source: DatasetSource;
  readonly dataset: Dataset;
  readonly tasks: readonly Task[];
  /** [height, width] of every image. */
  readonly size: readonly [number, number];
  /** Other data, by the stream that draws from it; read at the same size. */
  readonly beside?: Readonly<Record<string, OpenData>>;
}

/** A dataset and where it is. */
interface OpenData {
  readonly source: DatasetSource;
  readonly dataset: Dataset;
}

/**
 * Where a configuration's images are, or its sweeps where a network takes those; a built-in world is rendered
 * first where that was not done before.
 */
export async function sourceOf(
  { data }: Pick<RunConfig, "data">,
  log: (message: string) => void,
  { pillars }: Pick<Network, "pillars"> = {},
): Promise<DatasetSource> {
  if (pillars !== undefined) return await sweepsOf(data, log, pillars);
  if ("path" in data) return data;
  const path = await renderedWorld(data, log);
  const { renderSize, size, resize } = data;
  return { format: "folder", path, ...(renderSize && { size, ...(resize && { resize }) }) };
}

/** Sweeps are read by their grid, whatever size images are asked for. */
async function sweepsOf(
  data: RunConfig["data"],
  log: (message: string) => void,
  { grid, frames, step }: PillarPlan,
): Promise<DatasetSource> {
  const sweeps = { grid, frames, step };
  const misplaced = data.resize !== undefined ? "resize" : "path" in data && data.size ? "size" : undefined;
  if (misplaced !== undefined) {
    throw new UserError({
      code: "config.sweep-size",
      what: "pictures of sweeps are as large as the model's grid has cells",
      where: `data.${misplaced}`,
      fix: "Leave it out, and set `model.grid`.",
    });
  }
  if ("path" in data) return { format: data.format, path: data.path, sweeps };
  const path = await renderedWorld({ ...data, lidar: data.lidar ?? DEFAULT_LIDAR }, log);
  return { format: "folder", path, sweeps };
}

/**
 * Opens a run's dataset.
 * @throws UserError where it is missing, lacks a task or a split, or its images do not fit the network.
 */
export async function openRunData(
  config: RunConfig,
  network: Network,
  log: (message: string) => void = () => undefined,
): Promise<RunData> {
  if (network.pillars === undefined) requireResizable(config.data);
  requireSingleFrames(config, network);
  const source = await sourceOf(config, log, network);
  const dataset = await openDataset(source);
  requireSplits(config, dataset);
  const { info } = dataset;
  const found =
    config.tasks === undefined ? resolveTasks(info.tasks) : resolveTasks(knownTasks(info), config.tasks);
  const tasks = predictedTasks(network, found);
  const scanned = await scannedData({ source, dataset }, config, tasks);
  requireFittingFrames(tasks, network);
  const size = source.size ?? (await firstSize(dataset, TRAIN_SPLIT));
  if (network.pillars === undefined) requireFittingSize(size, network.sizeMultiple);
  else requireFittingGrid(size, network.sizeMultiple);
  return { ...scanned, tasks, size, beside: await openBeside(config, size, log) };
}

/** The data with what a LiDAR hit beside its images, where the method asks for that. */
async function scannedData(data: OpenData, config: RunConfig, tasks: readonly Task[]): Promise<OpenData> {
  const { method, options } = methodOf(config);
  if (!method.arrays?.(options, tasks)?.includes("scan")) return data;
  const source = { ...data.source, scan: true };
  return { source, dataset: await openDataset(source) };
}

/**
 * Opens the data of self-supervised methods that is not the run's own, by their streams.
 * @throws UserError where it is missing, has no training images, or is asked for at another size.
 */
async function openBeside(
  { method }: Pick<RunConfig, "method">,
  size: readonly [number, number],
  log: (message: string) => void,
): Promise<RunData["beside"]> {
  const beside: Record<string, OpenData> = {};
  for (const each of method.with as readonly (Named & StreamConfig)[]) {
    const { name, data, images: chosen } = each;
    if (data === undefined) continue;
    const where = `method.with: ${name}.data`;
    if (chosen === "labelled") {
      throw new UserError({
        code: "config.beside-labelled",
        what: "`images: labelled` chooses by the labels that the run sees, and the auxiliary data has none of those",
        where: `method.with: ${name}.images`,
        expected: "all",
        got: chosen,
        fix: "Leave out `images`, or `data`.",
      });
    }
    const own = "path" in data ? data.size : undefined;
    if (own !== undefined && (own[0] !== size[0] || own[1] !== size[1])) {
      throw new UserError({
        code: "config.beside-size",
        what: "images of auxiliary data are trained on at the size of the run's",
        where: `${where}.size`,
        expected: `[${size.join(", ")}]`,
        got: `[${own.join(", ")}]`,
        fix: "Leave it out: images are resized on reading.",
      });
    }
    const { resize } = data;
    const source = { ...(await sourceOf({ data }, log)), size, ...(resize && { resize }) };
    const dataset = await openDataset(source);
    const images = dataset.info.splits[TRAIN_SPLIT];
    if (images === undefined || images.length === 0) {
      throw new UserError({
        code: "config.beside-without-images",
        what: `the auxiliary data ${dataset.info.name} has no training images`,
        where,
        expected: `images in its split ${TRAIN_SPLIT}`,
        got: images === undefined ? `splits ${Object.keys(dataset.info.splits).join(", ")}` : "none",
        fix: `Name data with a split ${TRAIN_SPLIT}, or leave out \`data\` to read the run's own images.`,
      });
    }
    beside[name] = { source, dataset };
  }
  return beside;
}

/** Throws UserError where a split is missing that the run reads, or one is both trained and evaluated on. */
function requireSplits(config: RunConfig, dataset: Dataset): void {
  const { evaluation, append } = config;
  const require = (split: string, where: string, fix: string) => {
    if (!Object.hasOwn(dataset.info.splits, split)) throw missingSplit(split, dataset, where, fix);
  };
  require(TRAIN_SPLIT, "data", "Training reads the split `train`.");
  const { split } = evaluation;
  if (split !== null) {
    const fix = "Set `evaluation.split` to one of these, or to null to train without evaluation.";
    require(split, "evaluation.split", fix);
  }
  const requireTrained = (trained: string, where: string, fix: string) => {
    require(trained, where, fix);
    if (trained === split) throw trainedOnEvaluation(split, where);
  };
  if (append?.split !== undefined) {
    const fix = "Name a split of images to append, or leave it out for training images without labels.";
    requireTrained(append.split, "append.split", fix);
  }
  const { method, options } = methodOf(config);
  for (const [name, request] of Object.entries(method.streams?.(options) ?? {})) {
    if (request.split === undefined) continue;
    requireTrained(request.split, `method: ${name}`, "Name a split of further images for the method.");
  }
}

/** Which training labels the run sees: drawn by its scenario or read from its file. */
export async function runLabels(
  config: RunConfig,
  { dataset, tasks }: Pick<RunData, "dataset" | "tasks">,
  log: (message: string) => void = () => undefined,
): Promise<LabelAssignment> {
  const { labels } = config;
  const names = tasks.map(({ name }) => name);
  if (!("file" in labels)) return scenarioLabels(dataset, TRAIN_SPLIT, names, labels);
  const available = await availableLabels(dataset, TRAIN_SPLIT);
  const { file, columns } = labels;
  return loadLabels(file, available, Object.keys(knownTasks(dataset.info)), { columns, note: log });
}

/** Tasks as a network predicts them. */
export function predictedTasks(network: Network, tasks: readonly Task[]): readonly Task[] {
  return tasks.map((task) => network.asPredicted?.(task) ?? task);
}

/** Throws UserError where a task is predicted from more frames than a network takes. */
function requireFittingFrames(tasks: readonly Task[], { frames = 1 }: Network): void {
  const misfit = tasks.find(({ kind }) => (kind.frames ?? 1) > frames);
  if (misfit === undefined) return;
  throw new UserError({
    code: "config.task-frames",
    where: `model: ${misfit.name}`,
    what: `the task ${misfit.name} is predicted from several frames, and the model takes fewer`,
    expected: `a model of ${misfit.kind.frames} frames`,
    got: String(frames),
    fix: "Choose a model that takes them, e.g. `motion-net`, or leave the task out.",
  });
}

function missingSplit(split: string, { info }: Dataset, where: string, fix: string): UserError {
  return new UserError({
    code: "data.no-split",
    what: `the dataset ${info.name} has no split ${split}`,
    where,
    expected: `one of ${Object.keys(info.splits).join(", ")}`,
    fix,
  });
}

function trainedOnEvaluation(split: string, where: string): UserError {
  return new UserError({
    code: "config.trained-on-evaluation",
    what: `the images of split ${split} would be trained on and evaluated on`,
    where,
    expected: "another split than `evaluation.split`",
    got: split,
    fix: "Set one of them to another split, or `evaluation.split` to null.",
  });
}
