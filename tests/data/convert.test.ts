import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertDataset } from "../../src/data/convert.js";
import { encodeNpy } from "../../src/data/files/npy.js";
import { encodePng } from "../../src/data/files/png.js";
import { openFolder } from "../../src/data/folder.js";
import { openDataset } from "../../src/data/formats/index.js";
import { noisePng, temporaryFolder, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";
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

  it("keeps values that the files' integers cannot hold, and turns colours into class indices", async () => {
    const from = await temporaryFolder();
    await writeFiles(from, {
      "dataset.yaml":
        "name: far\ntasks:\n  depth: {kind: depth}\n" +
        "  seg: {kind: segmentation, classes: [a, b], colours: {a: [1, 2, 3], b: '#0a0b0c'}}\n",
      "train/image/x.png": noisePng(2, 1),
      "train/depth/x.npy": encodeNpy({ shape: [1, 2], data: Float32Array.of(120, 1.5) }),
      "train/seg/x.png": encodePng({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(10, 11, 12, 1, 2, 3),
      }),
    });
    const out = join(await temporaryFolder(), "out");
    await convertDataset({ source: { format: "folder", path: from }, out });
    const { labels } = await (await openFolder(out)).read("train", "x", ["depth", "seg"]);
    expect([...labels.depth.data]).toEqual([120, 1.5]);
    expect([...labels.seg.data]).toEqual([1, 0]);
  });

  it("writes over nothing, and leaves nothing where a file is damaged", async () => {
    const source = { format: "folder", path: await tinyFolder() };
    const onto = await userError(() => convertDataset({ source, out: source.path }));
    expect(onto.facts).toMatchObject({ code: "data.folder-in-use", where: source.path });
    await writeFiles(source.path, { "train/depth/train03.png": "damaged" });
    const out = await temporaryFolder();
    expect((await userError(() => convertDataset({ source, out }))).facts.code).toBe("data.unknown-image");
    expect(await readdir(out)).toEqual([]);
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
