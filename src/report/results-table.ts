/** @file The final numbers of one or several runs, as a table. */
import type { MetricInfo } from "../tasks/task.js";
import { type Comparison, deltaPercent, relativeImprovement } from "./delta.js";
import { type Html, html } from "./html.js";
import { formatMeasured, formatPercent } from "./numbers.js";
import type { ReportData, ReportRun, ReportTask } from "./report-data.js";
import type { Table } from "./table.js";

type Runs = Pick<ReportData, "tasks" | "runs">;

const arrow = (better: MetricInfo["better"]): string => (better === "higher" ? "↑" : "↓");
const numberOf = (run: ReportRun, task: ReportTask, metric: string): number =>
  run.final[task.name]?.[metric] ?? Number.NaN;

/** Delta% of a run against the first one, over the tasks' primary metrics. */
export function runDelta({ tasks, runs }: Runs, run: ReportRun): { value: number; spread?: number } {
  if (run.delta !== undefined) return run.delta;
  const comparisons = tasks.map((task): Comparison => {
    const { name, better } = task.metrics.find((metric) => metric.name === task.primaryMetric)!;
    return { better, value: numberOf(run, task, name), baseline: numberOf(runs[0], task, name) };
  });
  return { value: deltaPercent(comparisons) };
}

function withSpread(text: string, spread: number | undefined, format: (value: number) => string): string {
  return spread === undefined ? text : `${text} ± ${format(spread)}`;
}

function metricText(run: ReportRun, task: ReportTask, metric: string): string {
  return withSpread(
    formatMeasured(numberOf(run, task, metric)),
    run.spread?.[task.name]?.[metric],
    formatMeasured,
  );
}

function deltaText(delta: { value: number; spread?: number }): string {
  return withSpread(formatPercent(delta.value), delta.spread, (spread) => `${spread.toFixed(1)}%`);
}

/** The metrics of a task that have a place in a table. */
function tabled(task: ReportTask, runs: readonly ReportRun[]): readonly MetricInfo[] {
  const isKnown = (name: string) => runs.some((run) => !Number.isNaN(numberOf(run, task, name)));
  return task.metrics.filter(({ name, special }) => special !== true || isKnown(name));
}

/** The final numbers for a terminal or a Markdown page: a row a metric, a column a run. */
export function resultsTable(data: Runs): Table {
  const metricRows = data.tasks.flatMap((task) =>
    tabled(task, data.runs).map(({ name, unit, better }) => [
      task.name,
      `${name}${unit === "" ? "" : ` [${unit}]`} ${arrow(better)}`,
      ...data.runs.map((run) => metricText(run, task, name)),
    ]),
  );
  const deltas = data.runs.map((run, i) => (i === 0 ? "" : deltaText(runDelta(data, run))));
  return {
    columns: [
      { title: "task" },
      { title: "metric" },
      ...data.runs.map((run) => ({ title: run.name, align: "right" as const })),
    ],
    rows: data.runs.length > 1 ? [...metricRows, ["all", "Delta% ↑", ...deltas]] : metricRows,
  };
}

/**
 * The final numbers for the page: like `resultsTable`, with the better number in bold and each change against
 * the first run.
 */
export function resultsHtml(data: Runs): Html {
  const { tasks, runs } = data;
  const row = (task: ReportTask, metric: MetricInfo, index: number): Html => {
    const values = runs.map((run) => numberOf(run, task, metric.name));
    const sound = values.filter((value) => Number.isFinite(value));
    const best = metric.better === "higher" ? Math.max(...sound) : Math.min(...sound);
    const cell = (run: ReportRun, i: number): Html => {
      const text = metricText(run, task, metric.name);
      const value = runs.length > 1 && values[i] === best ? html`<b>${text}</b>` : html`${text}`;
      return html`<td class="number">${value}${i > 0 && change({ value: values[i], baseline: values[0], better: metric.better })}</td>`;
    };
    const heading =
      index === 0 && html`<th scope="rowgroup" rowspan="${tabled(task, runs).length}">${task.name}</th>`;
    const unit = metric.unit === "" ? "" : html` <small>${metric.unit}</small>`;
    const primary = metric.name === task.primaryMetric && html` <small class="primary">primary</small>`;
    const direction = metric.better === "higher" ? "higher is better" : "lower is better";
    return html`<tr>${heading}<th scope="row" class="metric">${metric.name}${unit} <abbr title="${direction}">${arrow(metric.better)}</abbr>${primary}</th>${runs.map(cell)}</tr>`;
  };
  const deltaRow =
    runs.length > 1 &&
    html`<tfoot><tr><th scope="row" colspan="2">Δ%, mean over primary metrics</th><td class="number">baseline</td>${runs
      .slice(1)
      .map((run) => html`<td class="number"><b>${deltaText(runDelta(data, run))}</b></td>`)}</tr></tfoot>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Final metrics"><table class="results">
<thead><tr><th scope="col">Task</th><th scope="col">Metric</th>${runs.map((run) => html`<th scope="col" class="number">${run.name}</th>`)}</tr></thead>
${tasks.map((task) => html`<tbody>${tabled(task, runs).map((metric, i) => row(task, metric, i))}</tbody>`)}
${deltaRow}</table></div>${runs.length > 1 && html`<p class="legend">Percentages are improvements over ${runs[0].name}: positive is better, whichever way the metric points.</p>`}`;
}

function change(comparison: Comparison): Html {
  const gain = relativeImprovement(comparison);
  if (!Number.isFinite(gain)) return html`<span class="change"></span>`;
  const kind = gain > 0 ? "up" : gain < 0 ? "down" : "";
  const word = gain > 0 ? "better" : gain < 0 ? "worse" : "the same";
  return html`<span class="change ${kind}" title="${`${formatPercent(Math.abs(gain)).slice(1)} ${word}`}">${formatPercent(gain)}</span>`;
}
