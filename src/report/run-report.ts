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
import { readFindings } from "../training/findings/files.js";
import { keptData } from "../training/kept-data.js";
import { commonTasks } from "./common-tasks.js";
import { classTables, worstTables } from "./finding-tables.js";
import { htmlReport } from "./html-report.js";
import type { PictureTable, ReportData, TaskNumbers } from "./report-data.js";
import { pictureLegends, reportTask } from "./report-task.js";
import { resultsTable } from "./results-table.js";
import { textTable } from "./table.js";

export interface RunReport {
  /** The page written. */
  readonly path: string;
  /** The final numbers for a terminal. */
  readonly table: string;
}

/**
 * Writes the report of a run from its logs, labels and sample pictures, with `notes` at its end:
 * `report.html` in its folder, or the file `out`.
 * @throws UserError where the run's files cannot be read or the page cannot be written.
 */
export async function writeRunReport(
  folder: string,
  tasks: readonly Task[],
  notes: readonly string[] = [],
  out?: string,
): Promise<RunReport> {
  const run = findRun(folder);
  const data = { ...(await gather(run, tasks)), notes };
  const path = out ?? run.report;
  await replaceFile(path, htmlReport(data));
  return { path, table: textTable(resultsTable(data)) };
}

/**
 * Writes one page of several runs side by side, the first being the one that others are compared with: what
 * they have in common of tasks and sample pictures, the curves of each.
 * @throws UserError where a run's files cannot be read, the runs have no task in common, or the page cannot
 * be written.
 */
export async function writeComparison(
  folders: readonly string[],
  out: string,
  notes: readonly string[] = [],
): Promise<RunReport> {
  const runs = folders.map((folder) => findRun(folder));
  const kept = await Promise.all(runs.map((run) => keptData(run)));
  const tasks = commonTasks(kept.map((each, i) => ({ name: folders[i], tasks: each.tasks })));
  const names = distinctNames(folders);
  const gathered = await Promise.all(runs.map((run) => gather(run, tasks)));
  const found = await Promise.all(runs.map((run) => readFindings(run.evaluation)));
  const named = found.map((each, i) => ({ name: names[i], findings: each?.tasks ?? [] }));
  const data: ReportData = {
    ...gathered[0],
    title: names.join(", "),
    summary: `${runs.length} runs. Δ% is against ${names[0]}.`,
    runs: gathered.map(({ runs: [own] }, i) => ({ ...own, name: names[i] })),
    finalOn: gathered.map(({ finalOn }, i) => `${names[i]}: ${finalOn}`).join("; "),
    classes: classTables(tasks, named),
    // Those of one run say nothing of the others.
    worst: [],
    drawings: [],
    pictures: picturesBeside(
      gathered.map(({ pictures }) => pictures),
      names,
    ),
    coverage: [],
    configs: gathered.map(({ configs: [own] }, i) => ({ ...own, name: names[i] })),
    notes,
  };
  await replaceFile(out, htmlReport(data));
  return { path: out, table: textTable(resultsTable(data)) };
}

/** Names of folders, with as many of their parents as tell them apart. */
export function distinctNames(folders: readonly string[]): string[] {
  const parts = folders.map((folder) => resolve(folder).split(/[\\/]/));
  for (let depth = 1; depth <= Math.max(...parts.map(({ length }) => length)); depth++) {
    const names = parts.map((each) => each.slice(-depth).join("/"));
    if (new Set(names).size === names.length) return names;
  }
  return folders.map((folder, i) => `${basename(folder)} ${i + 1}`);
}

/** Tables of pictures with a column a run: the samples that all have drawn. */
export function picturesBeside(
  tables: readonly (readonly PictureTable[])[],
  names: readonly string[],
): PictureTable[] {
  return tables[0].flatMap((table, t): PictureTable[] => {
    const others = tables.map((own) => own[t]?.rows ?? []);
    const rows = table.rows.flatMap((row) => {
      const same = others.map((own) => own.find(({ name }) => name === row.name));
      if (same.some((each) => each === undefined)) return [];
      const [input, , label] = row.pictures;
      return [{ name: row.name, pictures: [input, ...same.map((each) => each!.pictures[1]), label] }];
    });
    const columns = ["input", ...names, "label"];
    return rows.length === 0 ? [] : [{ ...table, columns, rows }];
  });
}

async function gather(run: RunPaths, tasks: readonly Task[]): Promise<Omit<ReportData, "notes">> {
  const records = readMetrics(run.metrics);
  const last = records.findLast((record) => record.kind === "evaluation");
  const name = basename(resolve(run.folder));
  const coverage = readLabels(run, tasks);
  const named = [{ name, findings: (await readFindings(run.evaluation))?.tasks ?? [] }];
  return {
    title: name,
    summary: summaryOf(records),
    tasks: tasks.map(reportTask),
    runs: [{ name, records, final: (last?.metrics ?? {}) as TaskNumbers }],
    finalOn: last === undefined ? "not evaluated" : `${last.split} split, after step ${last.step}`,
    pictures: readPictures(run.samples, tasks),
    worst: worstTables(tasks, named),
    classes: classTables(tasks, named),
    drawings: readDrawings(run, tasks),
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

/** The plots of local features that there are. */
function readDrawings({ features }: RunPaths, tasks: readonly Task[]): NonNullable<ReportData["drawings"]> {
  return tasks.flatMap(({ name }) => {
    const svg = readPicture(features, `features-${name}.svg`);
    return svg === undefined ? [] : [{ title: name, svg }];
  });
}

/** A table a task: input, latest prediction and label of every sample drawn. */
function readPictures(folder: string, tasks: readonly Task[]): PictureTable[] {
  if (!existsSync(folder)) return [];
  const samples = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (samples.length === 0) return [];
  return tasks.map((task) => ({
    title: task.name,
    legends: pictureLegends(task),
    columns: ["input", "prediction", "label"],
    rows: samples.map((sample) => {
      const own = join(folder, sample);
      const drawn = readdirSync(own)
        .filter((file) => file.startsWith(`${task.name}.step-`))
        .sort()
        .at(-1);
      return {
        name: sample,
        pictures: ["image.png", drawn, `${task.name}.label.png`].map((file) => readPicture(own, file)),
      };
    }),
  }));
}

function readPicture(folder: string, file: string | undefined): Uint8Array | undefined {
  return file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file)) : undefined;
}
