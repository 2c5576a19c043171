/** @file The report of one run, gathered from its folder. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseLabels } from "../data/labels-file.js";
import { countLabels } from "../data/scenarios.js";
import { fileError, replaceFile } from "../disk/files.js";
import { type MetricsRecord, readMetrics } from "../runs/metrics-log.js";
import { findRun, type RunPaths } from "../runs/run-folder.js";
import type { Task } from "../tasks/task.js";
import { htmlReport } from "./html-report.js";
import type { PictureTable, ReportData, TaskNumbers } from "./report-data.js";
import { resultsTable } from "./results-table.js";
import { textTable } from "./table.js";

export interface RunReport {
  /** The page written. */
  readonly path: string;
  /** The final numbers for a terminal. */
  readonly table: string;
}

/**
 * Writes `report.html` of a run from its logs, labels and sample pictures, with `notes` at its end.
 * @throws UserError where the run's files cannot be read or the page cannot be written.
 */
export async function writeRunReport(
  folder: string,
  tasks: readonly Task[],
  notes: readonly string[] = [],
): Promise<RunReport> {
  const run = findRun(folder);
  const data = { ...gather(run, tasks), notes };
  await replaceFile(run.report, htmlReport(data));
  return { path: run.report, table: textTable(resultsTable(data)) };
}

function gather(run: RunPaths, tasks: readonly Task[]): Omit<ReportData, "notes"> {
  const records = readMetrics(run.metrics);
  const last = records.findLast((record) => record.kind === "evaluation");
  const name = basename(resolve(run.folder));
  const coverage = readLabels(run, tasks);
  return {
    title: name,
    summary: summaryOf(records),
    tasks: tasks.map((task) => ({
      name: task.name,
      metrics: task.kind.metrics.infos,
      primaryMetric: task.kind.metrics.primary,
    })),
    runs: [{ name, records, final: (last?.metrics ?? {}) as TaskNumbers }],
    finalOn: last === undefined ? "not evaluated" : `${last.split} split, after step ${last.step}`,
    pictures: readPictures(run.samples, tasks),
    coverage,
    configs: [{ name, yaml: readText(run.config) }],
    environment: [
      ["Node", process.version],
      ["machine", `${cpus()[0]?.model ?? "unknown CPU"}, ${platform()} ${arch()}`],
    ],
  };
}

function summaryOf(records: readonly MetricsRecord[]): string {
  const steps = records.filter((record) => record.kind === "step");
  const seconds = steps.reduce((sum, { timing }) => sum + (timing?.seconds ?? 0), 0);
  return `${steps.length} training steps in ${seconds.toFixed(0)} s of stepping.`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

function readLabels(run: RunPaths, tasks: readonly Task[]): ReportData["coverage"] {
  const labels = parseLabels(readText(run.labels), run.labels);
  const names = tasks.map(({ name }) => name);
  const { samples, perTask } = countLabels(labels, names);
  return names.map((task) => ({ task, labelled: perTask[task], total: samples }));
}

/** A table a task: input, latest prediction and label of every sample drawn. */
function readPictures(folder: string, tasks: readonly Task[]): PictureTable[] {
  if (!existsSync(folder)) return [];
  const samples = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (samples.length === 0) return [];
  return tasks.map(({ name }) => ({
    title: name,
    columns: ["input", "prediction", "label"],
    rows: samples.map((sample) => {
      const own = join(folder, sample);
      const drawn = readdirSync(own)
        .filter((file) => file.startsWith(`${name}.step-`))
        .sort()
        .at(-1);
      return {
        name: sample,
        pictures: ["image.png", drawn, `${name}.label.png`].map((file) => readPicture(own, file)),
      };
    }),
  }));
}

function readPicture(folder: string, file: string | undefined): Uint8Array | undefined {
  return file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file)) : undefined;
}
