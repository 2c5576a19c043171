/** @file From a folder of photos to a dataset that opens and a configuration that holds. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/common/random.js";
import { encodePng } from "../../../src/data/files/png.js";
import { openFolder } from "../../../src/data/folder.js";
import { resplitDataset } from "../../../src/data/starting/resplit.js";
import { startDataset } from "../../../src/data/starting/start.js";
import { parseConfig } from "../../../src/training/config/index.js";
import { startingConfig } from "../../../src/training/starting-config.js";
import { greyPng, noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";

const name = (i: number) => `photo ${String.fromCharCode(97 + i)}`;

/** Twenty photos, eight masks, ten depth maps. */
async function project(more: Record<string, string | Uint8Array> = {}) {
  const root = await temporaryFolder();
  const files: Record<string, string | Uint8Array> = { ...more };
  for (let i = 0; i < 20; i++) {
    files[`photos/${name(i)}.png`] = noisePng(16, 12, i);
    if (i < 8) files[`masks/${name(i)}_mask.png`] = greyPng(16, new Array(192).fill(i % 3));
    if (i >= 5 && i < 15) files[`depth/${name(i)}.png`] = greyPng(16, new Array(192).fill(1500), 16);
  }
  await writeFiles(root, files);
  const at = (path: string) => join(root, path);
  return { root, photos: at("photos"), masks: at("masks"), depth: at("depth"), out: at("out") };
}

const config = (found: Parameters<typeof startingConfig>[0]) => ({ "config.yaml": startingConfig(found) });

describe("photos, masks and depth", () => {
  test("become a dataset folder with splits, and a configuration that trains on it", async () => {
    const { photos, masks, depth, out } = await project();
    const found = await startDataset({ photos, masks, depth, out, files: config });
    expect(found.splits).toEqual({ train: 16, val: 2, test: 2 });
    expect(found.labelled).toEqual({ segmentation: 8, depth: 10 });
    const { info, description, labelledTasks, read, passedOver } = await openFolder(out);
    expect(description.tasks).toMatchObject({
      segmentation: { classes: ["background", "class-1", "class-2"] },
      depth: { scale: 0.001 },
    });
    expect(passedOver).toEqual([]);
    for (const [split, ids] of Object.entries(info.splits)) {
      for (const id of ids) {
        const i = id.charCodeAt(id.length - 1) - 97;
        const labels = await labelledTasks(split, id);
        expect(labels).toEqual([...(i < 8 ? ["segmentation"] : []), ...(i >= 5 && i < 15 ? ["depth"] : [])]);
        if (i < 8) {
          const sample = await read(split, id, ["segmentation"]);
          expect(sample.labels.segmentation.data[0]).toBe(i % 3);
        }
      }
    }
    const file = join(out, "config.yaml");
    const parsed = parseConfig(await readFile(file, "utf8"), file);
    expect(parsed).toMatchObject({
      data: { path: out, size: [128, 160] },
      tasks: ["segmentation", "depth"],
      model: { name: "deeplabv3plus" },
      method: { name: "supervised" },
      weighting: { name: "uncertainty" },
      sampling: { balance: "tasks", images: "labelled" },
      steps: 400,
      evaluation: { split: "val" },
    });
    const [id] = info.splits.train;
    expect((await stat(join(out, "train/image", `${id}.png`))).nlink).toBe(2);
  });

  test("without depth are trained by supervision", async () => {
    const { photos, masks, out } = await project();
    const found = await startDataset({ photos, masks, out });
    const parsed = parseConfig(startingConfig(found, "paper"), join(out, "config.yaml"));
    expect(parsed).toMatchObject({ method: { name: "supervised" }, weighting: { name: "equal" } });
  });

  test("in folders inside each other keep apart, and names say where photos were", async () => {
    const { root, out } = await project({ "photos/b/x.png": noisePng(16, 12, 99) });
    const found = await startDataset({
      photos: root,
      masks: join(root, "masks"),
      depth: join(root, "depth"),
      out,
    });
    expect(Object.values(found.splits).reduce((sum, count) => sum + count, 0)).toBe(21);
    const { info } = await openFolder(out);
    expect(Object.values(info.splits).flat()).toContain("photos__b__x");
    expect(found.labelled).toEqual({ segmentation: 8, depth: 10 });
  });

  test("without labels are a dataset without tasks", async () => {
    const { photos, out } = await project();
    expect((await startDataset({ photos, out })).tasks).toEqual({});
  });
});

test("the same photo twice lies in one split, what cannot be read is left out and said", async () => {
  const more = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`photos/copy of ${name(i)}.png`, noisePng(16, 12, i)]),
  );
  const { photos, out } = await project({ ...more, "photos/broken.png": "no picture" });
  const { remarks, splits } = await startDataset({ photos, out });
  expect(remarks[0]).toBe("10 photos shown twice: both lie in one split");
  expect(remarks[1]).toMatch(/^left out: .*broken\.png/);
  expect(Object.values(splits).reduce((sum, count) => sum + count, 0)).toBe(30);
  const { info } = await openFolder(out);
  for (const ids of Object.values(info.splits)) {
    for (const id of ids.filter((each) => each.startsWith("copy"))) expect(ids).toContain(id.slice(8));
  }
});

test("frames of a video are cut into pieces, which lie whole in one split", async () => {
  const random = new Random(3, "video");
  const base = Float32Array.from({ length: 3 * 32 * 24 }, () => random.uniform(40, 200));
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => {
      const data = Uint8Array.from(base, (value) => value + i);
      const png = encodePng({ width: 32, height: 24, channels: 3, data });
      return [`photos/frame_${String(i).padStart(4, "0")}.png`, png];
    }),
  );
  const root = await temporaryFolder();
  await writeFiles(root, files);
  const out = join(root, "out");
  const { remarks } = await startDataset({ photos: join(root, "photos"), out });
  expect(remarks).toEqual(["1 video: frames that follow one another lie in one split"]);
  const { info } = await openFolder(out);
  for (let piece = 0; piece < 10; piece++) {
    const frames = Array.from({ length: 4 }, (_, i) => `frame_${String(4 * piece + i).padStart(4, "0")}`);
    const places = Object.values(info.splits).filter((ids) => ids.includes(frames[0]));
    for (const frame of frames) expect(places[0]).toContain(frame);
  }
});

test("a dataset folder is split anew with its labels", async () => {
  const { photos, masks, out, root } = await project();
  await startDataset({ photos, masks, out, shares: { train: 1, val: 0, test: 0 } });
  const again = join(root, "again");
  const shares = { train: 0.5, val: 0.25, test: 0.25 };
  const { splits } = await resplitDataset({ path: out, out: again, shares });
  expect(splits).toEqual({ train: 10, val: 5, test: 5 });
  const { info, labelledTasks } = await openFolder(again);
  const labels = await Promise.all(
    Object.entries(info.splits).flatMap(([split, ids]) => ids.map((id) => labelledTasks(split, id))),
  );
  expect(labels.filter((tasks) => tasks.includes("segmentation")).length).toBe(8);
});

describe("mistakes are one message", () => {
  test.each([
    ["data.missing-folder", { photos: "nowhere" }],
    ["data.no-photos", { photos: "empty" }],
    ["data.no-pairs", { masks: "others" }],
    ["data.folder-in-use", { out: "photos" }],
  ])("%s", async (code, change) => {
    const { root, photos } = await project({ "empty/readme.md": "", "others/zz.png": greyPng(2, [0, 1]) });
    const given = Object.entries(change).map(([key, path]) => [key, join(root, path)]);
    const options = { photos, out: join(root, "out"), ...Object.fromEntries(given) };
    expect((await userError(() => startDataset(options))).facts.code).toBe(code);
  });
});
