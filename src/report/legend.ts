/** @file What the colours of pictures mean, as HTML. */
import type { Legend, Rgb } from "../tasks/task.js";
import { type Html, html } from "./html.js";

export interface TitledLegend {
  readonly title: string;
  readonly legend: Legend;
}

const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

function scale({ ends, colours }: Extract<Legend, { kind: "scale" }>): Html {
  const gradient = `background: linear-gradient(to right, ${colours.map(css).join(", ")})`;
  return html`${ends[0]} <span class="scale" style="${gradient}"></span> ${ends[1]}`;
}

function entries({ entries: all }: Extract<Legend, { kind: "entries" }>): Html {
  const swatch = (colour: Rgb) => html`<span class="swatch" style="${`background: ${css(colour)}`}"></span>`;
  return html`${all.map(({ name, colour }) => html`<span class="entry">${swatch(colour)}${name}</span> `)}`;
}

/** One line a legend; black, which stands for pixels without a label everywhere, is explained once. */
export function legendHtml(legends: readonly TitledLegend[]): Html {
  if (legends.length === 0) return html``;
  const line = ({ title, legend }: TitledLegend): Html =>
    html`<dt>${title}</dt><dd>${legend.kind === "scale" ? scale(legend) : entries(legend)}</dd>`;
  return html`<dl class="key">${legends.map(line)}</dl>`;
}

export const LEGEND_STYLE = `.key { margin: 0 0 10px; font-size: 13px; gap: 2px 14px; align-items: baseline; }
.key dd { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: center; }
.entry { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
.swatch { width: 11px; height: 11px; border-radius: 3px; border: 1px solid var(--rule); display: inline-block; }
.scale { width: 120px; height: 10px; border-radius: 5px; display: inline-block; }`;
