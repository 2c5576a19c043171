/** @file From a dataset and a scenario to the labels that are kept, and to a labels file. */
import { UserError } from "../common/errors.js";
import { knownTasks } from "./derived-tasks.js";
import { openDataset } from "./formats/index.js";
import { saveLabels } from "./labels-file.js";
import { unknownName } from "./names.js";
import { type AvailableLabels, assignLabels, countLabels, type ScenarioConfig } from "./scenarios.js";
import type { Dataset, DatasetSource, LabelAssignment } from "./types.js";

/** The labels that exist in a split. Throws UserError where the dataset has no such split. */
export async function availableLabels(dataset: Dataset, split: string): Promise<AvailableLabels> {
  const { name, splits } = dataset.info;
  if (!Object.hasOwn(splits, split)) throw unknownName("split", split, Object.keys(splits), name);
  const ids = splits[split];
  const tasks = await Promise.all(ids.map((id) => dataset.labelledTasks(split, id)));
  return new Map(ids.map((id, i) => [id, tasks[i]]));
}

/**
 * The labels that a scenario keeps of a split. Throws UserError where nothing would be left to learn from.
 */
export async function scenarioLabels(
  dataset: Dataset,
  split: string,
  tasks: readonly string[],
  config: ScenarioConfig,
): Promise<LabelAssignment> {
  const known = knownTasks(dataset.info);
  const unknown = tasks.find((task) => !Object.hasOwn(known, task));
  if (unknown !== undefined) throw unknownName("task", unknown, Object.keys(known), dataset.info.name);
  const assignment = assignLabels(await availableLabels(dataset, split), tasks, config);
  if (Object.values(assignment).some((kept) => kept.length > 0)) return assignment;
  throw new UserError({
    code: "data.no-labels",
    what: `no image of split ${split} keeps a label`,
    where: dataset.info.name,
    expected: `labels of ${tasks.join(", ")}`,
    fix: "Check the tasks, the fractions and the share of unlabelled images.",
  });
}

export interface StripOptions {
  readonly source: DatasetSource;
  readonly scenario: ScenarioConfig;
  readonly out: string;
  /** Default `train`. */
  readonly split?: string;
  /** Default: all of the dataset's tasks. */
  readonly tasks?: readonly string[];
}

/** What a labels file keeps. */
export interface StripResult {
  readonly assignment: LabelAssignment;
  readonly counts: ReturnType<typeof countLabels>;
}

/** Draws a scenario and writes it as a labels file, with how it was drawn. Throws UserError. */
export async function stripLabels(options: StripOptions): Promise<StripResult> {
  const dataset = await openDataset(options.source);
  const split = options.split ?? "train";
  const tasks = options.tasks ?? Object.keys(dataset.info.tasks);
  const assignment = await scenarioLabels(dataset, split, tasks, options.scenario);
  const about = { dataset: dataset.info.name, split, tasks, ...options.scenario };
  await saveLabels(options.out, assignment, about);
  return { assignment, counts: countLabels(assignment, tasks) };
}
