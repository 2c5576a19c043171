/** @file What no single file of a dataset shows, only all of them together. */
import { taskKind } from "../../tasks/index.js";
import type { Cause } from "./causes.js";
import type { Gathered } from "./gather.js";
import { samePhotos } from "./image-hash.js";

/** What no single file shows. */
export function wholeCauses({ dataset, sums: all, labelled, hashes }: Gathered): Cause[] {
  const { info } = dataset;
  const causes: Cause[] = [];
  const warn = (code: string, message: string, files: readonly string[] = [], count = files.length) =>
    causes.push({ severity: "warning", code, count, message, files: files.slice(0, 20) });
  for (const [task, spec] of Object.entries(info.tasks)) {
    const sums = all.get(task)!;
    const summary = sums.summary();
    const found = summary.files === 0 ? [] : (taskKind(spec.kind).files.suspicions?.(summary, spec) ?? []);
    for (const { code, message } of found) warn(code, `${task}: ${message}`, [], summary.files);
    for (const [split, ids] of Object.entries(info.splits)) {
      const absent = sums.absent(split);
      if (absent.length > 0)
        warn(
          "label.absent-class",
          `${task}: ${absent.join(", ")} in no pixel of split ${split}.`,
          [],
          absent.length,
        );
      if (labelled.get(task)![split] === 0) {
        warn(
          "data.split-without-labels",
          `${task}: none of the ${ids.length} images of split ${split} is labelled.`,
          [],
          ids.length,
        );
      }
    }
  }
  const pairs = samePhotos(hashes);
  if (pairs.length > 0) {
    const names = pairs.map(([a, b]) => `${a.split}/${a.id} and ${b.split}/${b.id}`);
    const message = `${names.length === 1 ? "1 photo is" : `${names.length} photos are`} in two splits, the first of them ${names[0]}: what is learnt by heart would count as learnt.`;
    warn("data.same-photo", message, names);
  }
  return causes;
}
