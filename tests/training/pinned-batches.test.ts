import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Batch } from "../../src/data/types.js";
import { openTrainingLoader } from "../../src/training/batch-plan.js";
import { networkOf } from "../../src/training/parts.js";
import { openRunData, runLabels } from "../../src/training/run-data.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

/** Names, shapes and values of the arrays of a run's batches, over more than one epoch. */
async function digest(settings: readonly string[]): Promise<string> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 9, more: 4, val: 2 });
  const config = tinyConfig(folder, "runtime.workers=0", ...settings);
  const data = await openRunData(config, { ...networkOf(config), sizeMultiple: 1 });
  const loader = await openTrainingLoader(config, data, await runLabels(config, data));
  const hash = createHash("sha256");
  for (let step = 0; step < 5; step++) {
    const batch: Batch = await loader.next();
    hash.update(batch.drawn.main.map(({ id }) => id).join());
    for (const name of Object.keys(batch.arrays).sort()) {
      const { shape, data } = batch.arrays[name];
      hash
        .update(`${name} ${shape.join()}`)
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  await loader.close();
  return hash.digest("hex").slice(0, 16);
}

// What a configuration and a seed give is a promise: tables are compared over versions. Nobody may renew
// these lightly.
test.each([
  ["one view", "deb00718790b3149", ["seed=3"]],
  [
    "two views, images without labels appended",
    "e43149f43b2a867b",
    [
      "method={name: consistency}",
      "append={count: 1}",
      "batchSize=2",
      "labels={scenario: onelabel, unlabelled: 0.4}",
    ],
  ],
  [
    "three views, a split appended",
    "9446b3ad09b3d3c6",
    ["method={name: jtr, variant: released, width: 4}", "append={count: 2, split: more, tasks: [depth]}"],
  ],
  [
    "a crop of a crop, colours by configuration",
    "ad1d1c6c7e60c913",
    [
      "method={name: consistency, geometry: undone}",
      "augmentation={scales: [1.3], flip: 0.3, photometric: 4}",
    ],
  ],
  [
    "images resized on reading",
    "ef7a383ee338ec1e",
    ["data.size=[48, 16]", "augmentation={scales: [], flip: 0}"],
  ],
  ["a set smaller than a batch", "295715c7343a0569", ["batchSize=11", "tasks=[normals, depth]"]],
])("%s: the batches are those of earlier versions", async (_what, expected, settings) => {
  expect(await digest(settings)).toBe(expected);
});
