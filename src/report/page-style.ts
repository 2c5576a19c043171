/** @file The look of a report, and the few lines of script that read values off its charts. */

import { CLASSES_STYLE } from "./classes-html.js";
import { LEGEND_STYLE } from "./legend.js";

/** Colours for light and dark screens. */
export const COLOURS = `:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1a2129; --soft: #5a6673; --rule: #dde2e8; --grid: #e9edf1;
  --up: #0a6b3d; --down: #b3261e; --accent: #1f5fbf; --c0: #1f5fbf; --c1: #c2500a; --c2: #0b7a69; --c3: #8a3ab9; --c4: #a8275e; --c5: #5f6b12; }
@media (prefers-color-scheme: dark) { :root { --page: #12161b; --card: #1a2027; --ink: #e6eaef; --soft: #9ba7b4; --rule: #313a45; --grid: #29313b;
  --up: #5fd39a; --down: #ff8f86; --accent: #7fb0ff; --c0: #7fb0ff; --c1: #ffa05a; --c2: #4fd0ba; --c3: #d2a1ff; --c4: #ff8fbb; --c5: #cfdc6a; } }`;

/** What the parts of a chart look like. */
export const CHART_STYLE = `.tick { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); fill: none; } .axis { stroke: var(--soft); fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.dots { fill: none; stroke-width: 5; stroke-linecap: round; }
.band { stroke: none; opacity: 0.18; }
${[0, 1, 2, 3, 4, 5].map((i) => `.line.c${i}, .dots.c${i} { stroke: var(--c${i}); } .band.c${i} { fill: var(--c${i}); }`).join("\n")}
.line.c1 { stroke-dasharray: 7 4; } .line.c2 { stroke-dasharray: 2 4; } .line.c3 { stroke-dasharray: 9 3 2 3; } .line.c4 { stroke-dasharray: 12 4; } .line.c5 { stroke-dasharray: 4 2; }`;

export const PAGE_STYLE = `
${COLOURS}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
header { margin-bottom: 24px; }
h1 { margin: 0 0 4px; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance; }
header p { margin: 0; color: var(--soft); max-width: 75ch; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 20px 24px; margin-bottom: 18px; }
h2 { margin: 0 0 12px; font-size: 18px; }
h2 small, figcaption small, th small { color: var(--soft); font-weight: 400; }
h2 small { font-size: 14px; margin-left: 6px; }
h3 { margin: 18px 0 8px; font-size: 15px; }
h3:first-of-type { margin-top: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.results { width: 100%; }
.results td, .results th { padding: 5px 14px 5px 0; vertical-align: top; }
.results thead th, .bars thead th { border-bottom: 1px solid var(--rule); color: var(--soft); font-weight: 500; padding-bottom: 6px; }
.results tbody { border-bottom: 1px solid var(--rule); }
.results .metric { font-weight: 400; white-space: nowrap; }
.results tfoot td, .results tfoot th { padding-top: 10px; }
abbr { text-decoration: none; color: var(--soft); }
.primary { border: 1px solid var(--rule); border-radius: 4px; padding: 0 5px; margin-left: 4px; font-size: 11px; }
.change { display: inline-block; min-width: 62px; margin-left: 8px; color: var(--soft); font-size: 13px; }
.up { color: var(--up); } .down { color: var(--down); }
p.legend { margin: 10px 0 0; color: var(--soft); font-size: 13px; }
ul.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 14px; }
.legend svg { width: 26px; height: 10px; margin-right: 7px; vertical-align: middle; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 14px 24px; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-size: 14px; display: flex; gap: 8px; align-items: baseline; min-height: 22px; white-space: nowrap; }
figcaption output { margin-left: auto; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; overflow: hidden; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; touch-action: pan-y; }
${CHART_STYLE}
.cursor { stroke: var(--soft); stroke-dasharray: 3 3; }
.pictures th { padding: 0 10px 6px 0; font-size: 13px; font-weight: 500; color: var(--soft); }
.pictures td { padding: 0 10px 10px 0; }
.pictures th[scope=row] { vertical-align: middle; min-width: 76px; max-width: 120px; overflow-wrap: anywhere; }
.pictures img { display: block; width: clamp(110px, 17vw, 190px); height: auto; border-radius: 4px; image-rendering: pixelated; background: var(--grid); }
.pictures .none { color: var(--soft); font-size: 13px; text-align: center; vertical-align: middle; }
.bars { width: 100%; max-width: 720px; }
.bars th, .bars td { padding: 5px 14px 5px 0; }
.bars th[scope=row] { font-weight: 500; }
.bars .bar { width: 55%; } .bars svg { display: block; width: 100%; height: 10px; border-radius: 5px; }
.track { fill: var(--grid); } .share { fill: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: 14px 16px; background: var(--page); border: 1px solid var(--rule); border-radius: 6px; overflow: auto; max-height: 420px;
  font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
${LEGEND_STYLE}
${CLASSES_STYLE}
.drawings img { display: block; width: 100%; height: auto; }
.notes { margin: 0; padding-left: 20px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
footer { color: var(--soft); font-size: 13px; }
@media (max-width: 600px) { main { padding: 18px 8px 48px; } section { padding: 14px 12px; } h1 { font-size: 22px; overflow-wrap: anywhere; }
  .results, .bars { font-size: 13px; } .results td, .results th, .bars th, .bars td { padding-right: 7px; } .results .metric { white-space: normal; }
  .results thead .number { white-space: normal; overflow-wrap: anywhere; } .change { display: block; margin: 0; min-width: 0; font-size: 11px; }
  .pictures th, .pictures td { padding: 0 5px 5px 0; font-size: 10px; } .pictures th[scope=row] { min-width: 46px; max-width: 52px; }
  .pictures img { width: clamp(54px, 14vw, 110px); } }
@media print { :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #bbb; --grid: #ddd; --up: #0a6b3d; --down: #b3261e;
  --accent: #1f5fbf; --c0: #1f5fbf; --c1: #c2500a; --c2: #0b7a69; --c3: #8a3ab9; --c4: #a8275e; --c5: #5f6b12; }
  * { print-color-adjust: exact; }
  main { max-width: none; padding: 0; } section { border: 0; padding: 0; margin-bottom: 28px; }
  .charts { grid-template-columns: repeat(2, 1fr); } pre { max-height: none; white-space: pre-wrap; border: 0; padding: 0; }
  tr, img { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`;

/** Shows the values nearest to the pointer beside a chart's title. The page is complete without it. */
export const PAGE_SCRIPT = `
for (const figure of document.querySelectorAll("[data-chart]")) {
  const { plot, series } = JSON.parse(figure.dataset.chart);
  const svg = figure.querySelector("svg");
  const output = figure.querySelector("output");
  const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
  cursor.setAttribute("class", "cursor");
  svg.append(cursor);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const nearest = series.map(({ points }) => points.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a)));
    cursor.setAttribute("d", "M" + nearest[0][0] + " " + plot[2] + "V" + plot[3]);
    output.textContent = "step " + nearest[0][2] + ": " + nearest.map((point) => point[3]).join(" / ");
  });
  svg.addEventListener("pointerleave", () => { cursor.setAttribute("d", ""); output.textContent = ""; });
}
`;
