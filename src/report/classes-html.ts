/** @file How each class fared: intersection over union by run, and which classes are taken for which. */
import type { ClassResults } from "../tasks/task.js";
import { type Html, html } from "./html.js";

/** The classes of a task, by run. */
export interface TaskClasses {
  readonly task: string;
  /** All with the same classes. */
  readonly runs: readonly { readonly name: string; readonly results: ClassResults }[];
}

/** A matrix of more classes is not drawn: nobody could read it. */
const MOST_CLASSES = 40;

const tenths = (percent: number): string => (Number.isNaN(percent) ? "–" : percent.toFixed(1));
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function bar(percent: number): Html {
  const width = Number.isNaN(percent) ? 0 : percent.toFixed(1);
  return html`<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="share" width="${width}" height="8"/></svg>`;
}

/** Rows are classes: the share of labelled pixels, and the intersection over union of each run. */
function iouTable({ task, runs }: TaskClasses): Html {
  const [{ results: first }] = runs;
  const pixels = total(first.confusion.map(total));
  const row = (name: string, k: number): Html => {
    const share = pixels === 0 ? Number.NaN : (100 * total(first.confusion[k])) / pixels;
    const values = runs.map(({ results }) => results.iou[k]);
    const cells = values.map(
      (value) => html`<td class="bar">${bar(value)}</td><td class="number">${tenths(value)}</td>`,
    );
    return html`<tr><th scope="row">${name}</th><td class="number">${tenths(share)}</td>${cells}</tr>`;
  };
  const heads = runs.map(
    ({ name }) =>
      html`<th scope="col" colspan="2">${runs.length > 1 ? html`${name} <small>IoU %</small>` : "IoU %"}</th>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${`${task}: intersection over union of each class`}"><table class="bars classes"><thead><tr><th scope="col">Class</th><th scope="col" class="number">Pixels %</th>${heads}</tr></thead><tbody>${first.classes.map(row)}</tbody></table></div>`;
}

/** Rows are labels, columns predictions; cells in percent of the row's pixels. */
function confusionTable({ classes, confusion }: ClassResults, title: string): Html {
  const names = confusion[0].length > classes.length ? [...classes, "none of these"] : classes;
  const cell = (count: number, sum: number, right: boolean, said: string): Html => {
    if (count === 0) return html`<td></td>`;
    const share = (100 * count) / sum;
    const colour = `background: color-mix(in srgb, var(${right ? "--up" : "--down"}) ${(0.6 * share).toFixed(0)}%, transparent)`;
    return html`<td style="${colour}" title="${said}">${share < 0.5 ? "·" : share.toFixed(0)}</td>`;
  };
  const row = (name: string, k: number): Html => {
    const sum = total(confusion[k]);
    const cells = confusion[k].map((count, c) =>
      cell(count, sum, c === k, `${((100 * count) / sum).toFixed(2)} % of ${name} taken for ${names[c]}`),
    );
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  };
  const heads = names.map((name) => html`<th scope="col"><span>${name}</span></th>`);
  return html`<details open><summary>${title}</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="confusion"><thead><tr><td></td>${heads}</tr></thead><tbody>${classes.map(row)}</tbody></table></div></details>`;
}

/** Both tables of a task. */
export function classesHtml(classes: TaskClasses): Html {
  const { task, runs } = classes;
  const matrices = runs
    .filter(({ results }) => results.classes.length <= MOST_CLASSES)
    .map(({ name, results }) =>
      confusionTable(results, runs.length > 1 ? `${name}: what is taken for what` : "What is taken for what"),
    );
  const note =
    matrices.length === 0
      ? html`<p class="legend">The confusion matrix has too many classes to be drawn: <code>evaluate --json</code> has it.</p>`
      : html`<p class="legend">Rows are labels, columns predictions; percent of the label's pixels, a dot for less than half of one.</p>`;
  return html`<h3>${task}</h3>${iouTable(classes)}${matrices}${note}`;
}

export const CLASSES_STYLE = `.classes { max-width: none; width: auto; } .classes .bar { width: 160px; min-width: 80px; }
.confusion { font-size: 12px; font-variant-numeric: tabular-nums; }
.confusion td { width: 26px; min-width: 26px; height: 22px; padding: 0; text-align: center; border: 1px solid var(--grid); }
.confusion th { font-weight: 500; padding: 0 8px 0 0; white-space: nowrap; } .confusion thead th { vertical-align: bottom; padding: 0 0 4px; height: 90px; }
.confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; } .confusion thead td { border: 0; }
details { margin-top: 14px; } summary { cursor: pointer; font-size: 14px; font-weight: 600; margin-bottom: 8px; }`;
