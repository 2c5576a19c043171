import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { datasetText } from "../../../src/cli/dataset-text.js";
import { encodeNpy } from "../../../src/data/files/npy.js";
import { type DatasetReport, inspectDataset } from "../../../src/data/inspect.js";
import { greyPng, noisePng, temporaryFolder, tinyFolder, writeFiles } from "../../helpers/dataset.js";

const inspect = (path: string) => inspectDataset({ format: "folder", path });
const causes = ({ causes }: DatasetReport) =>
  causes.map(({ severity, code, count }) => [severity, code, count]);
const message = (report: DatasetReport, code: string) =>
  report.causes.find((each) => each.code === code)?.message;

/** One split of four 16x16 images with one label each, as a file of the task `t`. */
async function folder(entry: string, label: (n: number) => Uint8Array, extension = "png"): Promise<string> {
  const root = await temporaryFolder();
  const files: Record<string, string | Uint8Array> = { "dataset.yaml": `name: x\ntasks: {t: ${entry}}\n` };
  for (let n = 0; n < 4; n++) {
    files[`train/image/${n}.png`] = noisePng(16, 16, n);
    files[`train/t/${n}.${extension}`] = label(n);
  }
  await writeFiles(root, files);
  return root;
}

const grid = (value: (i: number) => number) => Array.from({ length: 256 }, (_, i) => value(i));

describe("inspect finds", () => {
  it("nothing in a sound folder", async () => {
    expect(causes(await inspect(await tinyFolder({ train: 8 })))).toEqual([]);
  });

  it("black and white masks, whose white is ignored", async () => {
    const entry = "{kind: segmentation, classes: [ground, thing]}";
    const masks = await inspect(
      await folder(entry, (n) =>
        greyPng(
          16,
          grid((i) => ((i + n) % 3 === 0 ? 255 : 0)),
        ),
      ),
    );
    expect(causes(masks)).toEqual([
      ["warning", "label.black-and-white", 4],
      ["warning", "label.absent-class", 1],
    ]);
    expect(message(masks, "label.black-and-white")).toContain(
      '`colours: {ground: "#000000", thing: "#ffffff"}`',
    );
    const indices = await inspect(
      await folder(entry, () =>
        greyPng(
          16,
          grid((i) => [0, 1, 255][i % 3]),
        ),
      ),
    );
    expect(causes(indices)).toEqual([]);
  });

  it("depth in 8 bits, and depth in another unit than the entry says", async () => {
    const bits = await inspect(
      await folder("{kind: depth, scale: 0.02}", () =>
        greyPng(
          16,
          grid((i) => 1 + (i % 200)),
        ),
      ),
    );
    expect(causes(bits)).toEqual([["warning", "label.eight-bit-depth", 4]]);
    const metres = (scale: number) =>
      encodeNpy({ shape: [16, 16], data: Float32Array.from(grid((i) => (1 + i / 64) * scale)) });
    expect(causes(await inspect(await folder("{kind: depth}", () => metres(1), "npy")))).toEqual([]);
    for (const scale of [1000, 0.001]) {
      const report = await inspect(await folder("{kind: depth}", () => metres(scale), "npy"));
      expect(causes(report)).toEqual([["warning", "label.depth-unit", 4]]);
    }
    const steps = encodeNpy({ shape: [16, 16], data: Int32Array.from(grid((i) => 1000 + i)) });
    expect(causes(await inspect(await folder("{kind: depth, scale: 1}", () => steps, "npy")))).toEqual([
      ["warning", "label.depth-unit", 4],
    ]);
  });

  it("maps whose `scale` is missing", async () => {
    const faint = () =>
      greyPng(
        16,
        grid((i) => i),
        16,
      );
    expect(causes(await inspect(await folder("{kind: edges2d}", faint)))).toEqual([
      ["warning", "label.faint-map", 4],
    ]);
    expect(causes(await inspect(await folder("{kind: edges2d, scale: 0.00392}", faint)))).toEqual([]);
  });

  it("the same photo in two splits, a split without labels, classes that a split does not have", async () => {
    const root = await tinyFolder({ train: 8, width: 24, height: 18 });
    await copyFile(join(root, "train/image/train03.png"), join(root, "val/image/val01.png"));
    for (const id of ["val00", "val01"]) await rm(join(root, `val/depth/${id}.png`));
    await writeFiles(
      root,
      Object.fromEntries(
        ["val00", "val01"].map((id) => [`val/segmentation/${id}.png`, greyPng(24, new Array(432).fill(1))]),
      ),
    );
    const report = await inspect(root);
    expect(causes(report)).toEqual([
      ["warning", "label.absent-class", 2],
      ["warning", "data.split-without-labels", 2],
      ["warning", "data.same-photo", 1],
    ]);
    expect(message(report, "label.absent-class")).toBe("segmentation: a, c in no pixel of split val.");
    expect(message(report, "data.same-photo")).toContain("train/train03 and val/val01");
    const { classesBySplit, classes } = report.tasks.segmentation;
    expect(classesBySplit!.val).toEqual([0, 864, 0]);
    expect(classes![1].pixels).toBe(classesBySplit!.train[1] + 864);
    const text = datasetText(report);
    expect(text).toMatch(/segmentation: class +train +val\n/);
    expect(text).toMatch(/\nb +\d+\.\d\d% +100\.00%\n/);
    expect(text).toMatch(/\na +\d+\.\d\d% +never\n/);
  });

  it("each cause once, with a count, while every file stays listed", async () => {
    const root = await tinyFolder();
    const files: Record<string, Uint8Array> = {};
    for (const n of [0, 1, 2]) files[`train/depth/train0${n}.png`] = greyPng(4, new Array(12).fill(9), 16);
    for (const n of [3, 4]) files[`train/depth/train0${n}.png`] = greyPng(8, new Array(48).fill(0), 16);
    await writeFiles(root, { ...files, "train/image/train05.png": "damaged" });
    const report = await inspect(root);
    expect(report.badFiles).toHaveLength(4);
    expect(report.warnings).toHaveLength(2);
    expect(causes(report)).toEqual([
      ["bad", "data.label-size", 3],
      ["bad", "data.unknown-image", 1],
      ["warning", "label.no-valid-pixel", 2],
    ]);
    const [size, image] = report.causes;
    expect(size.message).toBe(`3 depth labels, the first of them: ${report.badFiles[0].message}`);
    expect(size.files).toEqual([0, 1, 2].map((n) => join(root, `train/depth/train0${n}.png`)));
    expect(image.message).toBe(report.badFiles[3].message);
    expect(datasetText(report).match(/^bad: /gm)).toHaveLength(2);
  });
});
