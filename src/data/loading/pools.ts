/** @file The sets of images that batches are drawn from: the training images, and further ones appended to every batch. */
import { UserError } from "../../common/errors.js";
import { unknownName } from "../names.js";
import type { Dataset, LabelAssignment } from "../types.js";

/** Further images appended to every batch, e.g. many that are labelled for one task only, or not at all. */
export interface AppendPlan {
  /** Images a batch. */
  readonly count: number;
  /** The split that they come from; null: the images of the plan's own split that keep no label. */
  readonly split: string | null;
  /** Tasks whose labels are kept of a split; all of them if left out. */
  readonly tasks?: readonly string[];
}

/** Images to draw from. */
export interface Pool {
  readonly split: string;
  readonly ids: readonly string[];
  /** Labels that may be seen; null for all there are. */
  readonly labels: LabelAssignment | null;
}

interface PoolsPlan {
  readonly split: string;
  readonly labels: LabelAssignment | null;
  readonly append?: AppendPlan;
}

/**
 * The pools of a plan. Images that are appended for having no label are taken out of the others.
 * Throws UserError on unknown splits and tasks, and empty pools.
 */
export function poolsOf(plan: PoolsPlan, { info }: Dataset): { main: Pool; appended: Pool | null } {
  const idsOf = (split: string) => {
    if (Object.hasOwn(info.splits, split)) return info.splits[split];
    throw unknownName("split", split, Object.keys(info.splits), info.name);
  };
  const { append, labels } = plan;
  const main: Pool = { split: plan.split, ids: idsOf(plan.split), labels };
  if (append === undefined) return { main, appended: null };
  const stray = append.tasks?.find((task) => !Object.hasOwn(info.tasks, task));
  if (stray !== undefined) throw unknownName("task", stray, Object.keys(info.tasks), "append.tasks");
  if (append.split !== null) {
    const ids = idsOf(append.split);
    const { tasks } = append;
    const kept = tasks === undefined ? null : Object.fromEntries(ids.map((id) => [id, tasks]));
    const appended: Pool = { split: append.split, ids, labels: kept };
    return { main, appended: requireImages(appended, info.name, "Name a split that has images.") };
  }
  const kept = (id: string) => labels === null || (Object.hasOwn(labels, id) && labels[id].length > 0);
  const bare: Pool = { ...main, ids: main.ids.filter((id) => !kept(id)) };
  return {
    main: requireImages({ ...main, ids: main.ids.filter(kept) }, info.name, "Check the labels file."),
    appended: requireImages(
      bare,
      info.name,
      "Give a share of images without labels (`labels.unlabelled`), name `append.split`, or leave `append` out.",
    ),
  };
}

function requireImages(pool: Pool, dataset: string, fix: string): Pool {
  if (pool.ids.length > 0) return pool;
  throw new UserError({
    code: "data.empty-pool",
    what: `no image of split ${pool.split} is left to draw from`,
    where: dataset,
    expected: "at least one image to append, and one with a label to append it to",
    fix,
  });
}
