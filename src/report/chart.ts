/** @file Small line charts as SVG that need no script, scale with the page and print. */
import { Html, html } from "./html.js";
import { formatNumber } from "./numbers.js";
import { CHART_STYLE, COLOURS } from "./page-style.js";
import { linearScale, logScale, type Scale } from "./scale.js";
import type { CurvePoint } from "./series.js";

export interface ChartSeries {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** Index into the page's colours: the run's number. */
  readonly colour: number;
}

export interface ChartOptions {
  readonly title: string;
  /** Shown behind the title, e.g. a unit or the better direction. */
  readonly note?: string;
  readonly series: readonly ChartSeries[];
  /** Draw the span of the values each point stands for. */
  readonly bands?: boolean;
  /** What stands along the horizontal axis; default `step`. */
  readonly horizontal?: string;
}

const WIDTH = 380;
const HEIGHT = 210;
const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 34;
/** Room for the title of a chart that is a file of its own. */
const HEAD = 28;
/** Curves of fewer points show each. */
const DOTS_BELOW = 40;
/** A range of positive values wider than this is drawn logarithmically. */
const LOG_ABOVE = 50;

const fixed = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

/** A chart drawn, without its frame. */
interface Drawing {
  readonly shapes: Html;
  readonly logarithmic: boolean;
  /** In words. */
  readonly summary: string;
  /** For the script that reads values off: the plot's edges, and points in the picture with their values. */
  readonly data: string;
}

/** A figure with one line a series over training steps; empty text where there is nothing to draw. */
export function lineChart(options: ChartOptions): Html {
  const { title, note } = options;
  const drawing = draw(options);
  if (drawing === undefined) return new Html("");
  const { shapes, logarithmic, summary, data } = drawing;
  return html`<figure class="chart" data-chart="${data}">
<figcaption><b>${title}</b>${note === undefined ? "" : html` <small>${note}</small>`}${logarithmic && html` <small>log scale</small>`}<output></output></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${title}. ${summary}`}">
${shapes}
</svg></figure>`;
}

/** The same as an SVG file of its own, with its legend. Throws RangeError where there is nothing to draw. */
export function chartFile(options: ChartOptions): string {
  const drawing = draw(options);
  if (drawing === undefined) throw new RangeError(`${options.title}: no points to draw`);
  const { shapes, logarithmic, summary } = drawing;
  const { title, note, series } = options;
  const small = [note, logarithmic ? "log scale" : undefined].filter((part) => part !== undefined).join(", ");
  const legend = series.map(
    ({ name, colour }, i) =>
      html`<path class="line c${colour}" d="M${LEFT} ${HEIGHT + 12 + 16 * i}h26"/><text class="tick" x="${LEFT + 33}" y="${HEIGHT + 16 + 16 * i}">${name}</text>`,
  );
  const height = HEAD + HEIGHT + 16 * series.length + 12;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${`${title}. ${summary}`}">
<style>${new Html(`${COLOURS}\n${CHART_STYLE}`)} text { font-family: system-ui, sans-serif; } .title { fill: var(--ink); font-size: 13px; font-weight: 600; }</style>
<rect width="100%" height="100%" rx="8" style="fill: var(--card)"/>
<text class="title" x="${RIGHT}" y="20">${title} <tspan class="tick" font-weight="400">${small}</tspan></text>
<g transform="translate(0 ${HEAD})">
${shapes}
${legend}
</g></svg>
`.text;
}

function draw({ series, bands = false, horizontal = "step" }: ChartOptions): Drawing | undefined {
  const drawn = series.filter((each) => each.points.length > 0);
  const points = drawn.flatMap((each) => each.points);
  if (points.length === 0) return undefined;
  const low = Math.min(...points.map((p) => p.x));
  const high = Math.max(...points.map((p) => p.x));
  const xScale = linearScale(low >= 0 && low < high / 4 ? 0 : low, high, 5, true);
  const { scale: yScale, logarithmic } = valueScale(points);
  const x = (value: number): number => LEFT + xScale.place(value) * (WIDTH - LEFT - RIGHT);
  // A band may reach beyond the axis, which spans the means: a single spike must not flatten the curve.
  const y = (value: number): number => {
    const share = logarithmic && value <= 0 ? 0 : yScale.place(value);
    return TOP + (1 - Math.min(1, Math.max(0, share))) * (HEIGHT - TOP - BOTTOM);
  };
  const summary = drawn.map(({ name, points: [...own] }) => {
    const [first, last] = [own[0], own[own.length - 1]];
    return `${name}: ${formatNumber(first.y)} at ${horizontal} ${formatNumber(first.x)}, ${formatNumber(last.y)} at ${horizontal} ${formatNumber(last.x)}`;
  });
  const data = JSON.stringify({
    plot: [LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM],
    series: drawn.map((each) => ({
      name: each.name,
      colour: each.colour,
      points: each.points.map((p) => [Number(fixed(x(p.x))), Number(fixed(y(p.y))), p.x, formatNumber(p.y)]),
    })),
  });
  const shapes = html`${yScale.ticks.map((tick) => html`<path class="grid" d="M${LEFT} ${fixed(y(tick))}H${WIDTH - RIGHT}"/><text class="tick" text-anchor="end" x="${LEFT - 7}" y="${fixed(y(tick) + 3.5)}">${formatNumber(tick)}</text>`)}
${xScale.ticks.map((tick) => html`<path class="axis" d="M${fixed(x(tick))} ${HEIGHT - BOTTOM}v4"/><text class="tick" text-anchor="middle" x="${fixed(x(tick))}" y="${HEIGHT - BOTTOM + 16}">${formatStep(tick)}</text>`)}
<path class="axis" d="M${LEFT} ${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>
<text class="tick" text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}">${horizontal}</text>
${bands ? drawn.map((each) => bandPath(each, x, y)) : []}
${drawn.map((each) => linePath(each, x, y))}`;
  return { shapes, logarithmic, summary: summary.join(". "), data };
}

function valueScale(points: readonly CurvePoint[]): { scale: Scale; logarithmic: boolean } {
  const low = Math.min(...points.map((p) => p.y));
  const high = Math.max(...points.map((p) => p.y));
  const logarithmic = low > 0 && high > LOG_ABOVE * low;
  return { scale: logarithmic ? logScale(low, high) : linearScale(low, high, 4), logarithmic };
}

type Place = (value: number) => number;

function linePath({ points, colour }: ChartSeries, x: Place, y: Place): Html {
  const places = points.map((p) => `${fixed(x(p.x))} ${fixed(y(p.y))}`);
  const dots = places.map((place) => `M${place}h0`).join("");
  const line = html`<path class="line c${colour}" d="M${places.join("L")}"/>`;
  return points.length < DOTS_BELOW ? html`${line}<path class="dots c${colour}" d="${dots}"/>` : line;
}

function bandPath({ points, colour }: ChartSeries, x: Place, y: Place): Html {
  const upper = points.map((p) => `${fixed(x(p.x))} ${fixed(y(p.high))}`);
  const lower = points.map((p) => `${fixed(x(p.x))} ${fixed(y(p.low))}`).reverse();
  return html`<path class="band c${colour}" d="M${[...upper, ...lower].join("L")}Z"/>`;
}

function formatStep(step: number): string {
  return step >= 10_000 && step % 100 === 0 ? `${step / 1000}k` : String(step);
}

/** Bars of shares, each with its count: how many of `total` are there. */
export function shareBars(
  rows: readonly { readonly name: string; readonly count: number; readonly total: number }[],
): Html {
  const row = ({ name, count, total }: (typeof rows)[number]): Html => {
    const share = total === 0 ? 0 : (100 * count) / total;
    return html`<tr><th scope="row">${name}</th><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="share" width="${fixed(share)}" height="8"/></svg></td><td class="number">${count} of ${total}</td><td class="number">${fixed(share)}%</td></tr>`;
  };
  return html`<table class="bars"><thead><tr><th scope="col">Task</th><th scope="col"><span class="hidden">Share</span></th><th scope="col" class="number">Labelled</th><th scope="col" class="number">Share</th></tr></thead><tbody>${rows.map(row)}</tbody></table>`;
}
