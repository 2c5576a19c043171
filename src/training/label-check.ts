/** @file A run's tasks against its labels, before anything is trained. */
import { checkLabels, type LabelPool } from "../data/check-labels.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { availableLabels } from "../data/strip.js";
import type { Dataset } from "../data/types.js";
import type { RunConfig } from "./config/index.js";
import { methodOf } from "./parts.js";
import { type RunData, runLabels } from "./run-data.js";

/** A further split that is appended, with the labels it has of the tasks that are named. */
async function appendedPool({ append }: RunConfig, dataset: Dataset): Promise<LabelPool[]> {
  if (append?.split === undefined) return [];
  const { split, tasks } = append;
  const available = await availableLabels(dataset, split);
  const labels = [...available].map(([id, kept]) => [
    id,
    kept.filter((task) => tasks?.includes(task) ?? true),
  ]);
  return [{ split, labels: Object.fromEntries(labels) }];
}

/** Whether choosing a checkpoint or early stopping asks for a measurement of a task. */
function isMeasured({ checkpoint, earlyStopping }: RunConfig, task: string): boolean {
  return [checkpoint.best, earlyStopping?.metric].some(
    (metric) => metric === "relative" || metric?.startsWith(`${task}.`),
  );
}

/**
 * Checks the labels that a run is about to see.
 * @returns warnings. @throws UserError where a task cannot be learnt, or not measured although it must be.
 */
export async function checkRunLabels(
  config: RunConfig,
  data: RunData,
  log: (message: string) => void,
): Promise<string[]> {
  const { dataset, source, tasks } = data;
  const { split } = config.evaluation;
  const labels = await runLabels(config, data, log);
  return await checkLabels({
    dataset,
    where: source.path,
    tasks,
    training: [{ split: TRAIN_SPLIT, labels }, ...(await appendedPool(config, dataset))],
    evaluation: split === null ? null : { split, needed: (task) => isMeasured(config, task) },
    learnsUnlabelled: methodOf(config).method.learnsUnlabelled ?? false,
  });
}
