/**
 * @file A list of labels, brought in line with a folder in which files have come and gone since it was
 * written.
 */
import { UserError } from "../common/errors.js";
import { unknownName } from "./names.js";
import type { AvailableLabels } from "./scenarios.js";
import type { LabelAssignment } from "./types.js";

export interface Reconciled {
  /** What of the list is still there. */
  readonly labels: LabelAssignment;
  /** What changed, one sentence each; empty where nothing did. */
  readonly changes: readonly string[];
}

const NAMED = 5;

function counted(names: readonly string[], noun: string): string {
  const shown = names.slice(0, NAMED).join(", ");
  const more = names.length > NAMED ? ", ..." : "";
  return `${names.length} ${noun}${names.length === 1 ? "" : "s"} (${shown}${more})`;
}

/**
 * Leaves out what the split no longer has. Throws UserError for a task that the dataset does not have, and
 * where more than half of the list is gone: then it belongs to another dataset.
 */
export function reconcile(
  listed: LabelAssignment,
  available: AvailableLabels,
  tasks: readonly string[],
  where: string,
): Reconciled {
  const entries = Object.entries(listed);
  for (const [id, kept] of entries) {
    const unknown = kept.find((task) => !tasks.includes(task));
    if (unknown !== undefined) throw unknownName("task", unknown, tasks, `${where}: ${id}`);
  }
  const gone = entries.filter(([id]) => !available.has(id)).map(([id]) => id);
  if (2 * gone.length > entries.length) throw unknownName("id", gone[0], [...available.keys()], where);
  const there = entries.filter(([id]) => available.has(id));
  const lost = there.flatMap(([id, kept]) =>
    kept.filter((task) => !available.get(id)!.includes(task)).map((task) => ({ id, task })),
  );
  const listedLabels = there.reduce((sum, [, kept]) => sum + kept.length, 0);
  if (2 * lost.length > listedLabels) throw labelNotThere(lost[0], available, where);
  const labels = there.map(([id, kept]) => [id, kept.filter((task) => available.get(id)!.includes(task))]);
  const added = [...available.keys()].filter((id) => !Object.hasOwn(listed, id));
  const byTask = tasks.map(
    (task) => [task, lost.filter((each) => each.task === task).map(({ id }) => id)] as const,
  );
  return {
    labels: Object.fromEntries(labels),
    changes: [
      ...(gone.length > 0
        ? [`${where}: ${counted(gone, "sample")} no longer in the dataset: left out.`]
        : []),
      ...byTask
        .filter(([, ids]) => ids.length > 0)
        .map(
          ([task, ids]) => `${where}: ${counted(ids, `${task} label`)} no longer in the dataset: left out.`,
        ),
      ...(added.length > 0
        ? [`${where}: ${counted(added, "image")} not in the list: trained without labels.`]
        : []),
    ],
  };
}

function labelNotThere(
  lost: { id: string; task: string },
  available: AvailableLabels,
  where: string,
): UserError {
  const own = available.get(lost.id)!;
  return new UserError({
    code: "data.label-not-there",
    what: `the dataset has no ${lost.task} label for this sample`,
    where: `${where}: ${lost.id}`,
    expected: own.length === 0 ? "no label" : own.join(", "),
    fix: "Make the labels file from this dataset.",
  });
}
