import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFolder, writeDatasetYaml } from "../../src/data/folder.js";
import { segnet } from "../../src/models/segnet.js";
import { depth, type MeasuredImage, resolveTasks } from "../../src/tasks/index.js";
import { evaluateSplit } from "../../src/training/evaluate.js";
import { scratchFolder } from "../helpers/folder.js";
import { writeTiny } from "../helpers/tiny.js";

test("every label of a split is measured once, with its image; the last batch may be short", async () => {
  const path = scratchFolder();
  await writeTiny(path, { val: 3 });
  const { description, info } = await openFolder(path);
  await writeDatasetYaml(path, { ...description, sequences: "sequences.json" });
  const frames = ["val-2", "val-0"];
  writeFileSync(join(path, "sequences.json"), JSON.stringify({ val: [{ name: "walk", frames }] }));

  const seen: MeasuredImage[] = [];
  const metrics = {
    infos: [{ name: "images", unit: "", better: "higher" }],
    primary: "images",
    accumulator: () => ({
      update: (_prediction, _label, image) => void seen.push(image),
      result: () => ({ images: seen.length }),
    }),
  } satisfies typeof depth.metrics;
  const [{ spec }] = resolveTasks(info.tasks, ["depth"]);
  const tasks = [{ name: "depth", spec, kind: { ...depth, metrics } }];
  const size = [16, 24] as const;
  const batches: number[] = [];
  const predictor = {
    plan: { tasks, network: segnet({ width: 2 }), batchSize: 2, size },
    predict: async (images: readonly Float32Array[]) => {
      batches.push(images.length);
      const map = { channels: 1, height: size[0], width: size[1], data: new Float32Array(16 * 24) };
      return images.map(() => ({ depth: map }));
    },
  };
  const progress: number[][] = [];
  const onProgress = (...images: number[]) => void progress.push(images);
  const source = { format: "folder", path, size };
  const result = await evaluateSplit(predictor, { source, split: "val", onProgress });
  expect(result).toEqual({ depth: { images: 3 } });
  expect(batches).toEqual([2, 1]);
  expect(progress).toEqual([
    [0, 3],
    [2, 3],
    [3, 3],
  ]);
  const own = { width: 32, height: 32 };
  expect(seen).toEqual([
    { id: "val-0", ...own, sequence: { index: 0, name: "walk", frame: 1 } },
    { id: "val-1", ...own },
    { id: "val-2", ...own, sequence: { index: 0, name: "walk", frame: 0 } },
  ]);
});
