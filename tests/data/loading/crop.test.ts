import fc from "fast-check";
import { expect, it } from "vitest";
import { encodePng } from "../../../src/data/files/png.js";
import { randomCrop } from "../../../src/data/loading/crop.js";
import { openLoader, type StreamPlan } from "../../../src/data/loading/loader.js";
import { greyPng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";

const [HEIGHT, WIDTH] = [4, 6];

/**
 * Each pixel's place in its image: row in red, column in green, image in blue; the class is (row + column) %
 * 7.
 */
async function placedFolder(sizes: readonly (readonly [number, number])[]): Promise<string> {
  const root = await temporaryFolder();
  const classes = "[a, b, c, d, e, f, g]";
  const files: Record<string, string | Uint8Array> = {
    "dataset.yaml": `name: placed\nsplits: [train]\ntasks: {classes: {kind: segmentation, classes: ${classes}}}\nsequences: s.json\n`,
    "s.json": JSON.stringify({ train: [{ frames: sizes.map((_, n) => `${n}`) }] }),
  };
  for (const [n, [height, width]] of sizes.entries()) {
    const pixels = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);
    const data = Uint8Array.from(pixels.flatMap(([y, x]) => [y, x, n]));
    files[`train/image/${n}.png`] = encodePng({ width, height, channels: 3, data });
    files[`train/classes/${n}.png`] = greyPng(
      width,
      pixels.map(([y, x]) => (y + x) % 7),
    );
  }
  await writeFiles(root, files);
  return root;
}

function planOf(path: string, more: Partial<StreamPlan> = {}): StreamPlan {
  const size = [HEIGHT, WIDTH] as const;
  return {
    source: { format: "folder", path, size, resize: "crop" },
    ...{ split: "train", labels: null, tasks: ["classes"], batchSize: 3, size },
    views: [{ from: "sample", augmentations: [] }],
    ...more,
  };
}

it("takes any place of an image alike, and begins where a smaller one does", () => {
  const starts = new Set<number>();
  for (let n = 0; n < 200; n++)
    starts.add(randomCrop({ height: 9, width: 4 }, { height: 4, width: 6 }, { seed: 1, draw: [n] }).top);
  expect([...starts].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  const sides = fc.integer({ min: 1, max: 50 });
  fc.assert(
    fc.property(sides, sides, sides, sides, fc.integer(), (height, width, rows, columns, n) => {
      const { top, left } = randomCrop(
        { height, width },
        { height: rows, width: columns },
        { seed: 3, draw: [n] },
      );
      expect(top === 0 || (top > 0 && top + rows <= height)).toBe(true);
      expect(left === 0 || (left > 0 && left + columns <= width)).toBe(true);
    }),
  );
});

it("gives batches parts of images of any sizes, at their own resolution, with the labels of the very pixels", async () => {
  const path = await placedFolder([
    [9, 13],
    [5, 30],
    [3, 5],
  ]);
  const loader = await openLoader({ streams: { main: planOf(path) }, seed: 2, workers: 0 });
  const again = await openLoader({ streams: { main: planOf(path) }, seed: 2, workers: 0 });
  const places = new Set<string>();
  const area = HEIGHT * WIDTH;
  for (let step = 0; step < 6; step++) {
    const { arrays } = await loader.next();
    expect((await again.next()).arrays).toEqual(arrays);
    for (let n = 0; n < 3; n++) {
      const value = (c: number, i: number) => Math.round(255 * arrays.image.data[(3 * n + c) * area + i]);
      const image = value(2, 0);
      places.add(`${image}: ${value(0, 0)} ${value(1, 0)}`);
      for (let i = 0; i < area; i++) {
        const [y, x] = [value(0, i), value(1, i)];
        const valid = arrays["classes.valid"].data[n * area + i];
        const [row, column] = [value(0, 0) + Math.floor(i / WIDTH), value(1, 0) + (i % WIDTH)];
        // Only the smallest image ends within a part.
        expect(valid).toBe(Number(image !== 2 || (row < 3 && column < 5)));
        if (valid === 0) continue;
        expect([y, x]).toEqual([row, column]);
        expect(arrays["classes.label"].data[n * area + i]).toBe((y + x) % 7);
      }
    }
  }
  expect(places.size).toBeGreaterThan(6);
  await loader.close();
  await again.close();
});

it("shows one part in all frames of a clip, which must be of one size", async () => {
  const frames = { count: 2, step: 1 };
  const walk = await placedFolder([
    [9, 13],
    [9, 13],
    [9, 13],
  ]);
  const loader = await openLoader({
    streams: { main: planOf(walk, { frames, batchSize: 1 }) },
    seed: 5,
    workers: 0,
  });
  for (let step = 0; step < 3; step++) {
    const { arrays } = await loader.next();
    const names = Object.keys(arrays).filter((name) => name.endsWith("image"));
    const [first, second] = names.map((name) => arrays[name].data.slice(0, 2 * HEIGHT * WIDTH));
    expect(second).toEqual(first);
  }
  await loader.close();
  const mixed = await placedFolder([
    [9, 13],
    [9, 14],
  ]);
  const other = await openLoader({
    streams: { main: planOf(mixed, { frames, batchSize: 1 }) },
    seed: 5,
    workers: 0,
  });
  expect((await userError(() => other.next())).facts.code).toBe("data.mixed-sizes");
  await other.close();
});
