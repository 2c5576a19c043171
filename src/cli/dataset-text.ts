/** @file `data inspect` for people. */
import type { DatasetReport } from "../data/inspect.js";
import { BOX_MEASURES, type Spread } from "../data/sweeps/box-measures.js";
import { formatNumber, textTable } from "../report/index.js";

/** Tables of splits, tasks and classes, and every cause of problems with the first file that shows it. */
export function datasetText(report: DatasetReport): string {
  const splits = textTable({
    columns: [
      { title: "split" },
      { title: report.sweeps ? "sweeps" : "images", align: "right" },
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
  const problems = report.causes.map(({ severity, message }) => `${severity}: ${message}`);
  const head = `${report.name}: ${report.format} at ${report.path}\nsizes: ${sizes.join(", ")}\n`;
  return [
    head,
    splits,
    tasks,
    ...classTables(report),
    ...(report.sweeps ? [sweepLines(report.sweeps)] : []),
    ...(problems.length > 0 ? [`${problems.join("\n")}\n`] : []),
  ].join("\n");
}

/** How many points and boxes sweeps have. */
function sweepLines(survey: NonNullable<DatasetReport["sweeps"]>): string {
  const { sweeps, points, pillars, classes, measures } = survey;
  const each = (count: number) => formatNumber(sweeps === 0 ? 0 : Math.round(count / sweeps));
  const boxes = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
  const head =
    `sweeps: ${sweeps}, ${each(points)} points and ${each(pillars)} pillars each\n` +
    `boxes in the grid: ${boxes.length === 0 ? "none" : boxes.join(", ")}\n`;
  return boxes.length === 0 ? head : `${head}\n${boxTable(measures)}`;
}

/** Of each class the boxes' sizes and distances, in metres, and the points in them: from, to (mean). */
function boxTable(measures: NonNullable<DatasetReport["sweeps"]>["measures"]): string {
  const cell = ({ min, max, mean }: Spread) =>
    `${formatNumber(min)} to ${formatNumber(max)} (${formatNumber(mean)})`;
  return textTable({
    columns: [{ title: "boxes" }, ...BOX_MEASURES.map((title) => ({ title, align: "right" as const }))],
    rows: Object.entries(measures).map(([name, of]) => [name, ...BOX_MEASURES.map((key) => cell(of[key]))]),
  });
}

/** For each task with classes, the share of every class in the labelled pixels of each split. */
function classTables({ tasks, splits }: DatasetReport): string[] {
  return Object.entries(tasks).flatMap(([task, { classes, classesBySplit }]) => {
    if (classes === undefined || classesBySplit === undefined) return [];
    const names = Object.keys(splits);
    const total = (split: string) => classesBySplit[split].reduce((sum, pixels) => sum + pixels, 0);
    return textTable({
      columns: [{ title: `${task}: class` }, ...names.map((title) => ({ title, align: "right" as const }))],
      rows: classes.map(({ name }, index) => [
        name,
        ...names.map((split) => percentOf(classesBySplit[split][index], total(split))),
      ]),
    });
  });
}

/** A share that is not 0 never looks like 0. */
function percentOf(part: number, whole: number): string {
  if (whole === 0) return "–";
  if (part === 0) return "never";
  const percent = (100 * part) / whole;
  return percent < 0.01 ? "< 0.01%" : `${percent.toFixed(2)}%`;
}
