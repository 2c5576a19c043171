import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectDataset } from "../../src/data/inspect.js";
import { greyPng, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";
import { realData } from "../helpers/real-data.js";

describe("inspectDataset", () => {
  it("counts images, labels, sizes, values and classes", async () => {
    const path = await tinyFolder({ train: 4 });
    await rm(join(path, "train/depth/train01.png"));
    for (const task of ["segmentation", "depth"]) await rm(join(path, `train/${task}/train02.png`));
    await rm(join(path, "train/normals/train02.npy"));
    const report = await inspectDataset({ format: "folder", path });
    expect(report).toMatchObject({
      name: "tiny",
      splits: { train: 4, val: 2 },
      sizes: { "8x6": 6 },
      cameras: 6,
      unlabelled: { train: 1, val: 0 },
      badFiles: [],
      warnings: [],
    });
    const { depth, segmentation, normals } = report.tasks;
    expect(depth).toMatchObject({
      kind: "depth",
      labelled: { train: 2, val: 2 },
      coverage: { train: 0.5, val: 1 },
      read: 4,
    });
    expect(depth.values).toEqual([{ min: 1, max: 2.5, mean: expect.any(Number) }]);
    expect(depth.classes).toBeUndefined();
    expect(segmentation.classes!.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const pixels = segmentation.classes!.reduce((sum, { pixels }) => sum + pixels, 0);
    expect(pixels / (5 * 48)).toBeCloseTo(segmentation.validShare!, 10);
    expect(normals.values).toHaveLength(3);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("lists every bad file by name and goes on", async () => {
    const path = await tinyFolder({ train: 6 });
    const whole = greyPng(8, new Array(48).fill(0));
    await writeFiles(path, {
      "train/segmentation/train00.png": whole.subarray(0, 55),
      "train/depth/train01.png": greyPng(4, new Array(12).fill(9), 16),
      "train/segmentation/train02.png": greyPng(8, new Array(48).fill(9)),
      "train/depth/train03.png": greyPng(8, new Array(48).fill(0), 16),
      "train/image/train04.png": "no image",
      "train/normals/train05.npy": "no array",
      "train/depth/nobody.png": greyPng(8, new Array(48).fill(7), 16),
    });
    const seen: number[] = [];
    const report = await inspectDataset(
      { format: "folder", path },
      { onProgress: (done, total) => seen.push(done / total) },
    );
    const at = (name: string) => join(path, "train", name);
    expect(report.badFiles.map(({ file, code }) => [file, code])).toEqual([
      [at("segmentation/train00.png"), "data.truncated-png"],
      [at("depth/train01.png"), "data.label-size"],
      [at("segmentation/train02.png"), "label.class-out-of-range"],
      [at("image/train04.png"), "data.unknown-image"],
      [at("normals/train05.npy"), "data.bad-npy"],
    ]);
    expect(report.warnings.map(({ file, code }) => [file, code])).toEqual([
      [at("depth/nobody.png"), "data.stray-label"],
      [at("depth/train03.png"), "label.no-valid-pixel"],
    ]);
    for (const { file, message } of [...report.badFiles, ...report.warnings]) expect(message).toContain(file);
    expect(report.tasks.depth.read).toBe(6);
    expect(seen.at(-1)).toBe(1);
  });

  it("throws where the dataset cannot be opened", async () => {
    const error = await userError(() => inspectDataset({ format: "folder", path: "/none" }));
    expect(error.facts.code).toBe("data.missing-folder");
  });
});

const voc = realData("pascal-voc/voc");
it.skipIf(voc === undefined)("inspects a public dataset", async () => {
  const report = await inspectDataset({ format: "pascal-voc", path: voc! });
  expect(report.badFiles).toEqual([]);
  expect(report.sizes).toEqual({ "500x338": 1, "500x375": 2 });
  expect(report.tasks.segmentation.classes!.find(({ name }) => name === "person")!.pixels).toBe(
    32880 + 34816,
  );
});
