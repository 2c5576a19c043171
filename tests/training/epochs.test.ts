import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/training/config/index.js";
import { settled } from "../../src/training/epochs.js";
import { readMetrics, train } from "../../src/training/index.js";
import { networkOf } from "../../src/training/parts.js";
import { openRunData } from "../../src/training/run-data.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyText, writeTiny } from "../helpers/tiny.js";

/** Nine of eleven images have a label. */
const LABELS = Object.fromEntries(
  Array.from({ length: 11 }, (_, i) => [`train-${i}`, i < 9 ? ["depth"] : []]),
);
const HALVED = { name: "adam", schedule: { name: "step", everyEpochs: 3 } };

test.each<[Record<string, unknown>, number, number | undefined]>([
  // What fills no batch is dropped.
  [{ epochs: 5, batchSize: 4 }, 10, undefined],
  [{ epochs: 5, batchSize: 2, optimizer: HALVED }, 25, 15],
  [{ steps: 7, batchSize: 4, optimizer: HALVED }, 7, 6],
  [{ epochs: 5, batchSize: 2, accumulate: 2, optimizer: HALVED }, 13, 8],
  // Fewer images than a batch has: one batch.
  [{ epochs: 3, batchSize: 20 }, 3, undefined],
  // Images without labels are appended, so that the others are the labelled ones.
  [{ epochs: 2, batchSize: 3, append: { count: 1 } }, 6, undefined],
])("%o of 11 images are %d steps", async (changes, steps, every) => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 11, val: 1 });
  const config = parseConfig(tinyText({ steps: undefined, ...changes }), join(folder, "config.yaml"));
  const data = await openRunData(config, networkOf(config));
  const found = await settled(config, data, () => Promise.resolve(LABELS));
  expect(found).toMatchObject({ steps, epochs: undefined, tasks: ["segmentation", "depth", "normals"] });
  const { schedule } = found.optimizer;
  if (every !== undefined) expect(schedule).toEqual({ name: "step", every, factor: 0.5 });
});

describe("a mistake is told:", () => {
  test.each([
    [{ steps: 3, epochs: 2 }, /config\.yaml:\d+:\d+: .*in steps and in epochs/],
    [{ epochs: 0 }, /`epochs`/],
    [{ optimizer: { schedule: { name: "step" } } }, /`optimizer.schedule`: needs either `every` or/],
    [{ optimizer: { schedule: { name: "step", every: 3, everyEpochs: 2 } } }, /needs either `every` or/],
  ])("%o", async (changes, message) => {
    const error = await userError(() => parseConfig(tinyText(changes), "/config.yaml"));
    expect(error.message).toMatch(message);
  });
});

it("trains XTasC-Net by epochs, as its paper does, and goes on from the run's own configuration or the first", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 8, val: 2 });
  const text = (epochs: number) =>
    tinyText({
      tasks: ["segmentation", "depth"],
      model: { name: "xtasc-net", encoder: "resnet18", width: 2 },
      method: { name: "xtasc", lambda: 0.01, transfer: "pairs", loss: "consistency", width: 2 },
      weighting: { name: "uncertainty" },
      optimizer: { ...HALVED, learningRate: 1e-3, schedule: { ...HALVED.schedule, everyEpochs: 1 } },
      batchSize: 4,
      steps: undefined,
      epochs,
    });
  const config = (epochs: number) => parseConfig(text(epochs), join(folder, "config.yaml"));
  const run = join(folder, "run");
  expect(await train({ config: config(2), folder: run })).toMatchObject({ step: 4, steps: 4 });
  const written = parse(readFileSync(join(run, "config.resolved.yaml"), "utf8"));
  expect(written).toMatchObject({
    steps: 4,
    optimizer: { schedule: { name: "step", every: 2, factor: 0.5 } },
  });
  expect(written).not.toHaveProperty("epochs");
  expect(written.optimizer.schedule).not.toHaveProperty("everyEpochs");

  expect(await train({ config: config(3), folder: run, resume: true })).toMatchObject({ step: 6, steps: 6 });
  const steps = readMetrics(join(run, "metrics.jsonl")).flatMap((record) =>
    record.kind === "step" ? [record] : [],
  );
  expect(steps.map(({ learningRates }) => Object.values(learningRates)[0])).toEqual([
    1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4, 2.5e-4,
  ]);
  for (const { losses } of steps) {
    expect(Object.keys(losses)).toEqual(
      expect.arrayContaining(["xtasc.segmentation.depth", "xtasc.depth.segmentation", "total"]),
    );
    expect(losses["xtasc.segmentation.depth"]).toBeGreaterThan(0);
  }
});
