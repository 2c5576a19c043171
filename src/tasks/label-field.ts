/** @file The field that the labels of a task are: what a sample and a batch need to know of them. */
import type { Field } from "../fields/field.js";
import { type LabelMap, mapField } from "../fields/map.js";
import { taskKind } from "./index.js";
import type { Task, TaskSpec } from "./task.js";

/** How labels of a task follow their image and stand in batches. */
export function labelField({ kind: { files }, spec }: Pick<Task, "kind" | "spec">): Field<LabelMap> {
  if (files.field !== undefined) return files.field(spec);
  return mapField({
    channels: files.labelChannels(spec),
    resampling: files.resampling(spec),
    mirrored: files.mirrored,
    turned: files.turned ?? ((label) => label),
    scaled: files.scaled,
  });
}

/** The same for each of a dataset's tasks, by name. */
export function labelFields(specs: Readonly<Record<string, TaskSpec>>): Record<string, Field<LabelMap>> {
  return Object.fromEntries(
    Object.entries(specs).map(([task, spec]) => [task, labelField({ kind: taskKind(spec.kind), spec })]),
  );
}
