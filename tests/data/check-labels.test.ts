import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkLabels, type LabelCheck } from "../../src/data/check-labels.js";
import { openFolder } from "../../src/data/folder.js";
import { spread } from "../../src/data/label-look.js";
import { reconcile } from "../../src/data/reconcile.js";
import { availableLabels } from "../../src/data/strip.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { greyPng, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";

async function checkOf(root: string, more: Partial<LabelCheck> = {}): Promise<LabelCheck> {
  const dataset = await openFolder(root);
  return {
    dataset,
    where: root,
    tasks: resolveTasks(dataset.info.tasks),
    training: [{ split: "train", labels: Object.fromEntries(await availableLabels(dataset, "train")) }],
    evaluation: { split: "val", needed: () => true },
    learnsUnlabelled: false,
    ...more,
  };
}

const check = async (root: string, more: Partial<LabelCheck> = {}) =>
  await checkLabels(await checkOf(root, more));

async function removeAll(root: string, folder: string): Promise<void> {
  for (const name of await readdir(join(root, folder))) await rm(join(root, folder, name));
}

describe("checkLabels", () => {
  it("has nothing to say of a sound folder", async () => {
    expect(await check(await tinyFolder())).toEqual([]);
  });

  it("stops where no training image has a label for a task, and says what was passed over", async () => {
    const root = await tinyFolder();
    for (const name of await readdir(join(root, "train/depth"))) {
      await rename(join(root, "train/depth", name), join(root, "train/depth", name.replace(".png", ".mat")));
    }
    const { facts } = await userError(() => check(root));
    expect(facts).toMatchObject({
      code: "data.task-without-labels",
      what: "no training image has a label for depth",
      where: root,
    });
    expect(facts.got).toContain("6 files were passed over, e.g. train00.mat: a container is not read");
    await removeAll(root, "train/normals");
    expect((await userError(() => check(root))).facts.what).toBe(
      "no training image has a label for depth and normals",
    );
  });

  it("tells labels that the scenario took away from those that were never there", async () => {
    const root = await tinyFolder();
    const training = [{ split: "train", labels: { train00: ["segmentation"], train01: ["normals"] } }];
    const { facts } = await userError(() => check(root, { training }));
    expect(facts.what).toBe("no training image keeps a label for depth");
    expect(facts.fix).toContain("`labels`");
    const appended = { split: "val", labels: { val00: ["depth"] } };
    expect(await check(root, { training: [...training, appended] })).toEqual([]);
  });

  it("warns in place of stopping where something else teaches the task", async () => {
    const root = await tinyFolder();
    await removeAll(root, "train/depth");
    expect(await check(root, { learnsUnlabelled: true })).toEqual([
      `${root}: no training image has a label for depth: learnt from the method's other terms alone.`,
    ]);
  });

  it("stops where evaluation cannot measure what checkpoints are chosen by, else warns", async () => {
    const root = await tinyFolder();
    await removeAll(root, "val/depth");
    const { facts } = await userError(() => check(root));
    expect(facts).toMatchObject({
      code: "data.task-not-measured",
      what: "no image of the evaluation split val has a label for depth",
    });
    const needed = (task: string) => task === "segmentation";
    expect(await check(root, { evaluation: { split: "val", needed } })).toEqual([
      `${root}: no image of split val has a label for depth: not measured while training.`,
    ]);
    expect(await check(root, { evaluation: null })).toEqual([]);
  });

  it("warns of classes that never occur, by split, and of labels without a valid pixel", async () => {
    const root = await tinyFolder({ train: 3 });
    const mask = (value: number) => greyPng(8, new Array(48).fill(value));
    await writeFiles(root, {
      "train/segmentation/train00.png": mask(0),
      "train/segmentation/train01.png": mask(255),
      "train/segmentation/train02.png": mask(255),
      "val/segmentation/val00.png": mask(1),
      "val/segmentation/val01.png": mask(2),
      "train/depth/train01.png": greyPng(8, new Array(48).fill(0), 16),
    });
    expect(await check(root)).toEqual([
      `${join(root, "train/segmentation/train01.png")}: no pixel of the label is valid, nor of 1 more segmentation labels.`,
      `${root}: b and c in no pixel of any segmentation label of split train.`,
      `${root}: a in no pixel of any segmentation label of split val.`,
      `${join(root, "train/depth/train01.png")}: no pixel of the label is valid.`,
    ]);
    await writeFiles(root, { "train/segmentation/train00.png": mask(255) });
    expect((await userError(() => check(root))).facts.code).toBe("data.no-valid-label");
  });

  it("warns of what was passed over, and names a damaged label", async () => {
    const root = await tinyFolder();
    await writeFiles(root, { "train/image/a.heic": "x" });
    expect(await check(root)).toEqual([
      `${join(root, "train/image")}: 1 file was passed over, e.g. a.heic: HEIC is not read. Export the photos as JPEG.`,
    ]);
    await writeFiles(root, { "train/depth/train03.png": "x" });
    expect((await userError(() => check(root))).facts.where).toBe(join(root, "train/depth/train03.png"));
  });
});

describe("spread", () => {
  it("keeps every item once, and every beginning spread over the whole", () => {
    const items = Array.from({ length: 37 }, (_, i) => i);
    expect(spread(items).sort((a, b) => a - b)).toEqual(items);
    expect(spread(items).slice(0, 4)).toEqual([0, 18, 9, 27]);
    expect(spread([])).toEqual([]);
  });
});

describe("reconcile", () => {
  const available = new Map([
    ["a", ["depth"]],
    ["b", ["depth", "seg"]],
    ["c", ["seg"]],
    ["d", ["depth", "seg"]],
  ]);
  const run = (listed: Record<string, string[]>) => reconcile(listed, available, ["depth", "seg"], "l.json");

  it("leaves a list alone that fits", () => {
    const listed = { a: ["depth"], b: [], c: ["seg"], d: ["depth", "seg"] };
    expect(run(listed)).toEqual({ labels: listed, changes: [] });
  });

  it("says which samples and labels are gone, and which images are new", () => {
    const listed = { a: ["depth", "seg"], b: ["depth"], gone: ["depth"], c: ["seg"] };
    expect(run(listed)).toEqual({
      labels: { a: ["depth"], b: ["depth"], c: ["seg"] },
      changes: [
        "l.json: 1 sample (gone) no longer in the dataset: left out.",
        "l.json: 1 seg label (a) no longer in the dataset: left out.",
        "l.json: 1 image (d) not in the list: trained without labels.",
      ],
    });
  });

  it("refuses a list of which most belongs to another dataset", async () => {
    expect((await userError(() => run({ x: [], y: [], a: [] }))).facts.code).toBe("data.unknown-id");
    expect((await userError(() => run({ a: ["seg"], c: ["depth"] }))).facts.code).toBe(
      "data.label-not-there",
    );
    expect((await userError(() => run({ a: ["deph"] }))).facts.code).toBe("data.unknown-task");
  });
});
