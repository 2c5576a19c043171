import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFolder } from "../../src/data/folder.js";
import { loadLabels } from "../../src/data/labels-file.js";
import { greyPng, noisePng, temporaryFolder, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";

const files = (names: readonly string[], content: string | Uint8Array = "x") =>
  Object.fromEntries(names.map((name) => [name, content]));

async function passedOver(root: string): Promise<(readonly [string, number, string])[]> {
  const { passedOver } = await openFolder(root);
  return passedOver!.map(
    ({ code, count, message }) => [code, count, message.replaceAll(`${root}/`, "")] as const,
  );
}

describe("what a dataset folder holds and does not read", () => {
  it("is nothing in a sound folder; notes and hidden files are not data", async () => {
    const root = await tinyFolder();
    await writeFiles(
      root,
      files(["README.md", "train/image/LICENSE.txt", "train/depth/.DS_Store", "val/image/Thumbs.db"]),
    );
    expect(await passedOver(root)).toEqual([]);
  });

  it("names foreign files by folder and extension, with what to do", async () => {
    const root = await tinyFolder();
    await writeFiles(root, files(["train/image/a.HEIC", "train/image/b.heic", "train/image/train00.json"]));
    await writeFiles(root, files(["val/depth/val00.mat", "val/depth/notes"]));
    expect(await passedOver(root)).toEqual([
      [
        "data.foreign-file",
        2,
        "train/image: 2 files were passed over, e.g. a.HEIC: HEIC is not read. Export the photos as JPEG.",
      ],
      [
        "data.foreign-file",
        1,
        "train/image: 1 file was passed over, e.g. train00.json: .json is not read here.",
      ],
      [
        "data.foreign-file",
        1,
        "val/depth: 1 file was passed over, e.g. notes: files without an extension are not read here.",
      ],
      [
        "data.foreign-file",
        1,
        "val/depth: 1 file was passed over, e.g. val00.mat: a container is not read. Save the arrays as .npy.",
      ],
    ]);
  });

  it("names labels called otherwise than their image, once for all of a kind", async () => {
    const root = await tinyFolder();
    for (const id of ["train00", "train01", "train02"]) {
      await rename(join(root, `train/depth/${id}.png`), join(root, `train/depth/${id}_depth.png`));
    }
    await rename(join(root, "val/segmentation/val00.png"), join(root, "val/segmentation/mask-val00.png"));
    await writeFiles(root, { "train/normals/nobody.npy": "x" });
    const found = await passedOver(root);
    expect(found).toEqual([
      [
        "data.misnamed-label",
        3,
        "train/depth/train00_depth.png: 3 depth labels were passed over in split train: there is no image train00_depth. " +
          'A label is called as its image, train00 here: take "_depth" out of the names, or write it into `layout`.',
      ],
      [
        "data.stray-label",
        1,
        "train/normals/nobody.npy: 1 normals label was passed over in split train: no image belongs to this label.",
      ],
      [
        "data.misnamed-label",
        1,
        "val/segmentation/mask-val00.png: 1 segmentation label was passed over in split val: there is no image mask-val00. " +
          'A label is called as its image, val00 here: take "mask-" out of the names, or write it into `layout`.',
      ],
    ]);
  });

  it("names misspelt folders of tasks and splits with what they may mean", async () => {
    const root = await tinyFolder();
    await rename(join(root, "train/depth"), join(root, "train/Detph"));
    await writeFiles(root, files(["test/image/a.png", "vals/image/a.png"]));
    expect(await passedOver(root)).toEqual([
      [
        "data.unknown-folder",
        1,
        "train/Detph: the folder was passed over: dataset.yaml has no task Detph. Did you mean depth?",
      ],
      [
        "data.unknown-folder",
        1,
        "test: the folder was passed over: dataset.yaml has no split test. Name it under `splits` if it is one.",
      ],
      [
        "data.unknown-folder",
        1,
        "vals: the folder was passed over: dataset.yaml has no split vals. Did you mean val?",
      ],
    ]);
  });

  it("is told where a split has no image that is read", async () => {
    const root = await tinyFolder();
    await rm(join(root, "val/image"), { recursive: true });
    await writeFiles(root, files(["val/image/a.heic", "val/image/b.heic"]));
    const { facts } = await userError(() => openFolder(root));
    expect(facts.code).toBe("data.empty-split");
    expect(facts.got).toContain("2 files were passed over, e.g. a.heic: HEIC is not read");
  });

  it("knows other layouts: one folder for all, a folder a sample", async () => {
    const flat = await temporaryFolder();
    await writeFiles(flat, {
      "dataset.yaml": 'name: x\nlayout: "{split}/{id}_{task}"\ntasks: {depth: {kind: depth}}\n',
      "train/a_image.png": noisePng(1, 1),
      "train/a_depth.png": greyPng(1, [3], 16),
      "train/a_normals.png": noisePng(1, 1),
      "train/b.png": noisePng(1, 1),
    });
    expect(await passedOver(flat)).toEqual([
      [
        "data.unfitting-name",
        2,
        "train: 2 files were passed over, e.g. a_normals.png: such names fit no image and no task of the layout.",
      ],
    ]);
    const deep = await temporaryFolder();
    await writeFiles(deep, {
      "dataset.yaml": 'name: x\nlayout: "{split}/{id}/{task}"\ntasks: {depth: {kind: depth}}\n',
      "train/a/image.png": noisePng(1, 1),
      "train/a/depth.exr.zip": "x",
    });
    expect((await passedOver(deep))[0][2]).toContain("an archive is not read. Unpack it.");
  });
});

describe("names", () => {
  const nfc = "gr\u00fcn";
  const nfd = "gru\u0308n";

  it("match whatever their Unicode form, of files, folders and lists", async () => {
    const root = await temporaryFolder();
    await writeFiles(root, {
      "dataset.yaml": `name: x\ntasks: {"${nfc}": {kind: depth}}\nsequences: order.json\n`,
      "order.json": JSON.stringify({ train: [{ frames: [nfd] }] }),
      [`train/image/${nfd}.png`]: noisePng(1, 1),
      [`train/${nfd}/${nfc}.PNG`]: greyPng(1, [3], 16),
      "labels.json": JSON.stringify({ labels: { [nfd]: [nfc] } }),
    });
    const dataset = await openFolder(root);
    expect(dataset.info.splits.train).toEqual([nfc]);
    expect(dataset.info.sequences).toEqual({ train: [{ frames: [nfc] }] });
    const { labels } = await dataset.read("train", nfc, [nfc]);
    expect(labels[nfc].data[0]).toBeCloseTo(0.003);
    const available = new Map([[nfc, [nfc]]]);
    expect(await loadLabels(join(root, "labels.json"), available, [nfc])).toEqual({ [nfc]: [nfc] });
  });

  it("of one sample in two forms are refused", async () => {
    const root = await tinyFolder();
    await writeFiles(root, { [`train/image/${nfc}.png`]: "x", [`train/image/${nfd}.png`]: "x" });
    expect((await userError(() => openFolder(root))).facts.code).toBe("data.ambiguous-file");
  });
});

describe("label files of every extension", () => {
  it("are read; a preview with loss beside one is passed over, alone it is refused by name", async () => {
    const root = await tinyFolder();
    await writeFiles(root, { "train/depth/train00.jpg": "preview" });
    const dataset = await openFolder(root);
    expect((await dataset.read("train", "train00", ["depth"])).labels.depth.valid).toContain(1);
    expect(dataset.passedOver!.map(({ code, count }) => [code, count])).toEqual([["data.unfitting-name", 1]]);
    await rm(join(root, "train/depth/train01.png"));
    const jpeg = await import("sharp").then(({ default: sharp }) => sharp(noisePng(8, 6)).jpeg().toBuffer());
    await writeFiles(root, { "train/depth/train01.JPG": jpeg });
    const again = await openFolder(root);
    expect(await again.labelledTasks("train", "train01")).toContain("depth");
    const { facts } = await userError(() => again.read("train", "train01", ["depth"]));
    expect(facts).toMatchObject({ code: "data.lossy-label", where: join(root, "train/depth/train01.JPG") });
  });
});
