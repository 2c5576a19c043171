/** @file Points in the plane, each in its colour, as an SVG file with its legend. */
import type { Legend, Rgb } from "../tasks/task.js";
import { Html, html } from "./html.js";
import { COLOURS } from "./page-style.js";

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Undefined where the point's label is not known: drawn in grey, behind the others. */
  readonly colour?: Rgb;
  /** Shown where the pointer rests on it. */
  readonly title: string;
}

export interface ScatterOptions {
  readonly title: string;
  readonly note?: string;
  readonly points: readonly ScatterPoint[];
  readonly legend?: Legend;
}

const [SIDE, MARGIN, HEAD, LINE] = [480, 14, 30, 17];
/** Letters of the legend are about so wide. */
const LETTER = 6.4;

const css = ([red, green, blue]: Rgb): string => `rgb(${red},${green},${blue})`;
const fixed = (value: number): string => value.toFixed(1);

/** Legend entries in lines no longer than the picture. */
function legendLines(legend: Legend | undefined): { content: Html; height: number } {
  if (legend === undefined) return { content: html``, height: 0 };
  if (legend.kind === "scale") {
    const { ends, colours } = legend;
    const stops = colours.map(
      (colour, i) => html`<stop offset="${(100 * i) / (colours.length - 1)}%" stop-color="${css(colour)}"/>`,
    );
    const start = MARGIN + LETTER * ends[0].length + 8;
    const content = html`<defs><linearGradient id="scale">${stops}</linearGradient></defs><text class="key" x="${MARGIN}" y="11">${ends[0]}</text><rect x="${fixed(start)}" y="2" width="140" height="10" rx="5" fill="url(#scale)"/><text class="key" x="${fixed(start + 148)}" y="11">${ends[1]}</text>`;
    return { content, height: LINE };
  }
  let [x, line] = [MARGIN, 0];
  const entries = legend.entries.map(({ name, colour }) => {
    const width = 22 + LETTER * name.length;
    if (x + width > SIDE - MARGIN && x > MARGIN) [x, line] = [MARGIN, line + 1];
    const entry = html`<circle cx="${fixed(x + 5)}" cy="${LINE * line + 7}" r="4.5" fill="${css(colour)}"/><text class="key" x="${fixed(x + 14)}" y="${LINE * line + 11}">${name}</text>`;
    x += width;
    return entry;
  });
  return { content: html`${entries}`, height: LINE * (line + 1) };
}

/** The file's text. */
export function scatterFile({ title, note, points, legend }: ScatterOptions): string {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const span = Math.max(Math.max(...xs) - left, Math.max(...ys) - top) || 1;
  const place = (value: number, from: number) => MARGIN + ((value - from) / span) * (SIDE - 2 * MARGIN);
  const inOrder = [...points].sort((a, b) => Number(a.colour !== undefined) - Number(b.colour !== undefined));
  const circles = inOrder.map(
    ({ x, y, colour, title: said }) =>
      html`<circle cx="${fixed(place(x, left))}" cy="${fixed(place(y, top))}" r="3"${colour === undefined ? html` class="unknown"` : html` fill="${css(colour)}"`}><title>${said}</title></circle>`,
  );
  const { content, height } = legendLines(legend);
  const small = note === undefined ? html`` : html` <tspan class="small">${note}</tspan>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${HEAD + SIDE + height + 8}" role="img" aria-label="${title}">
<style>${new Html(COLOURS)} text { font-family: system-ui, sans-serif; fill: var(--ink); font-size: 13px; } .title { font-weight: 600; } .small, .key { fill: var(--soft); font-weight: 400; font-size: 12px; } .unknown { fill: var(--rule); } circle { stroke: var(--card); stroke-width: 0.4; }</style>
<rect width="100%" height="100%" rx="8" style="fill: var(--card)"/>
<text class="title" x="${MARGIN}" y="20">${title}${small}</text>
<g transform="translate(0 ${HEAD})">${circles}</g>
<g transform="translate(0 ${HEAD + SIDE})">${content}</g>
</svg>
`.text;
}
