/** @file What a report says of a task: its metrics, and what the colours of its pictures mean. */
import { scaleLegend } from "../tasks/scale-picture.js";
import type { Task } from "../tasks/task.js";
import type { TitledLegend } from "./legend.js";
import type { ReportTask } from "./report-data.js";

export function reportTask({ name, kind }: Task): ReportTask {
  return { name, metrics: kind.metrics.infos, primaryMetric: kind.metrics.primary };
}

/** What the colours of a task's predictions and labels mean. */
export function pictureLegends({ kind, spec }: Task): TitledLegend[] {
  const legend = kind.drawing.legend?.(spec);
  return legend === undefined ? [] : [{ title: "prediction and label", legend }];
}

/** The same, and those of its errors and its uncertainty. */
export function findingLegends(task: Task): TitledLegend[] {
  const { errors, uncertainty } = task.kind.drawing;
  return [
    ...pictureLegends(task),
    ...(errors === undefined ? [] : [{ title: "errors", legend: scaleLegend(errors.ends) }]),
    ...(uncertainty === undefined
      ? []
      : [{ title: "uncertainty", legend: scaleLegend(["certain", "anything as likely"]) }]),
  ];
}

/** What the colours mean where what is made of the other tasks' predictions is compared with a task's own. */
export const disagreementLegend = (): TitledLegend => ({
  title: "disagreement",
  legend: scaleLegend(["as the other tasks have it", "they say otherwise"]),
});
