import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readImage } from "../../src/data/files/raster.js";
import { openFolder, writeSample } from "../../src/data/folder.js";
import { letterboxOf, movedSample } from "../../src/fields/index.js";
import { segnet } from "../../src/models/segnet.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { labelFields } from "../../src/tasks/label-field.js";
import { evaluateSplit } from "../../src/training/evaluate.js";
import {
  evaluateRun,
  exportFiles,
  findRun,
  openModel,
  openRunData,
  predictFiles,
  readModel,
  train,
} from "../../src/training/index.js";
import { networkOf } from "../../src/training/parts.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

/** The tiny dataset, each image stretched to another size. */
async function mixedSizes(folder: string): Promise<void> {
  await writeTiny(folder, { train: 3, val: 2 });
  const { info, description, read } = await openFolder(folder);
  for (const [split, ids] of Object.entries(info.splits)) {
    for (const [n, id] of ids.entries()) {
      const sample = await read(split, id, Object.keys(info.tasks));
      const stretch = { kind: "stretch", height: 36 + n, width: 52 - 9 * n, enlargement: 1 } as const;
      await writeSample(folder, description, split, movedSample(sample, labelFields(info.tasks), stretch));
    }
  }
}

describe.each(["letterbox", "crop"])("images of any sizes with resize: %s", (resize) => {
  test("are trained on, measured, predicted and described, with their predictions at their own size", async () => {
    const folder = scratchFolder();
    await mixedSizes(join(folder, "data"));
    const config = tinyConfig(
      folder,
      ...["data.size=[32,32]", `data.resize=${resize}`, "steps=2", "evaluation.every=2", "runtime.workers=0"],
      ...[
        "labels={scenario: full}",
        "augmentation={scales: [1, 1.5]}",
        "samples.count=1",
        "model.width=2",
        "tasks=[segmentation, depth]",
      ],
    );
    const run = join(folder, "run");
    await train({ config, folder: run });
    const { metrics } = await evaluateRun(findRun(run), { split: "val" });
    expect(metrics.depth.aErr).toBeGreaterThan(0);
    // Undefined where no pixel were measured.
    expect(metrics.segmentation.mIoU).toBeGreaterThanOrEqual(0);
    const out = join(folder, "model.onnx");
    const { description, card } = await exportFiles(findRun(run), { out, check: true });
    const { input } = JSON.parse(readFileSync(description, "utf8"));
    expect(input).toMatchObject({ resize, shape: [1, 3, 32, 32] });
    expect(input.padding).toEqual(resize === "letterbox" ? [114, 114, 114] : undefined);
    expect(readFileSync(card, "utf8")).toContain(resize === "letterbox" ? "ImageOps.pad(" : "photo.crop(");
    const model = await openModel(await nodeEngine({ provider: "cpu" }), await readModel(out), out);
    expect(model.resize).toBe(resize);
    const photo = join(folder, "data/val/image/val-1.png");
    const { written, failed } = await predictFiles(model, [photo], join(folder, "out"));
    await model.release();
    expect(failed).toEqual([]);
    const { picture } = written[0].tasks.depth;
    expect(await readImage(picture)).toMatchObject({ height: 37, width: 43 });
  });
});

test("what is predicted around letterboxed images is not measured", async () => {
  const path = scratchFolder();
  await mixedSizes(path);
  const size = [32, 64] as const;
  const { info } = await openFolder(path);
  const tasks = resolveTasks(info.tasks);
  const source = { format: "folder", path, size, resize: "letterbox" } as const;
  const measured = async (around: number) => {
    let images = 0;
    const predict = async (batch: readonly Float32Array[]) =>
      batch.map(() => {
        const box = letterboxOf({ height: 36 + images, width: 52 - 9 * images++ }, { height: 32, width: 64 });
        const maps = tasks.map(({ name, kind, spec }) => {
          const channels = kind.learning.channels(spec);
          const data = Float32Array.from({ length: channels * 32 * 64 }, (_, i) => {
            const [y, x] = [Math.floor(i / 64) % 32, i % 64];
            const inside =
              y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
            return inside ? 1 + Math.floor(i / 2048) : around;
          });
          return [name, { channels, height: 32, width: 64, data }] as const;
        });
        return Object.fromEntries(maps);
      });
    const plan = { tasks, network: segnet({ width: 2 }), batchSize: 1, size };
    return await evaluateSplit({ plan, predict }, { source, split: "val" });
  };
  expect(await measured(1e6)).toEqual(await measured(-3));
});

describe("what cannot be is refused:", () => {
  test.each([
    ["no size", "data.resize=letterbox", "config.resize-without-size"],
    ["a world without larger pictures", "data={world: rooms, resize: crop}", "config.resize-of-world"],
    [
      "parts for a model of several frames",
      "data={path: data, size: [32, 32], resize: crop}",
      "config.crop-frames",
    ],
  ])("%s", async (what, set, code) => {
    const folder = scratchFolder();
    const config = tinyConfig(folder, set);
    const network = networkOf(config);
    const frames = what.includes("frames") ? 2 : 1;
    expect((await userError(() => openRunData(config, { ...network, frames }))).facts.code).toBe(code);
  });
});
