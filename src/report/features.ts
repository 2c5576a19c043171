/** @file Local features of a run as plots: one picture a task, each point in the colour of its label. */
import { join, resolve } from "node:path";
import { makeFolder, replaceFile } from "../disk/files.js";
import type { RunPaths } from "../runs/run-folder.js";
import type { LabelMap, Rgb, Task } from "../tasks/task.js";
import { type LocalFeaturesOptions, localFeatures } from "../training/local-features.js";
import { type EmbedOptions, embed } from "./embed.js";
import { scatterFile } from "./scatter.js";

export interface FeaturesOptions
  extends Omit<LocalFeaturesOptions, "onProgress">,
    Pick<EmbedOptions, "perplexity" | "iterations"> {
  /** A folder that has the files, too, beside the run's own. */
  readonly out?: string;
  /** Told how far reading images (`image`) and laying out (`iteration`) are. */
  readonly onProgress?: (unit: "image" | "iteration", done: number, total: number) => void;
}

/** The colour of each place's label; undefined where it has none. */
function coloursOf(label: LabelMap, { kind, spec }: Task): (Rgb | undefined)[] {
  const { data } = kind.drawing.label(label, spec);
  return Array.from(label.valid, (valid, i) =>
    valid === 1 ? ([data[3 * i], data[3 * i + 1], data[3 * i + 2]] as const) : undefined,
  );
}

/**
 * Draws local features of a run by t-SNE (as CompL's Fig. 3): `features-<task>.svg` for each task, coloured
 * by its labels, and `features.json` with places and labels, in the run's folder `features/`, where its
 * report finds them, and in `out`. The same seed gives the same files.
 * @returns the paths of the files, in `out` where that is given.
 * @throws UserError where the run cannot be opened, its data lacks the split, or the files cannot be written.
 */
export async function writeFeatures(run: RunPaths, options: FeaturesOptions): Promise<string[]> {
  const { out, onProgress, split, seed, perplexity, iterations } = options;
  const told = (unit: "image" | "iteration") => (done: number, total: number) =>
    onProgress?.(unit, done, total);
  const found = await localFeatures(run, { ...options, onProgress: told("image") });
  const { tasks, places, labels, features, checkpoint } = found;
  const laid = await embed(features, { perplexity, iterations, seed, onProgress: told("iteration") });
  const files = new Map<string, string>();
  for (const task of tasks) {
    const colours = coloursOf(labels[task.name], task);
    const points = laid.map(([x, y], i) => {
      const { id, x: column, y: row } = places[i];
      return { x, y, colour: colours[i], title: `${id}, column ${column}, row ${row}` };
    });
    const note = `t-SNE of ${points.length} places of ${split}`;
    const legend = task.kind.drawing.legend?.(task.spec);
    files.set(`features-${task.name}.svg`, scatterFile({ title: task.name, note, points, legend }));
  }
  const rows = laid.map(([x, y], i) => ({ ...places[i], tsne: [x, y], labels: labelsAt(labels, i) }));
  const about = { checkpoint, split, seed, perplexity, iterations, channels: features[0]?.length ?? 0 };
  files.set("features.json", `${JSON.stringify({ ...about, places: rows })}\n`);
  const folder = resolve(out ?? run.features);
  for (const each of new Set([resolve(run.features), folder])) {
    await makeFolder(each);
    for (const [name, text] of files) await replaceFile(join(each, name), text);
  }
  return [...files.keys()].map((name) => join(out ?? run.features, name));
}

/** The labels of one place, by task: a number, or several; null where there is none. */
function labelsAt(
  labels: Readonly<Record<string, LabelMap>>,
  i: number,
): Record<string, number[] | number | null> {
  return Object.fromEntries(
    Object.entries(labels).map(([task, { channels, width, data, valid }]) => {
      const values = Array.from({ length: channels }, (_, channel) => data[channel * width + i]);
      return [task, valid[i] !== 1 ? null : channels === 1 ? values[0] : values];
    }),
  );
}
