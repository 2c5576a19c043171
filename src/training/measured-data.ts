/** @file What a run is measured on: its own data or another set, whose tasks and classes may be others. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { knownTasks } from "../data/derived-tasks.js";
import { openDataset } from "../data/formats/index.js";
import { classesOf } from "../data/label-look.js";
import { unknownName } from "../data/names.js";
import type { Dataset, DatasetSource } from "../data/types.js";
import type { Network } from "../models/network.js";
import { parseTaskSpec, resolveTasks } from "../tasks/index.js";
import { type SharedClasses, sharedClasses } from "../tasks/shared-classes.js";
import type { Task } from "../tasks/task.js";
import { readClassTable } from "./class-table.js";
import type { RunConfig } from "./config/index.js";
import type { KeptNetwork } from "./kept-network.js";
import { predictedTasks, sourceOf } from "./run-data.js";

type Stored = ReturnType<typeof knownTasks>;

export interface OtherData {
  /** Another data set, in the place of the run's own. */
  readonly data?: string;
  /** Its format; `folder` if left out. */
  readonly format?: string;
  /** A table of classes (`readClassTable`): which of its classes are which of the run's. */
  readonly map?: string;
}

export interface MeasuredData {
  readonly source: DatasetSource;
  readonly dataset: Dataset;
  /** The run's tasks that the data has. */
  readonly tasks: readonly Task[];
  /** Names of those that it lacks. */
  readonly lacking: readonly string[];
  /** By task: the classes that data and model share, where a table was given. */
  readonly shared: Readonly<Record<string, SharedClasses>>;
}

/**
 * Opens what a run is to be measured on, its images resized as the run was trained.
 * @throws UserError where it is missing, has no such split, none of the run's tasks, or tasks that mean
 * something else.
 */
export async function openMeasuredData(
  { config, network, kept: { tasks: trained, size } }: Pick<KeptNetwork, "config" | "network" | "kept">,
  split: string,
  other: OtherData,
  log: (message: string) => void,
): Promise<MeasuredData> {
  const found = await sourceToMeasure(config, network, other, log);
  const { resize } = config.data;
  const source = network.pillars === undefined ? { ...found, size, resize } : found;
  const dataset = await openDataset(source);
  const { splits } = dataset.info;
  const stored = knownTasks(dataset.info);
  if (!Object.hasOwn(splits, split)) throw unknownName("split", split, Object.keys(splits), source.path);
  const there = trained.filter(({ name }) => Object.hasOwn(stored, name));
  // Of its own data a run measures everything.
  if (there.length === 0 || other.data === undefined) {
    const names = trained.map(({ name }) => name);
    resolveTasks(stored, names);
  }
  const shared = other.map === undefined ? {} : await sharedByTask(stored, there, other.map);
  for (const task of there)
    if (!Object.hasOwn(shared, task.name)) requireSame(network, stored, task, source.path);
  const lacking = trained.filter((task) => !there.includes(task)).map(({ name }) => name);
  return { source, dataset, tasks: there, lacking, shared };
}

async function sourceToMeasure(
  config: RunConfig,
  network: Network,
  { data, format = "folder" }: OtherData,
  log: (message: string) => void,
): Promise<DatasetSource> {
  if (data !== undefined) return await sourceOf({ data: { format, path: data } }, log, network);
  const source = await sourceOf(config, log, network);
  if ("path" in config.data && !existsSync(source.path)) {
    throw new UserError({
      code: "data.moved",
      what: "the run's data is no longer there",
      where: source.path,
      fix: "Say where it is now: `--data`, a dataset folder.",
    });
  }
  return source;
}

/** The classes that each task with classes shares with the data, by one table. */
async function sharedByTask(
  stored: Stored,
  tasks: readonly Task[],
  path: string,
): Promise<Record<string, SharedClasses>> {
  const table = await readClassTable(path);
  const withClasses = tasks.filter((task) => classesOf(task).length > 0);
  if (withClasses.length === 0) {
    throw new UserError({
      code: "classes.no-task",
      where: path,
      what: "no task that the run and the data have in common has classes",
      got: tasks.map(({ name }) => name).join(", "),
      fix: "Leave the table of classes out.",
    });
  }
  return Object.fromEntries(
    withClasses.map((task) => {
      const spec = parseTaskSpec(stored[task.name], task.name);
      return [task.name, sharedClasses(table, classesOf({ spec }), classesOf(task), path)];
    }),
  );
}

/** @throws UserError `data.other-task` where the data's task means something else than what was trained. */
function requireSame(network: Network, stored: Stored, trained: Task, path: string): void {
  const [task] = predictedTasks(network, resolveTasks(stored, [trained.name]));
  const [expected, got] = [meaningOf(trained), meaningOf(task)];
  if (expected === got) return;
  const classes = classesOf(trained).length > 0;
  throw new UserError({
    code: "data.other-task",
    where: `${path}: ${task.name}`,
    what: "the task is not the one that the run was trained on",
    expected,
    got,
    fix: classes
      ? "Say which classes are which by `--map classes.yaml`, or give the dataset the run's classes, in their order."
      : "Measure on data of the same task.",
  });
}

/** What a network's output for a task stands for, in words. */
function meaningOf(task: Task): string {
  const { kind, spec } = task;
  const classes = classesOf(task);
  const named = classes.length === 0 ? "" : `: ${classes.join(", ")}`;
  return `kind ${kind.kind} with ${kind.learning.channels(spec)} output channels${named}`;
}
