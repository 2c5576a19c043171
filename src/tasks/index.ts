/** @file The registry of task kinds, and from a dataset's entries to the tasks of a run. */

import { z } from "zod";
import { UserError } from "../common/errors.js";
import { registry } from "../common/registry.js";
import { suggest } from "../common/suggest.js";
import { boundaries } from "./boundaries/boundaries.js";
import { boxes3d } from "./boxes3d/boxes3d.js";
import { depth } from "./depth.js";
import { edges2d } from "./edges2d.js";
import { keypoints2d } from "./keypoints2d.js";
import { motion } from "./motion.js";
import { normals } from "./normals.js";
import { occlusionEdges } from "./occlusion-edges.js";
import { reshading } from "./reshading.js";
import { segmentation } from "./segmentation.js";
import type { Task, TaskKind, TaskSpec } from "./task.js";

export type { BoundariesSpec } from "./boundaries/spec.js";
export * from "./boxes3d/index.js";
export { CITYSCAPES_7, CITYSCAPES_8, mapClasses } from "./class-maps.js";
export { writeClassColour, writeGrey, writeScaleColour } from "./colours.js";
export type { DepthSpec } from "./depth.js";
export { classEntropy, highestChannel, paint, percent, requireSameSize, requireValidPixel } from "./maps.js";
export { maskedCosine, maskedCrossEntropy, maskedL1, maskedMean, unitChannels } from "./masked.js";
export { METRIC_MEANS, type Measuring, taskAccumulator } from "./measure.js";
export type { MotionSpec } from "./motion.js";
export type { NormalsSpec } from "./normals.js";
export { mostProbableClass, predictedValues } from "./pseudo-label.js";
export { fullValue, withChannels } from "./raster.js";
export { errorMap, scaleLegend, scalePicture } from "./scale-picture.js";
export type { SegmentationSpec } from "./segmentation.js";
export type * from "./task.js";
export type { UnitMapSpec } from "./unit-map.js";
export {
  boundaries,
  boxes3d,
  depth,
  edges2d,
  keypoints2d,
  motion,
  normals,
  occlusionEdges,
  reshading,
  segmentation,
};

/** Every kind of task, by the name it has in dataset.yaml. */
export const taskKinds = registry<TaskKind>("tasks", {
  segmentation,
  depth,
  normals,
  "occlusion-edges": occlusionEdges,
  reshading,
  keypoints2d,
  edges2d,
  motion,
  boundaries,
  boxes3d,
});

/**
 * The kind of that name. Throws UserError listing the known kinds, with a suggestion where one is near.
 * `where` names the file or key.
 */
export function taskKind(kind: string, where?: string): TaskKind {
  if (Object.hasOwn(taskKinds, kind)) return taskKinds[kind];
  throw unknownName("task.unknown-kind", "unknown kind of task", kind, Object.keys(taskKinds), where);
}

/**
 * An entry of dataset.yaml's `tasks`, checked and with its defaults filled in. `where` names it in errors,
 * e.g. `dataset.yaml: depth`.
 * Throws UserError on an unknown kind, an unknown field or a value of the wrong type.
 */
export function parseTaskSpec(entry: unknown, where: string): TaskSpec {
  const kind = typeof entry === "object" && entry !== null && "kind" in entry ? entry.kind : undefined;
  if (typeof kind !== "string") {
    throw new UserError({
      code: "task.no-kind",
      what: "the task has no kind",
      where,
      expected: `an object with \`kind\`, one of ${Object.keys(taskKinds).join(", ")}`,
      got: kind === undefined ? JSON.stringify(entry) : JSON.stringify(kind),
    });
  }
  const schema = taskKind(kind, where).specSchema;
  const parsed = schema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue.code === "unrecognized_keys" && schema instanceof z.ZodObject) {
    throw unknownName(
      "task.unknown-field",
      `${kind} has no such field`,
      issue.keys[0],
      Object.keys(schema.shape),
      where,
    );
  }
  const path = issue.path.length === 0 ? "" : `.${issue.path.join(".")}`;
  throw new UserError({ code: "task.bad-spec", what: issue.message, where: `${where}${path}` });
}

/** A task by its name in the dataset, with settings of its kind that replace those of the dataset's entry. */
export type NamedTask = string | { readonly name: string; readonly [setting: string]: unknown };

/** The dataset's entry with the settings laid over it. Throws UserError on what is no setting of the kind. */
function withSettings(entry: unknown, name: string, settings: Readonly<Record<string, unknown>>): unknown {
  const { kind } = parseTaskSpec(entry, `tasks.${name}`);
  const known = taskKind(kind).settings ?? [];
  const stranger = Object.keys(settings).find((key) => !known.includes(key));
  if (stranger === undefined) return { ...(entry as object), ...settings };
  throw unknownName("task.unknown-setting", `${kind} has no such setting`, stranger, known, `tasks.${name}`);
}

/**
 * The tasks of a run, in the order of `named`, from a dataset's entries. All of the dataset's tasks if
 * `named` is left out.
 * Throws UserError on a name the dataset does not have, a name given twice, an empty list, and an entry or
 * settings that do not hold.
 */
export function resolveTasks(
  specs: Readonly<Record<string, unknown>>,
  named: readonly NamedTask[] = Object.keys(specs),
): Task[] {
  const entries = named.map((each) => (typeof each === "string" ? { name: each } : each));
  const names = entries.map(({ name }) => name);
  if (names.length === 0) {
    throw new UserError({
      code: "task.none",
      what: "no task to train",
      where: "tasks",
      fix: "Name at least one.",
    });
  }
  return entries.map(({ name, ...settings }, i) => {
    if (!Object.hasOwn(specs, name)) {
      throw unknownName(
        "task.unknown",
        "the dataset has no task of this name",
        name,
        Object.keys(specs),
        "tasks",
      );
    }
    if (names.indexOf(name) !== i) {
      throw new UserError({
        code: "task.twice",
        what: `${name} is named twice`,
        where: "tasks",
        fix: "Name it once.",
      });
    }
    const spec = parseTaskSpec(withSettings(specs[name], name, settings), `tasks.${name}`);
    return { name, spec, kind: taskKind(spec.kind) };
  });
}

function unknownName(
  code: string,
  what: string,
  got: string,
  known: readonly string[],
  where?: string,
): UserError {
  const near = suggest(got, known);
  return new UserError({
    code,
    what,
    where,
    expected: known.length === 0 ? "none" : `one of ${known.join(", ")}`,
    got,
    fix: near === undefined ? undefined : `Did you mean ${near}?`,
  });
}
