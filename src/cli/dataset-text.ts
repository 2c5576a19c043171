/** @file `data inspect` for people. */
import type { DatasetReport } from "../data/inspect.js";
import { formatNumber, textTable } from "../report/index.js";

/** Tables of splits and tasks, and every problem by its file. */
export function datasetText(report: DatasetReport): string {
  const splits = textTable({
    columns: [
      { title: "split" },
      { title: "images", align: "right" },
      { title: "without labels", align: "right" },
    ],
    rows: Object.entries(report.splits).map(([split, images]) => [
      split,
      String(images),
      String(report.unlabelled[split]),
    ]),
  });
  const tasks = textTable({
    columns: [
      { title: "task" },
      { title: "kind" },
      { title: "labelled" },
      { title: "valid pixels", align: "right" },
      { title: "values" },
    ],
    rows: Object.entries(report.tasks).map(([task, { kind, labelled, coverage, validShare, values }]) => [
      task,
      kind,
      Object.keys(labelled)
        .map((split) => `${split} ${labelled[split]} (${Math.round(100 * coverage[split])}%)`)
        .join(", "),
      validShare === null ? "–" : `${(100 * validShare).toFixed(1)}%`,
      (values ?? []).map(({ min, max }) => `${formatNumber(min)} to ${formatNumber(max)}`).join("; "),
    ]),
  });
  const sizes = Object.entries(report.sizes).map(([size, count]) => `${size} (${count})`);
  const problems = [
    ...report.badFiles.map(({ message }) => `bad: ${message}`),
    ...report.warnings.map(({ message }) => `warning: ${message}`),
  ];
  const head = `${report.name}: ${report.format} at ${report.path}\nsizes: ${sizes.join(", ")}\n`;
  return [head, splits, tasks, ...(problems.length > 0 ? [`${problems.join("\n")}\n`] : [])].join("\n");
}
