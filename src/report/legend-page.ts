/** @file A page beside predictions: what their colours and numbers mean. */
import { replaceFile } from "../disk/files.js";
import type { Task } from "../tasks/task.js";
import { Html, html } from "./html.js";
import { LEGEND_STYLE, legendHtml } from "./legend.js";
import { COLOURS } from "./page-style.js";

const STYLE = `${COLOURS}
body { margin: 24px; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
${LEGEND_STYLE}`;

/** Writes the page. Throws UserError where it cannot be written. */
export async function writeLegend(path: string, tasks: readonly Task[]): Promise<void> {
  const part = ({ name, kind, spec }: Task): Html => {
    const legend = kind.drawing.legend?.(spec);
    const values = kind.learning.meaning === undefined ? "" : html`<p>Values: ${kind.learning.meaning}.</p>`;
    return html`<h2>${name}</h2>${values}${legend === undefined ? "" : legendHtml([{ title: "colours", legend }])}`;
  };
  const page = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Legend</title><style>${new Html(STYLE)}</style></head>
<body><h1>Legend</h1>${tasks.map(part)}</body>
</html>
`;
  await replaceFile(path, page.text);
}
