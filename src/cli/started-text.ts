/** @file What `init` and `data import` say of the dataset that they wrote. */
import { join } from "node:path";
import type { StartedDataset } from "../data/index.js";

export function startedText(out: string, found: StartedDataset): string {
  const splits = Object.entries(found.splits).map(([name, count]) => `${name} ${count}`);
  const tasks = Object.entries(found.labelled).map(([task, count]) => `${task} ${count}`);
  const next =
    tasks.length === 0
      ? [
          "No labels, so nothing to train yet: name them with --masks or --depth, or see `taskloom data import`.",
        ]
      : [
          `Next: look at ${join(out, "dataset.yaml")}, then`,
          `  taskloom data inspect ${out}`,
          `  taskloom train ${join(out, "config.yaml")}`,
        ];
  return [
    `${out}: ${splits.join(", ")}`,
    `labelled: ${tasks.length === 0 ? "none" : tasks.join(", ")}`,
    ...found.remarks.map((remark) => `- ${remark}`),
    ...next,
  ].join("\n");
}
