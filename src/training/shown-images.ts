/** @file Which images of a split are drawn: spread over it, and one with a label of each task among them. */
import { spread } from "../data/label-look.js";
import type { Dataset } from "../data/types.js";
import type { Task } from "../tasks/task.js";

/**
 * Ids of up to `count` images, the same at every call: as far as they go, each task has a labelled one among
 * them; the rest is spread evenly over the split.
 */
export async function shownImages(
  dataset: Pick<Dataset, "info" | "labelledTasks">,
  split: string,
  count: number,
  tasks: readonly Pick<Task, "name">[],
): Promise<ReadonlySet<string>> {
  const ids = dataset.info.splits[split];
  const shown = new Set(spread(ids).slice(0, count));
  const labelled = async (id: string) => new Set(await dataset.labelledTasks(split, id));
  const known = new Map<string, ReadonlySet<string>>();
  for (const id of shown) known.set(id, await labelled(id));
  const lacking = new Set(
    tasks.map(({ name }) => name).filter((name) => ![...known.values()].some((has) => has.has(name))),
  );
  for (const id of spread(ids)) {
    if (lacking.size === 0) break;
    if (known.has(id)) continue;
    const has = await labelled(id);
    const gained = [...lacking].filter((name) => has.has(name));
    const spare = [...shown].find((other) => isSpare(known.get(other)!, [...known.values()]));
    if (gained.length === 0 || spare === undefined) continue;
    shown.delete(spare);
    known.delete(spare);
    shown.add(id);
    known.set(id, has);
    for (const name of gained) lacking.delete(name);
  }
  return shown;
}

/** Whether each task that an image is labelled for has another labelled image among those shown. */
function isSpare(own: ReadonlySet<string>, all: readonly ReadonlySet<string>[]): boolean {
  return [...own].every((name) => all.filter((has) => has.has(name)).length > 1);
}
