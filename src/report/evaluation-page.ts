/** @file A page of evaluations: one checkpoint's, or several side by side on the same images. */
import { replaceFile } from "../disk/files.js";
import type { RunEvaluation } from "../training/evaluate-run.js";
import { commonTasks } from "./common-tasks.js";
import { chosenTables, classTables, worstTables } from "./finding-tables.js";
import { htmlReport } from "./html-report.js";
import { reportTask } from "./report-task.js";

/** An evaluation by the name that it has on the page. */
export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: RunEvaluation;
}

/** What a reader must know of how an evaluation came about, one sentence a line. */
export function evaluationNotes({ lacking, shared, measuring }: RunEvaluation): string[] {
  const classes = Object.entries(shared).flatMap(([task, { groups, leftOut }]) => {
    const listed = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
    return [
      `${task} is measured on the ${groups.classes.length} classes that model and data share: ${groups.classes.join(", ")}.`,
      `${task}: left out of the data: ${listed(leftOut.data)}; of the model, wrong where predicted: ${listed(leftOut.model)}.`,
    ];
  });
  return [
    ...classes,
    ...(lacking.length === 0 ? [] : [`The data has no labels for ${lacking.join(", ")}: not measured.`]),
    ...(measuring.mean === "images" ? ["Metrics are means of each image's own."] : []),
    ...(measuring.medianScaling ? ["Each image's depths were brought to its labels' median first."] : []),
  ];
}

/**
 * Writes the page; others are compared with the first evaluation.
 * @throws UserError where the evaluations have no task in common, or the page cannot be written.
 */
export async function writeEvaluations(evaluated: readonly NamedEvaluation[], out: string): Promise<void> {
  const tasks = commonTasks(evaluated.map(({ name, evaluation }) => ({ name, tasks: evaluation.tasks })));
  const named = evaluated.map(({ name, evaluation }) => ({ name, findings: evaluation.findings ?? [] }));
  const [first] = evaluated;
  const notes = [...new Set(evaluated.flatMap(({ evaluation }) => evaluationNotes(evaluation)))];
  const page = htmlReport({
    title: evaluated.map(({ name }) => name).join(", "),
    summary:
      evaluated.length === 1
        ? first.evaluation.checkpoint
        : `${evaluated.length} evaluations. Δ% is against ${first.name}.`,
    tasks: tasks.map(reportTask),
    runs: evaluated.map(({ name, evaluation }) => ({ name, records: [], final: evaluation.metrics })),
    finalOn: `${first.evaluation.split} split, ${first.evaluation.images} images`,
    classes: classTables(tasks, named),
    pictures: chosenTables(tasks, named),
    worst: worstTables(tasks, named),
    coverage: [],
    configs: [],
    environment: evaluated.map(({ name, evaluation }) => [name, evaluation.checkpoint] as const),
    notes,
  });
  await replaceFile(out, page);
}
