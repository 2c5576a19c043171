import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deriveNormals } from "../../../src/data/formats/derived-normals.js";
import { formats, openDataset } from "../../../src/data/formats/index.js";
import type { LabelMap } from "../../../src/tasks/task.js";
import {
  greyPng,
  noisePng,
  openFiles,
  temporaryFolder,
  userError,
  writeFiles,
} from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { CASES } from "./cases.js";

function histogram(label: LabelMap): Record<string, number> {
  const counts: Record<string, number> = {};
  label.data.forEach((value, i) => {
    const key = label.valid[i] === 1 ? String(value) : "ignored";
    counts[key] = (counts[key] ?? 0) + 1;
  });
  return counts;
}

const sumValid = (label: LabelMap) =>
  label.data.reduce((sum, value, i) => (label.valid[i] === 1 ? sum + value : sum), 0);
const countValid = (label: LabelMap) => label.valid.reduce((sum, ok) => sum + ok, 0);

describe.each(Object.entries(CASES))("format %s", (format, { files, splits, labels, cut: code }) => {
  it("reads its layout", async () => {
    const dataset = await openFiles(format, files);
    expect(dataset.info.splits).toEqual(splits);
    const [[split, [id]]] = Object.entries(splits);
    const sample = await dataset.read(split, id, Object.keys(labels));
    const data = Object.entries(sample.labels).map(([task, label]) => [task, label.data]);
    expect(Object.fromEntries(data)).toEqual(labels);
    expect(await dataset.labelledTasks(split, id)).toEqual(expect.arrayContaining(Object.keys(labels)));
  });

  it("says what it looks for in an empty and in a missing folder", async () => {
    const path = await temporaryFolder();
    const empty = await userError(() => openDataset({ format, path }));
    expect(empty.facts.where).toContain(path);
    const missing = await userError(() => openDataset({ format, path: `${path}/none` }));
    expect(missing.facts).toMatchObject({ code: "data.missing-folder", where: `${path}/none` });
  });

  it("names cut label files", async () => {
    const cut = Object.entries(files).map(([name, content]) => [
      name,
      typeof content === "string" ? content : content.subarray(0, content.length - 15),
    ]);
    const [[split, [id]]] = Object.entries(splits);
    const error = await userError(async () => {
      const dataset = await openFiles(format, Object.fromEntries(cut));
      await dataset.read(split, id, Object.keys(labels));
    });
    expect(error.facts.code).toBe(code ?? "data.truncated-png");
  });
});

describe("openDataset", () => {
  it("suggests a format and resizes on reading", async () => {
    const unknown = await userError(() => openDataset({ format: "camvit", path: "." }));
    expect(unknown.facts).toMatchObject({ code: "data.unknown-format", fix: "Did you mean camvid?" });
    expect(Object.keys(formats).sort()).toEqual([...Object.keys(CASES), "folder"].sort());
    const path = await temporaryFolder();
    await writeFiles(path, CASES.camvid.files);
    const dataset = await openDataset({ format: "camvid", path, size: [4, 6] });
    const sample = await dataset.read("train", "a", ["segmentation"]);
    expect([sample.height, sample.width]).toEqual([4, 6]);
    expect([...sample.labels.segmentation.data.slice(0, 6)]).toEqual([10, 10, 10, 0, 0, 0]);
    const bad = await userError(() => openDataset({ format: "camvid", path, size: [0, 6] }));
    expect(bad.facts.code).toBe("data.bad-size");
  });
});

describe("wrong content", () => {
  it("of a 7-Scenes folder", async () => {
    const base = CASES["seven-scenes"].files;
    for (const [files, code] of [
      [{ "splits.json": "{" }, "data.bad-splits"],
      [{ "splits.json": '{"train": [3]}' }, "data.missing-file"],
      [{ "camera-intrinsics.txt": "1 2 x" }, "data.bad-numbers"],
      [{ "camera-intrinsics.txt": "0 0 0 0 0 0 0 0 1" }, "data.bad-camera"],
    ] as const) {
      expect((await userError(() => openFiles("seven-scenes", { ...base, ...files }))).facts.code).toBe(code);
    }
    const shallow = await openFiles("seven-scenes", {
      ...base,
      "frame-000000.depth.png": greyPng(3, new Array(9).fill(1)),
    });
    const error = await userError(() => shallow.read("train", "000000", ["depth"]));
    expect(error.facts).toMatchObject({ code: "data.pixel-format", got: "8 bits, 1 channel" });
  });

  it("of a COCO file", async () => {
    const { files } = CASES["coco-panoptic"];
    const json = "annotations/panoptic_val2017.json";
    for (const text of ["", "{}", '{"images": 3}']) {
      const error = await userError(() => openFiles("coco-panoptic", { ...files, [json]: text }));
      expect(error.facts.code).toBe("data.bad-coco");
    }
    const stray = String(files[json]).replace("197121", "5");
    const dataset = await openFiles("coco-panoptic", { ...files, [json]: stray });
    const error = await userError(() => dataset.read("val", "a", ["segmentation"]));
    expect(error.facts).toMatchObject({
      code: "data.unknown-segment",
      got: "segment 197121 at row 0, column 0",
    });
  });

  it("of a VOC list", async () => {
    const files = { ...CASES["pascal-voc"].files, "ImageSets/Segmentation/train.txt": "zz\n" };
    expect((await userError(() => openFiles("pascal-voc", files))).facts.code).toBe("data.missing-file");
  });
});

it("turns NYU's axes to the camera's", async () => {
  const dataset = await openFiles("nyu-multitask", CASES["nyu-multitask"].files);
  const { labels } = await dataset.read("train", "7", ["normals"]);
  // First pixel: red = right. Second: blue = up in the file, so minus y here.
  const { data, valid } = labels.normals;
  expect([...valid]).toEqual([1, 1]);
  expect([data[0], data[3]].map((value) => Math.round(value))).toEqual([1, -1]);
});

const camvid = realData("camvid");
describe.skipIf(camvid === undefined)("real CamVid", () => {
  it("has the published counts and, in test, the pixels per class of another decoder", async () => {
    const dataset = await openDataset({ format: "camvid", path: camvid! });
    const counts = Object.entries(dataset.info.splits).map(([split, ids]) => [split, ids.length]);
    expect(Object.fromEntries(counts)).toEqual({ train: 367, val: 101, test: 62 });
    const total: Record<string, number> = {};
    for (const id of dataset.info.splits.test) {
      const { labels, width, height } = await dataset.read("test", id, ["segmentation"]);
      expect([width, height]).toEqual([480, 360]);
      for (const [key, pixels] of Object.entries(histogram(labels.segmentation))) {
        total[key] = (total[key] ?? 0) + pixels;
      }
    }
    const { pixels_per_class } = JSON.parse(await readFile(join(camvid!, "classes.json"), "utf8"));
    const [ignored] = pixels_per_class.test.splice(11);
    expect(total).toEqual({ ...pixels_per_class.test, ignored });
  });
});

const kitchen = realData("seven-scenes-redkitchen");
describe.skipIf(kitchen === undefined)("real 7-Scenes", () => {
  it("has 200 + 40 frames; depth as another decoder reads it; normals towards the camera", async () => {
    const dataset = await openDataset({ format: "seven-scenes", path: kitchen! });
    expect(dataset.info.splits.train).toHaveLength(200);
    expect(dataset.info.splits.val).toHaveLength(40);
    const sample = await dataset.read("train", "000000", ["depth", "normals"]);
    expect(sample.camera).toEqual({ fx: 585, fy: 585, cx: 320, cy: 240 });
    const { depth, normals } = sample.labels;
    expect(countValid(depth)).toBe(273943);
    expect(sumValid(depth)).toBeCloseTo(526822.367, 0);
    expect(depth.data.reduce((a, b) => Math.max(a, b))).toBeCloseTo(3.493, 5);
    expect(countValid(normals)).toBeGreaterThan(0.6 * countValid(depth));
    // Seen at a slant, a surface that faces the camera may still lean away from its axis.
    const away = normals.valid.filter((ok, i) => ok === 1 && normals.data[2 * normals.valid.length + i] > 0);
    expect(away.length).toBeLessThan(0.01 * countValid(normals));
  });
});

const nyu = realData("nyu-v2");
describe.skipIf(nyu === undefined)("real NYU frames", () => {
  it("have the values another decoder reads, and normals that agree with their depth", async () => {
    const dataset = await openDataset({ format: "nyu-multitask", path: nyu! });
    expect(dataset.info.splits).toEqual({ train: ["000433", "000464"] });
    expect(await dataset.labelledTasks("train", "000464")).toEqual(["segmentation", "depth"]);
    const { labels, camera } = await dataset.read("train", "000433", ["segmentation", "depth", "normals"]);
    expect(countValid(labels.depth)).toBe(202179);
    expect(sumValid(labels.depth)).toBeCloseTo(3745231465 / 5000, 0);
    expect(histogram(labels.segmentation)).toEqual({
      0: 99757,
      1: 60666,
      8: 6749,
      10: 37236,
      21: 1616,
      37: 11065,
      38: 53934,
      39: 160,
      ignored: 36017,
    });
    expect(countValid(labels.normals)).toBeGreaterThan(239000);
    const derived = deriveNormals(labels.depth, camera!);
    const angles: number[] = [];
    const area = derived.valid.length;
    for (let i = 0; i < area; i += 7) {
      if (derived.valid[i] + labels.normals.valid[i] < 2) continue;
      let dot = 0;
      for (let at = i; at < 3 * area; at += area) dot += derived.data[at] * labels.normals.data[at];
      angles.push((Math.acos(Math.min(1, dot)) * 180) / Math.PI);
    }
    angles.sort((a, b) => a - b);
    // The depth is raw Kinect depth: the axes are right, the noise remains.
    expect(angles[angles.length >> 1]).toBeLessThan(11);
  });
});

const sun = realData("sunrgbd");
describe.skipIf(sun === undefined)("real SUN RGB-D frames", () => {
  it("are found in both layouts, with depth, labels and camera", async () => {
    const dataset = await openDataset({ format: "sunrgbd", path: sun! });
    expect(dataset.info.splits).toEqual({
      train: ["2014-12-18_11-31-54_260595134347", "img_0063", "train-000001"],
      test: ["test-000001"],
    });
    const kinect = await dataset.read("train", "img_0063", ["depth", "normals"]);
    expect(countValid(kinect.labels.depth)).toBe(239547);
    expect(sumValid(kinect.labels.depth)).toBeCloseTo(469988.845, 0);
    expect(kinect.camera!.fx).toBeCloseTo(520.532);
    expect(kinect.camera!.cx).toBeCloseTo(276.9258);
    expect(countValid(kinect.labels.normals)).toBeGreaterThan(100000);
    const flat = await dataset.read("test", "test-000001", ["depth", "segmentation"]);
    expect(countValid(flat.labels.depth)).toBe(280961);
    expect(sumValid(flat.labels.depth)).toBeCloseTo(4401186735 / 5000, 0);
    expect(histogram(flat.labels.segmentation)).toMatchObject({ 0: 60097, 17: 5, 34: 1810, ignored: 59501 });
    expect(flat.camera).toEqual({ fx: 529.5, fy: 529.5, cx: 364, cy: 264 });
    expect(await dataset.labelledTasks("train", "train-000001")).toEqual(["segmentation"]);
  });
});

const voc = realData("pascal-voc/voc");
describe.skipIf(voc === undefined)("real VOC files", () => {
  it("have the class indices of the palette", async () => {
    const dataset = await openDataset({ format: "pascal-voc", path: voc! });
    expect(Object.values(dataset.info.splits).flat().sort()).toEqual([
      "2011_000003",
      "2011_000006",
      "2011_000025",
    ]);
    const split = dataset.info.splits.train.includes("2011_000003") ? "train" : "val";
    const { labels } = await dataset.read(split, "2011_000003", ["segmentation"]);
    expect(histogram(labels.segmentation)).toEqual({ 0: 125787, 5: 873, 15: 32880, ignored: 9460 });
  });
});

const coco = realData("coco-panoptic");
describe.skipIf(coco === undefined)("real COCO files", () => {
  it("have 133 classes and the areas of another decoder", async () => {
    const dataset = await openDataset({ format: "coco-panoptic", path: coco! });
    expect(dataset.info.splits).toEqual({ examples: ["000000142238", "000000439180"] });
    expect((dataset.info.tasks.segmentation as unknown as { classes: string[] }).classes).toHaveLength(133);
    const { labels } = await dataset.read("examples", "000000142238", ["segmentation"]);
    expect(histogram(labels.segmentation)).toEqual({
      0: 56327,
      32: 175,
      116: 130762,
      119: 8204,
      125: 75100,
      ignored: 2712,
    });
  });
});

const fixtures = realData("format-fixtures");
describe.skipIf(fixtures === undefined)("real BDD100K layout", () => {
  it("pairs images and masks by name; the image without a mask is unlabelled", async () => {
    const path = join(fixtures!, "bdd100k-8x8");
    const dataset = await openDataset({ format: "bdd100k", path });
    expect(dataset.info.splits.train).toHaveLength(3);
    const { labels } = await dataset.read("train", "0004a4c0-d4dff0ad", ["segmentation"]);
    expect(histogram(labels.segmentation)).toEqual({ 2: 13, 8: 51 });
    const labelled = await Promise.all(dataset.info.splits.val.map((id) => dataset.labelledTasks("val", id)));
    expect(labelled.flat()).toEqual(["segmentation", "segmentation", "segmentation"]);
  });

  it("reads a mask of full size", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "labels/sem_seg/masks/train"), { recursive: true });
    const mask = join(root, "labels/sem_seg/masks/train/a.png");
    await cp(join(fixtures!, "bdd100k-toolkit/label/testcases/semseg_mask.png"), mask);
    await writeFiles(root, { "images/10k/train/a.png": noisePng(1280, 720) });
    const dataset = await openDataset({ format: "bdd100k", path: root });
    const { labels } = await dataset.read("train", "a", ["segmentation"]);
    expect(labels.segmentation.valid.length).toBe(1280 * 720);
    expect(countValid(labels.segmentation)).toBeGreaterThan(0);
  });
});
