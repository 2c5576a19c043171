/**
 * @file Labels that are there and teach nothing: a file without one valid pixel is a mistake that a run
 * should not hide.
 */
import { UserError } from "../common/errors.js";
import type { FileDataset } from "../data/file-dataset.js";
import type { Batch, Dataset } from "../data/types.js";
import { arrayName } from "../fields/layout.js";

/**
 * Throws UserError `label.no-valid-pixel` where a sample of the batch is labelled by a file that is invalid
 * everywhere. A crop may hold no valid pixel of a sound label, so the file is read again before it is blamed.
 */
export async function requireTeachingLabels(
  batch: Batch,
  dataset: Dataset,
  tasks: readonly string[],
): Promise<void> {
  for (const [stream, drawn] of Object.entries(batch.drawn)) {
    for (const task of tasks) {
      const labelled = batch.arrays[arrayName(`${task}.labelled`, { stream })]?.data;
      // A stream may have no labels at all.
      if (labelled === undefined) continue;
      const valid = batch.arrays[arrayName(`${task}.valid`, { stream })].data;
      const area = valid.length / labelled.length;
      for (const [n, { split, id }] of drawn.entries()) {
        if (labelled[n] === 0 || holdsOne(valid, n * area, (n + 1) * area)) continue;
        const { labels } = await dataset.read(split, id, [task]);
        if (!labels[task].valid.includes(1)) throw noValidPixel(dataset, split, id, task);
      }
    }
  }
}

function noValidPixel(dataset: Dataset, split: string, id: string, task: string): UserError {
  return new UserError({
    code: "label.no-valid-pixel",
    what: "no pixel of the label is valid",
    where: (dataset as Partial<FileDataset>).fileOf?.(split, id, task) ?? `${split}/${id}: ${task}`,
    fix: "Mend the file, or remove it: an image without a label file is simply not labelled for the task.",
  });
}

function holdsOne(valid: Float32Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (valid[i] !== 0) return true;
  return false;
}
