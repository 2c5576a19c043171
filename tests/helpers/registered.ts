/** @file What is registered, by what it takes or gives: not everything is an image or a map. */
import { models } from "../../src/models/index.js";
import { type TaskKind, taskKinds } from "../../src/tasks/index.js";

/** Models of images; those of point clouds have tests of their own. */
export const imageModels = Object.values(models).filter(
  (model) => model.create(model.options.parse({ width: 2 })).pillars === undefined,
);

/** Kinds of tasks whose labels are maps of their image; lists have tests of their own. */
export const mapKinds: readonly TaskKind[] = Object.values(taskKinds).filter(
  ({ files }) => files.field === undefined,
);
