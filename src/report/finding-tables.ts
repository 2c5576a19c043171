/** @file Findings as tables of pictures and of classes. */

import type { Task } from "../tasks/task.js";
import type { TaskFindings } from "../training/findings/findings.js";
import { PARTS } from "../training/findings/pictures.js";
import type { TaskClasses } from "./classes-html.js";
import { formatMeasured } from "./numbers.js";
import type { PictureTable } from "./report-data.js";
import { disagreementLegend, findingLegends, pictureLegends } from "./report-task.js";

/** The findings of one run, by the name that the page has for it. */
export interface NamedFindings {
  readonly name: string;
  readonly findings: readonly Omit<TaskFindings, "chosen">[];
}

const ofTask = <F extends { readonly task: string }>(all: readonly F[], { name }: Task): F | undefined =>
  all.find(({ task }) => task === name);

/** The classes of each task that has any, where all runs measured the same ones. */
export function classTables(tasks: readonly Task[], runs: readonly NamedFindings[]): TaskClasses[] {
  return tasks.flatMap((task) => {
    const found = runs.flatMap(({ name, findings }) => {
      const results = ofTask(findings, task)?.perClass;
      return results === undefined ? [] : [{ name, results }];
    });
    if (found.length === 0) return [];
    const names = found[0].results.classes.join();
    return [{ task: task.name, runs: found.filter(({ results }) => results.classes.join() === names) }];
  });
}

/** The worst images of each task of a run, with truth, error and doubt side by side. */
export function worstTables(tasks: readonly Task[], runs: readonly NamedFindings[]): PictureTable[] {
  return runs.flatMap(({ name, findings }) =>
    tasks.flatMap((task): PictureTable[] => {
      const { worst } = ofTask(findings, task) ?? { worst: [] };
      if (worst.length === 0) return [];
      const { infos, primary } = task.kind.metrics;
      const { unit } = infos.find((info) => info.name === primary)!;
      const parts = PARTS.filter((part) => worst.some(({ pictures }) => pictures[part] !== undefined));
      const rows = worst.map(({ id, value, pictures }) => ({
        name: id,
        note: `${primary} ${formatMeasured(value)} ${unit}`.trimEnd(),
        pictures: parts.map((part) => pictures[part]),
      }));
      const title = runs.length > 1 ? `${task.name}, ${name}` : task.name;
      const more = parts.includes("disagreement") ? [disagreementLegend()] : [];
      return [{ title, columns: parts, rows, legends: [...findingLegends(task), ...more] }];
    }),
  );
}

/** The same images of several runs: input, label, and each run's prediction, with its errors below. */
export function chosenTables(
  tasks: readonly Task[],
  runs: readonly { readonly name: string; readonly findings: readonly TaskFindings[] }[],
): PictureTable[] {
  return tasks.flatMap((task): PictureTable[] => {
    const own = runs.map(({ findings }) => ofTask(findings, task)?.chosen ?? []);
    const rows = own[0].flatMap(({ id, pictures }) => {
      const same = own.map((all) => all.find((image) => image.id === id)?.pictures);
      const { input, label } = pictures;
      const predictions = [input, label, ...same.map((each) => each?.prediction)];
      const errors = same.map((each) => each?.errors);
      const below = { name: `${id}, errors`, pictures: [null, null, ...errors] };
      return [{ name: id, pictures: predictions }, ...(errors.some(Boolean) ? [below] : [])];
    });
    if (rows.length === 0) return [];
    const columns = ["input", "label", ...runs.map(({ name }) => (runs.length > 1 ? name : "prediction"))];
    const legends = rows.some(({ name }) => name.endsWith(", errors"))
      ? findingLegends(task).filter(({ title }) => title !== "uncertainty")
      : pictureLegends(task);
    return [{ title: task.name, columns, rows, legends }];
  });
}
