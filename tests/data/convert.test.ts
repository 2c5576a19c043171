import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertDataset } from "../../src/data/convert.js";
import { openFolder } from "../../src/data/folder.js";
import { openDataset } from "../../src/data/formats/index.js";
import { temporaryFolder, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";
import { realData } from "../helpers/real-data.js";

describe("convertDataset", () => {
  it("writes the same dataset again, camera and size included", async () => {
    const source = { format: "folder", path: await tinyFolder() };
    const out = join(await temporaryFolder(), "new");
    const seen: number[] = [];
    const result = await convertDataset({ source, out, onProgress: (done, total) => seen.push(done, total) });
    expect(result).toEqual({ splits: { train: 6, val: 2 }, camera: "kept" });
    expect(seen.slice(-2)).toEqual([8, 8]);
    const [before, after] = [await openFolder(source.path), await openFolder(out)];
    expect(after.info).toEqual(before.info);
    expect(after.description.camera).toEqual(before.description.camera);
    const small = join(await temporaryFolder(), "small");
    await convertDataset({ source: { ...source, size: [3, 4] }, out: small });
    const sample = await (await openFolder(small)).read("val", "val00", ["depth"]);
    expect([sample.height, sample.width, sample.camera!.fx]).toEqual([3, 4, 5]);
  });

  it("writes over no dataset and leaves no dataset.yaml where a file is damaged", async () => {
    const source = { format: "folder", path: await tinyFolder() };
    const onto = await userError(() => convertDataset({ source, out: source.path }));
    expect(onto.facts).toMatchObject({ code: "data.output-exists", where: source.path });
    await writeFiles(source.path, { "train/depth/train03.png": "damaged" });
    const out = await temporaryFolder();
    expect((await userError(() => convertDataset({ source, out }))).facts.code).toBe("data.not-png");
    await expect(readFile(join(out, "dataset.yaml"))).rejects.toThrow("ENOENT");
  });
});

const nyu = realData("nyu-v2");
it.skipIf(nyu === undefined)("keeps real labels to the precision of the files", async () => {
  const source = { format: "nyu-multitask", path: nyu! };
  const out = await temporaryFolder();
  await convertDataset({ source, out });
  const tasks = ["segmentation", "depth", "normals"];
  const before = await (await openDataset(source)).read("train", "000433", tasks);
  const after = await (await openFolder(out)).read("train", "000433", tasks);
  expect(after.image).toEqual(before.image);
  expect(after.labels.segmentation).toEqual(before.labels.segmentation);
  expect(after.labels.depth).toEqual(before.labels.depth);
  expect(after.labels.normals.valid).toEqual(before.labels.normals.valid);
  const worst = after.labels.normals.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - before.labels.normals.data[i])),
    0,
  );
  expect(worst).toBeLessThan(0.01);
});
