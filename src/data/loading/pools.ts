/** @file The set of images that a stream draws from. */
import { UserError } from "../../common/errors.js";
import { knownTasks } from "../derived-tasks.js";
import { unknownName } from "../names.js";
import type { Dataset } from "../types.js";
import { clipsOf } from "./clips.js";
import type { StreamPlan } from "./plan.js";

/** Samples to draw from. */
export interface Pool {
  readonly split: string;
  /** Of each sample, the ids of its frames; of a single image, its own. */
  readonly samples: readonly (readonly string[])[];
  /** Tasks whose labels may be seen of an image, of those that the stream has arrays of. */
  visible(id: string): readonly string[];
}

/** The pool of a stream. Throws UserError on unknown splits and tasks, and where no image is left. */
export function poolOf(stream: string, plan: StreamPlan, dataset: Pick<Dataset, "info">): Pool {
  const { split, labels, tasks, images, frames } = plan;
  const { info } = dataset;
  const requireTasks = (names: readonly string[], where: string) => {
    const known = knownTasks(info);
    const stray = names.find((task) => !Object.hasOwn(known, task));
    if (stray !== undefined) throw unknownName("task", stray, Object.keys(known), where);
  };
  requireTasks(tasks, info.name);
  if (Array.isArray(labels)) requireTasks(labels, `${stream}.tasks`);
  if (!Object.hasOwn(info.splits, split)) {
    throw unknownName("split", split, Object.keys(info.splits), info.name);
  }
  requireKnownIds(labels, info.splits[split], `${info.name}: ${split}`);
  const kept = keptOf(labels);
  const all = frames === undefined ? info.splits[split].map((id) => [id]) : clipsOf(dataset, split, frames);
  const samples = all.filter(
    ([id]) => images === undefined || kept(id).length > 0 === (images === "labelled"),
  );
  if (samples.length === 0) throw emptyPool(stream, plan, info.name);
  return { split, samples, visible: (id) => tasks.filter((task) => kept(id).includes(task)) };
}

/** Throws UserError where labels are given by image and not one of those images is there. */
function requireKnownIds(labels: StreamPlan["labels"], ids: readonly string[], where: string): void {
  if (labels === null || Array.isArray(labels)) return;
  const [first] = Object.keys(labels);
  if (first === undefined || ids.some((id) => Object.hasOwn(labels, id))) return;
  throw unknownName("id", first, ids, where);
}

/** The tasks whose labels an image keeps; where all are kept, every name is among them. */
function keptOf(
  labels: StreamPlan["labels"],
): (id: string) => Pick<readonly string[], "includes" | "length"> {
  if (labels === null) return () => ({ length: Number.POSITIVE_INFINITY, includes: () => true });
  if (Array.isArray(labels)) return () => labels;
  const byImage = labels as Exclude<typeof labels, readonly string[]>;
  return (id) => (Object.hasOwn(byImage, id) ? byImage[id] : []);
}

function emptyPool(stream: string, { split, images }: StreamPlan, dataset: string): UserError {
  const wanted =
    images === undefined ? "an image" : `an image ${images === "labelled" ? "with a" : "without any"} label`;
  const fixes = {
    labelled: "Check the labels file.",
    unlabelled:
      "Give a share of images without labels (`labels.unlabelled`), or leave out what draws from them (`append`, or name `append.split`).",
  };
  return new UserError({
    code: "data.empty-pool",
    what: `no image of split ${split} is left to draw from`,
    where: stream === "main" ? dataset : `${dataset}: ${stream}`,
    expected: wanted,
    fix: images === undefined ? "Name a split that has images." : fixes[images],
  });
}
