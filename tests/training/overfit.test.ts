import { join } from "node:path";
import { expect, test } from "vitest";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

/** Loss terms at the first and the last step, on four images without augmentation. */
async function losses(...set: string[]): Promise<[Record<string, number>, Record<string, number>]> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 4 });
  const config = tinyConfig(
    folder,
    "labels={scenario: full}",
    "model.width=8",
    "augmentation={scales: [], flip: 0}",
    "evaluation.split=null",
    "checkpoint={every: 1000, best: null}",
    "optimizer={name: adam, learningRate: 0.003}",
    ...set,
  );
  await train({ config, folder: join(folder, "run") });
  const records = readMetrics(join(folder, "run", "metrics.jsonl"));
  const lossesOf = ({ losses }: (typeof records)[0]) => ({ ...losses }) as Record<string, number>;
  return [lossesOf(records[0]), lossesOf(records.at(-1)!)];
}

test("supervised training learns four images by heart", async () => {
  const [first, last] = await losses("steps=120");
  expect(last.total / first.total).toBeLessThan(0.1);
});

test("JTR learns the one label an image by heart, and pulls predictions and labels together", async () => {
  const [first, last] = await losses(
    "steps=150",
    "method={name: jtr, variant: paper, width: 4}",
    "labels={scenario: onelabel}",
    "optimizer.learningRate=0.005",
  );
  const supervised = (terms: Record<string, number>) => terms.segmentation + terms.depth + terms.normals;
  expect(supervised(last) / supervised(first)).toBeLessThan(0.2);
  expect(last["jtr.distance"] / first["jtr.distance"]).toBeLessThan(0.02);
  // Cross-entropy against soft targets cannot fall below their entropy.
  expect(last["jtr.reconstruction"] / first["jtr.reconstruction"]).toBeLessThan(0.7);
});
