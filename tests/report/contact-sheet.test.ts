import { describe, expect, it } from "vitest";
import { decodePng } from "../../src/data/files/png.js";
import { openDataset } from "../../src/data/formats/index.js";
import { inspectDataset } from "../../src/data/inspect.js";
import { ContactSheet } from "../../src/report/index.js";
import { greyPng, noisePng, temporaryFolder, tinyFolder, writeFiles } from "../helpers/dataset.js";

async function pageOf(path: string, limit?: number): Promise<string> {
  const source = { format: "folder", path };
  const sheet = new ContactSheet((await openDataset(source)).info.tasks, limit);
  const report = await inspectDataset(source, { onSample: async (...sample) => sheet.add(...sample) });
  return sheet.page(report);
}

const names = (page: string) => [...page.matchAll(/<strong>([^<]+)<\/strong>/g)].map((match) => match[1]);
const pictures = (page: string) =>
  [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map((match) =>
    decodePng(Buffer.from(match[1], "base64"), "p"),
  );

describe("a contact sheet", () => {
  it("shows every image with each of its labels, those with problems first", async () => {
    const root = await tinyFolder();
    await writeFiles(root, {
      "train/depth/train04.png": greyPng(4, new Array(12).fill(9), 16),
      "val/segmentation/val01.png": greyPng(8, new Array(48).fill(255)),
    });
    const page = await pageOf(root);
    expect(names(page)).toHaveLength(8);
    expect(names(page).slice(0, 2).sort()).toEqual(["train/train04", "val/val01"]);
    expect(page.match(/<li class="bad">/g)).toHaveLength(2);
    expect(page).toContain("the label is not as large as its image");
    // Of one image the depth label is unreadable.
    expect(pictures(page)).toHaveLength(8 * 4 - 1);
  });

  it("keeps to its limit, whatever the order in which images come", async () => {
    const root = await tinyFolder({ train: 12 });
    await writeFiles(root, { "val/depth/val01.png": greyPng(8, new Array(48).fill(0), 16) });
    const page = await pageOf(root, 5);
    expect(names(page)).toHaveLength(5);
    expect(names(page)[0]).toBe("val/val01");
    expect(page).toContain("the 5 worst of 14 images");
  });

  it("lays the label's colours over the image, and darkens what is not labelled", async () => {
    const root = await temporaryFolder();
    const mask = Array.from({ length: 400 * 200 }, (_, i) => (i % 400 < 200 ? 0 : 255));
    await writeFiles(root, {
      "dataset.yaml": "name: x\ntasks: {s: {kind: segmentation, classes: [a, b]}}\n",
      "train/image/a.png": noisePng(400, 200),
      "train/s/a.png": greyPng(400, mask),
    });
    const [image, label] = pictures(await pageOf(root));
    expect([image.width, image.height]).toEqual([160, 80]);
    const mean = (left: boolean) => {
      const half = [...label.data].filter((_, i) => Math.floor(i / 3) % 160 < 80 === left);
      return half.reduce((sum, value) => sum + value, 0) / half.length;
    };
    expect(mean(false)).toBeLessThan(60);
    expect(mean(true)).toBeGreaterThan(80);
  });

  it("fetches nothing and escapes names", async () => {
    const root = await tinyFolder({ train: 2 });
    await writeFiles(root, { "train/image/<img src=x>.png": noisePng(8, 6) });
    const page = await pageOf(root);
    expect(page).not.toContain("<img src=x>");
    expect(page).toContain("&lt;img src=x&gt;");
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/https?:/);
  });
});
