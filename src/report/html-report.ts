/** @file The report of one run, or of several side by side: one HTML file that needs nothing else. */
import { lineChart, shareBars } from "./chart.js";
import { classesHtml } from "./classes-html.js";
import { Html, html } from "./html.js";
import { legendHtml } from "./legend.js";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-style.js";
import type { PictureTable, ReportData } from "./report-data.js";
import { resultsHtml } from "./results-table.js";
import { type CurvePoint, curvesOf, type RunCurves } from "./series.js";

/** Forbids every request, so that the page cannot reach the network whatever is inserted. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
const COLOURS = 6;

interface DrawnRun {
  readonly name: string;
  readonly colour: number;
  readonly curves: RunCurves;
}

/** The page as text. All names and texts of `data` may hold anything: they are escaped. */
export function htmlReport(data: ReportData): string {
  const runs = data.runs.map((run, i) => ({
    name: run.name,
    colour: i % COLOURS,
    curves: curvesOf(run.records),
  }));
  const sections = [
    section("Results", resultsHtml(data), data.finalOn),
    ...(data.pictures.length > 0 ? [section("Predictions", html`${data.pictures.map(pictureTable)}`)] : []),
    ...(data.worst?.length
      ? [
          section(
            "The worst images",
            html`${data.worst.map(pictureTable)}`,
            "of each task by its primary metric",
          ),
        ]
      : []),
    ...(data.classes?.length ? [section("Classes", html`${data.classes.map(classesHtml)}`)] : []),
    ...(data.drawings?.length
      ? [section("Local features", drawings(data.drawings), "t-SNE, in the colours of labels")]
      : []),
    ...metricSection(data, runs),
    ...lossSection(runs),
    ...(data.coverage.length > 0
      ? [section("Label coverage", coverageBars(data), "of the training images")]
      : []),
    ...(data.notes.length > 0
      ? [section("Notes", html`<ul class="notes">${data.notes.map((note) => html`<li>${note}</li>`)}</ul>`)]
      : []),
    ...(data.configs.length > 0 ? [section("Configuration", html`${data.configs.map(configBlock)}`)] : []),
    ...(data.environment.length > 0 ? [section("Environment", environmentList(data))] : []),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${data.title}</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<main>
<header><h1>${data.title}</h1>${data.summary === undefined ? "" : html`<p>${data.summary}</p>`}</header>
${sections}
</main>
<script>${new Html(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

function section(title: string, content: Html, note?: string): Html {
  return html`<section><h2>${title}${note === undefined ? "" : html` <small>${note}</small>`}</h2>${content}</section>\n`;
}

function legend(runs: readonly DrawnRun[]): Html {
  if (runs.length < 2) return html``;
  const entry = ({ name, colour }: DrawnRun): Html =>
    html`<li><svg viewBox="0 0 26 10" aria-hidden="true"><path class="line c${colour}" d="M1 5H25"/></svg>${name}</li>`;
  return html`<ul class="legend">${runs.map(entry)}</ul>`;
}

function metricSection(data: ReportData, runs: readonly DrawnRun[]): Html[] {
  const groups = data.tasks.map((task) => {
    const charts = task.metrics.map(({ name, unit, better }) =>
      lineChart({
        title: name,
        note: `${unit === "" ? "" : `${unit}, `}${better} is better`,
        series: runs.map((run) => ({ ...run, points: run.curves.metrics.get(`${task.name}/${name}`) ?? [] })),
      }),
    );
    if (charts.every((chart) => chart.text === "")) return html``;
    return html`<h3>${task.name}</h3><div class="charts">${charts}</div>`;
  });
  if (groups.every((group) => group.text === "")) return [];
  const splits = [...new Set(runs.flatMap((run) => run.curves.split ?? []))];
  return [section("Metrics during training", html`${legend(runs)}${groups}`, `on ${splits.join(", ")}`)];
}

function lossSection(runs: readonly DrawnRun[]): Html[] {
  const terms = [...new Set(runs.flatMap((run) => [...run.curves.losses.keys()]))];
  const pick = (points: (curves: RunCurves) => readonly CurvePoint[] | undefined) =>
    runs.map((run) => ({ ...run, points: points(run.curves) ?? [] }));
  const charts = terms.map((term) =>
    lineChart({ title: term, series: pick((curves) => curves.losses.get(term)), bands: runs.length === 1 }),
  );
  const groups = [...new Set(runs.flatMap((run) => [...run.curves.learningRates.keys()]))];
  const rates = groups.map((group) =>
    lineChart({
      title: groups.length === 1 ? "learning rate" : `learning rate of ${group}`,
      series: pick((curves) => curves.learningRates.get(group)),
    }),
  );
  if ([...charts, ...rates].every((chart) => chart.text === "")) return [];
  return [
    section(
      "Losses",
      html`${legend(runs)}<div class="charts">${charts}${rates}</div>`,
      "training, one term each",
    ),
  ];
}

function pictureTable({ title, columns, rows, legends = [] }: PictureTable): Html {
  const cell = (name: string, column: string, png: Uint8Array | undefined | null): Html => {
    if (png === null) return html`<td></td>`;
    if (png === undefined) return html`<td class="none">none</td>`;
    const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    return html`<td><img src="${source}" alt="${`${title}, ${column}, ${name}`}"></td>`;
  };
  const row = ({ name, note, pictures }: PictureTable["rows"][number]): Html =>
    html`<tr><th scope="row">${name}${note !== undefined && html`<br><small>${note}</small>`}</th>${columns.map((column, i) => cell(name, column, pictures[i]))}</tr>`;
  return html`<h3>${title}</h3>${legendHtml(legends)}<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="pictures"><thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows.map(row)}</tbody></table></div>`;
}

function drawings(all: NonNullable<ReportData["drawings"]>): Html {
  const figure = ({ title, svg }: (typeof all)[number]): Html => {
    const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    return html`<figure><img src="${source}" alt="${`local features by ${title}`}"></figure>`;
  };
  return html`<div class="charts drawings">${all.map(figure)}</div>`;
}

function coverageBars({ coverage }: ReportData): Html {
  return shareBars(coverage.map(({ task, labelled, total }) => ({ name: task, count: labelled, total })));
}

function configBlock(
  { name, yaml }: ReportData["configs"][number],
  _index: number,
  all: readonly unknown[],
): Html {
  return html`${all.length > 1 && html`<h3>${name}</h3>`}<pre tabindex="0">${yaml}</pre>`;
}

function environmentList({ environment }: ReportData): Html {
  return html`<dl>${environment.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
