/** @file A small project with a self-supervised task beside depth. */
import { join } from "node:path";
import { scratchFolder } from "../helpers/folder.js";
import { writeTiny } from "../helpers/tiny.js";

/** Depth of half of the images, on a small SegNet. */
export const SMALL: readonly string[] = [
  "tasks=[depth]",
  "model={name: segnet, width: 2}",
  "labels={scenario: fraction, fractions: {depth: 0.5}}",
  "optimizer={name: sgd, learningRate: 0.05, momentum: 0.9}",
  "batchSize=2",
  "runtime={threads: 1, workers: 0}",
];

/** Methods beside the supervised one. */
export const WITH = (...added: string[]): string => `method={name: supervised, with: [${added.join(", ")}]}`;

/** A folder with `data`: 8 training images. */
export async function composite(): Promise<string> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 8, val: 2 });
  return folder;
}
