/** @file A Markdown page of Taskloom's own making (headings, paragraphs, tables, bold, code) as HTML. */
import { Html, html } from "./html.js";
import { COLOURS } from "./page-style.js";

const STYLE = `${COLOURS}
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; margin: 12px 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--rule); }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; }
td:not(:first-child), th:not(:first-child) { text-align: right; }`;

/** Bold and code within a line. */
function inline(text: string): Html[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**")) return html`<b>${part.slice(2, -2)}</b>`;
    return part.startsWith("`") ? html`<code>${part.slice(1, -1)}</code>` : html`${part}`;
  });
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table([head, , ...rows]: readonly string[]): Html {
  const heading = cellsOf(head).map((cell) => html`<th scope="col">${inline(cell)}</th>`);
  const body = rows.map(
    (row) => html`<tr>${cellsOf(row).map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="results"><table><thead><tr>${heading}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function block(text: string): Html {
  const heading = /^(#{1,3}) (.*)$/.exec(text);
  if (heading?.[1] === "#") return html`<h1>${heading[2]}</h1>`;
  if (heading) return html`<h2>${heading[2]}</h2>`;
  return text.startsWith("|") ? table(text.split("\n")) : html`<p>${inline(text)}</p>`;
}

/** The whole page, which stands alone. */
export function markdownPage(text: string, title: string): string {
  const blocks = text
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main>${blocks.map(block)}</main></body>
</html>
`.text;
}
