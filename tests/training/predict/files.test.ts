import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decodeNpy } from "../../../src/data/files/npy.js";
import { decodePng } from "../../../src/data/files/png.js";
import { encodeImage, readImage, readRaster } from "../../../src/data/files/raster.js";
import { type LoadedModel, predictArguments, predictFiles } from "../../../src/training/predict/index.js";
import { stripHeight } from "../../../src/training/predict/strips.js";
import { noisePng, writeFiles } from "../../helpers/dataset.js";
import { scratchFolder, userError } from "../../helpers/folder.js";
import { type PointwiseOptions, pointwiseModel, pointwiseTasks, waves } from "../../helpers/pointwise.js";

const opened: LoadedModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.release();
});
async function modelOf(options: PointwiseOptions = {}): Promise<LoadedModel> {
  const model = await pointwiseModel(options);
  opened.push(model);
  return model;
}

/** Image files, each of another size. */
function imageFiles(folder: string, ...names: string[]): string[] {
  return names.map((name, i) => {
    const path = join(folder, `${name}.png`);
    writeFileSync(path, encodeImage(waves(20 + 3 * i, 31 - 2 * i, i)));
    return path;
  });
}

/** Whether two arrays hold the same bytes; far quicker than a deep comparison. */
function same(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [x, y] = [a, b].map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength));
  return x.equals(y);
}

/** The digests of all files of a folder and its sub-folders. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return Object.fromEntries(
    names
      .map((each) => join(each.parentPath, each.name))
      .sort()
      .map((path) => [
        path.slice(folder.length + 1),
        createHash("sha1").update(readFileSync(path)).digest("hex"),
      ]),
  );
}

describe("classes", () => {
  test.each([
    [5, 8, 60, 70],
    [300, 16, 120, 130],
  ])(
    "of %i are written in %i bits: the highest of the enlarged scores, strip by strip",
    async (classes, bits, height, width) => {
      const folder = scratchFolder();
      const model = await modelOf({ classes, tasks: ["segmentation"] });
      const path = join(folder, "a.png");
      writeFileSync(path, encodeImage(waves(height, width)));
      const out = join(folder, "out");
      const { written } = await predictFiles(model, [path], out, { scores: true });
      const { picture, decision, array } = written[0].tasks.segmentation;
      expect(decision).toBe(join(out, "a.segmentation.index.png"));
      const index = decodePng(readFileSync(decision!), decision!);
      expect([index.width, index.height, index.channels]).toEqual([width, height, 1]);
      expect(8 * index.data.BYTES_PER_ELEMENT).toBe(bits);
      const { segmentation } = await model.predict(await readImage(path));
      const stored = decodeNpy(readFileSync(array!), array!);
      expect(stored.shape).toEqual([classes, height, width]);
      expect(same(stored.data, segmentation.data)).toBe(true);
      const area = height * width;
      const highest = Array.from({ length: area }, (_, pixel) => {
        let best = 0;
        for (let c = 1; c < classes; c++) {
          if (segmentation.data[c * area + pixel] > segmentation.data[best * area + pixel]) best = c;
        }
        return best;
      });
      expect(index.data.findIndex((value, i) => value !== highest[i])).toBe(-1);
      expect(new Set(highest).size).toBeGreaterThan(2);
      const [task] = pointwiseTasks(classes, ["segmentation"]);
      const drawn = task.kind.drawing.prediction(segmentation, task.spec);
      expect(same((await readRaster(picture)).data, drawn.data)).toBe(true);
      // What was written is a label file of the task.
      const label = task.kind.files.decode(
        await readRaster(decision!),
        { ...task.spec, ignore: -1 } as never,
        "x",
      );
      expect(label.data.findIndex((value, i) => value !== highest[i])).toBe(-1);
    },
  );

  test("of many make several strips, whose height bounds the memory", () => {
    expect(stripHeight(40, 4000) * 40 * 4000).toBeLessThanOrEqual(2 ** 22);
    expect(stripHeight(300, 130)).toBeLessThan(120);
    expect(stripHeight(100_000, 100_000)).toBe(1);
  });

  test("come without scores unless these are asked for; other tasks' values come always", async () => {
    const folder = scratchFolder();
    const model = await modelOf();
    const { written } = await predictFiles(model, imageFiles(folder, "a"), join(folder, "out"));
    expect(Object.keys(contents(join(folder, "out")))).toEqual([
      "a.depth.npy",
      "a.depth.png",
      "a.normals.npy",
      "a.normals.png",
      "a.segmentation.index.png",
      "a.segmentation.png",
    ]);
    expect(written[0].tasks.segmentation.array).toBeUndefined();
    expect(written[0].tasks.depth.decision).toBeUndefined();
  });
});

describe("batches", () => {
  test("of any size give what single images give, the last one filled up", async () => {
    const folder = scratchFolder();
    const images = imageFiles(folder, "a", "b", "c", "d", "e");
    await predictFiles(await modelOf(), images, join(folder, "one"));
    const done: number[] = [];
    const two = await modelOf({ batchSize: 2 });
    expect(two.batchSize).toBe(2);
    const { written } = await predictFiles(two, images, join(folder, "two"), {
      onProgress: (count) => done.push(count),
    });
    expect(written.map(({ image }) => image)).toEqual(images);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect(contents(join(folder, "two"))).toEqual(contents(join(folder, "one")));
    const image = waves(16, 24);
    expect(await two.predict(image)).toEqual(await (await modelOf()).predict(image));
  });
});

describe("windows", () => {
  test("are blended to files of the image's size", async () => {
    const folder = scratchFolder();
    const images = imageFiles(folder, "a", "b");
    const size = [20, 31] as const;
    await predictFiles(await modelOf({ size }), images.slice(0, 1), join(folder, "whole"), { scores: true });
    const options = { scores: true, tiling: { overlap: 0.5 } };
    await predictFiles(
      await modelOf({ size: [12, 12], batchSize: 3 }),
      images,
      join(folder, "tiled"),
      options,
    );
    const [whole, tiled] = ["whole", "tiled"].map((name) => contents(join(folder, name)));
    expect(Object.keys(tiled).filter((name) => name.startsWith("a."))).toEqual(Object.keys(whole));
    expect(tiled["a.segmentation.index.png"]).toEqual(whole["a.segmentation.index.png"]);
    const [got, expected] = ["tiled", "whole"].map(
      (name) => decodeNpy(readFileSync(join(folder, name, "a.segmentation.npy")), name).data,
    );
    expect(got.length).toBe(expected.length);
    expect(got.findIndex((value, i) => Math.abs(Number(value) - Number(expected[i])) > 1e-5)).toBe(-1);
  });

  test("that leave gaps or never end are refused", async () => {
    const model = await modelOf();
    for (const tiling of [
      { overlap: 1 },
      { overlap: -0.1 },
      { overlap: Number.NaN },
      { size: [0, 8] as const },
    ]) {
      await expect(predictFiles(model, [], scratchFolder(), { tiling })).rejects.toThrow(RangeError);
    }
  });
});

describe("many images", () => {
  test("are predicted but for those that cannot be read, which are reported", async () => {
    const folder = scratchFolder();
    const [a, b] = imageFiles(folder, "a", "b");
    const cut = join(folder, "cut.png");
    writeFileSync(cut, noisePng(30, 30).subarray(0, 500));
    const model = await modelOf({ batchSize: 2 });
    const missing = join(folder, "missing.png");
    const progress: string[] = [];
    const { written, failed } = await predictFiles(model, [cut, a, missing, b], join(folder, "out"), {
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(written.map(({ image }) => image)).toEqual([a, b]);
    expect(failed.map(({ image, error }) => [image, error.facts.code])).toEqual([
      [cut, "data.truncated-png"],
      [missing, "data.missing-file"],
    ]);
    expect(progress).toEqual(["0/4", "1/4", "2/4", "3/4", "4/4"]);
    expect(Object.keys(contents(join(folder, "out")))).toHaveLength(12);
  });

  test("stop where they are told to", async () => {
    const folder = scratchFolder();
    const controller = new AbortController();
    const { written } = await predictFiles(
      await modelOf(),
      imageFiles(folder, "a", "b", "c"),
      join(folder, "out"),
      {
        signal: controller.signal,
        onProgress: (done) => done === 2 && controller.abort(),
      },
    );
    expect(written).toHaveLength(2);
  });

  test("never overwrite one another's predictions, nor an image", async () => {
    const folder = scratchFolder();
    const model = await modelOf({ tasks: ["depth"] });
    const [a, twin] = imageFiles(folder, "a", "a.depth");
    const same = await userError(() => predictFiles(model, [a, a], join(folder, "out")));
    expect(same.facts.code).toBe("predict.same-name");
    const lost = await userError(() => predictFiles(model, [a, twin], folder));
    expect(lost.facts).toMatchObject({ code: "predict.overwrites", where: twin });
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("in folders keep their places; files that are no images are named", async () => {
    const folder = scratchFolder();
    const root = join(folder, "in");
    await writeFiles(root, { "x/1.png": noisePng(9, 9), "y/1.png": noisePng(8, 8), "y/readme.md": "" });
    const model = await modelOf({ tasks: ["depth"] });
    const result = await predictArguments(model, [root, join(folder, "*.jpg")], join(folder, "out"));
    expect(Object.keys(contents(join(folder, "out")))).toEqual([
      "x/1.depth.npy",
      "x/1.depth.png",
      "y/1.depth.npy",
      "y/1.depth.png",
    ]);
    expect(result.passedOver).toEqual([join(root, "y", "readme.md")]);
    expect(result.failed.map(({ error }) => error.facts.code)).toEqual(["predict.no-images"]);
    const picture = await readImage(result.written[1].tasks.depth.picture);
    expect([picture.width, dirname(result.written[1].image)]).toEqual([8, join(root, "y")]);
  });
});
