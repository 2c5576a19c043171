import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { convertDataset } from "../../src/data/convert.js";
import { readImage } from "../../src/data/files/raster.js";
import { openFolder } from "../../src/data/folder.js";
import { inspectDataset } from "../../src/data/inspect.js";
import { greyPng, temporaryFolder, userError, writeFiles } from "../helpers/dataset.js";

const YAML = "name: photos\ntasks: {seg: {kind: segmentation, classes: [a, b]}}\n";

/** A photo whose stored left half is white; 24 pixels wide, 16 high. */
async function photo(orientation: number): Promise<Buffer> {
  const data = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (Math.floor(i / 3) % 24 < 12 ? 255 : 0));
  return await sharp(data, { raw: { width: 24, height: 16, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 100 })
    .toBuffer();
}

const stored = greyPng(
  24,
  Array.from({ length: 384 }, (_, i) => Number(i % 24 < 12)),
);
/** Turned clockwise, the left half lies on top. */
const upright = greyPng(
  16,
  Array.from({ length: 384 }, (_, i) => Number(i < 192)),
);

async function folder(mask: Uint8Array, orientation = 6, more = ""): Promise<string> {
  const root = await temporaryFolder();
  await writeFiles(root, {
    "dataset.yaml": YAML + more,
    "train/image/a.jpg": await photo(orientation),
    "train/seg/a.png": mask,
  });
  return root;
}

/** Share of pixels where the mask says what the image shows. */
async function agreement(root: string): Promise<number> {
  const { image, labels } = await (await openFolder(root)).read("train", "a", ["seg"]);
  return (
    labels.seg.data.filter((value, i) => value === Number(image[i] > 0.5)).length / labels.seg.data.length
  );
}

describe("EXIF orientation of photos", () => {
  it("is applied, so that masks drawn on the upright photo fit", async () => {
    expect(await agreement(await folder(upright))).toBe(1);
    const half = greyPng(
      24,
      Array.from({ length: 384 }, (_, i) => Number(i % 24 >= 12)),
    );
    // Turned by 180 degrees: the sizes would not tell.
    expect(await agreement(await folder(half, 3))).toBe(1);
  });

  it("is left alone where dataset.yaml says `orientation: stored`", async () => {
    for (const orientation of [3, 6]) {
      expect(await agreement(await folder(stored, orientation, "orientation: stored\n"))).toBe(1);
    }
  });

  it("is named where the sizes would fit the other way", async () => {
    const root = await folder(stored);
    const { facts } = await userError(async () => (await openFolder(root)).read("train", "a", ["seg"]));
    expect(facts).toMatchObject({
      code: "data.label-size",
      where: join(root, "train/seg/a.png"),
      expected: `16x24 as in ${join(root, "train/image/a.jpg")}, turned upright by its EXIF orientation (6)`,
      got: "24x16",
    });
    expect(facts.fix).toContain("set `orientation: stored`");
    const other = await folder(upright, 6, "orientation: stored\n");
    const report = await inspectDataset({ format: "folder", path: other });
    expect(report.badFiles[0].message).toContain("against its EXIF orientation (6)");
    expect(report.badFiles[0].message).toContain("take `orientation: stored` out of dataset.yaml");
    const odd = await folder(greyPng(3, [0, 1, 1]));
    const size = await userError(async () => (await openFolder(odd)).read("train", "a", ["seg"]));
    expect(size.facts.fix).toBe("Export both at one size.");
  });

  it("is in the pixels of what convert writes, and in nothing else", async () => {
    const out = join(await temporaryFolder(), "out");
    await convertDataset({ source: { format: "folder", path: await folder(upright) }, out });
    expect(await agreement(out)).toBe(1);
    expect(
      (await sharp(await readFile(join(out, "train/image/a.png"))).metadata()).orientation,
    ).toBeUndefined();
  });

  it("is applied by readImage, which predict uses", async () => {
    const { width, height, data } = await readImage(join(await folder(upright), "train/image/a.jpg"));
    expect([width, height, data[0] > 0.9, data[383] < 0.1]).toEqual([16, 24, true, true]);
  });

  it("keeps to a dataset.yaml that says neither of the two words", async () => {
    const root = await folder(upright, 6, "orientation: raw\n");
    expect((await userError(() => openFolder(root))).facts).toMatchObject({
      code: "data.bad-yaml",
      where: join(root, "dataset.yaml:3:14"),
    });
  });
});
