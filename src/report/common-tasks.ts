/** @file What several runs have in common. */
import { UserError } from "../common/errors.js";
import type { Task } from "../tasks/task.js";

/**
 * Tasks of one name and kind that all have, in the first one's order.
 * @throws UserError `report.nothing-in-common` where there is none.
 */
export function commonTasks(
  all: readonly { readonly name: string; readonly tasks: readonly Task[] }[],
): Task[] {
  const isSame = (a: Task, b: Task) => a.name === b.name && a.kind.kind === b.kind.kind;
  const common = all[0].tasks.filter((task) =>
    all.every(({ tasks }) => tasks.some((each) => isSame(task, each))),
  );
  if (common.length > 0) return common;
  throw new UserError({
    code: "report.nothing-in-common",
    where: all.map(({ name }) => name).join(", "),
    what: "the runs have no task of one kind in common",
    got: all.map(({ tasks }) => tasks.map(({ name }) => name).join(" + ")).join("; "),
    fix: "Compare runs of the same tasks, or make a page of each.",
  });
}
