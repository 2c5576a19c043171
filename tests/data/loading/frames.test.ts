import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipsOf } from "../../../src/data/loading/clips.js";
import { openLoader, type StreamPlan } from "../../../src/data/loading/loader.js";
import type { Dataset } from "../../../src/data/types.js";
import { noisePng, tinyFolder, userError, writeFiles } from "../../helpers/dataset.js";

const datasetOf = (sequences: readonly (readonly string[])[]) =>
  ({
    info: {
      name: "walk",
      tasks: {},
      splits: {},
      sequences: { train: sequences.map((frames) => ({ frames })) },
    },
  }) as unknown as Dataset;

describe("clips", () => {
  it("are all stretches of one sequence, and none over a cut", () => {
    const positive = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
        positive(4),
        positive(3),
        (lengths, count, step) => {
          const sequences = lengths.map((length, s) => Array.from({ length }, (_, i) => `${s}:${i}`));
          const span = (count - 1) * step;
          const expected = lengths.reduce((sum, length) => sum + Math.max(0, length - span), 0);
          fc.pre(expected > 0);
          const clips = clipsOf(datasetOf(sequences), "train", { count, step });
          expect(clips).toHaveLength(expected);
          expect(new Set(clips.map(String)).size).toBe(expected);
          for (const clip of clips) {
            expect(clip).toHaveLength(count);
            const places = clip.map((id) => id.split(":").map(Number));
            places.forEach(([sequence, frame], i) => {
              expect([sequence, frame]).toEqual([places[0][0], places[0][1] + i * step]);
            });
          }
        },
      ),
    );
  });

  it("need a sequence that is long enough", async () => {
    const short = datasetOf([["a", "b", "c"]]);
    const { facts } = await userError(() => clipsOf(short, "train", { count: 3, step: 2 }));
    expect(facts).toMatchObject({
      code: "data.no-clips",
      expected: "sequences of at least 5 frames",
      got: "sequences of at most 3",
    });
    expect((await userError(() => clipsOf(short, "val", { count: 1, step: 1 }))).facts.got).toBe(
      "no sequences",
    );
  });
});

// By rows: a quarter turn about the camera's axis, and steps to the right.
const poseAt = (x: number) => [0, -1, 0, x, 1, 0, 0, 2, 0, 0, 1, 3];

/** Six frames in two sequences, all of one picture, on the way to the right. */
async function walk(): Promise<StreamPlan> {
  const path = await tinyFolder({ train: 6 });
  const frames = (numbers: number[]) => numbers.map((n) => `train0${n}`);
  const sequences = {
    train: [
      { frames: frames([0, 1, 2, 3]), poses: [0, 1, 2, 3].map(poseAt) },
      { frames: frames([5, 4]), poses: [5, 4].map(poseAt) },
    ],
  };
  const yaml = join(path, "dataset.yaml");
  await writeFile(yaml, `${await readFile(yaml, "utf8")}sequences: sequences.json\n`);
  await writeFiles(path, {
    "sequences.json": JSON.stringify(sequences),
    ...Object.fromEntries(
      frames([0, 1, 2, 3, 4, 5]).map((id) => [`train/image/${id}.png`, noisePng(8, 6, 3)]),
    ),
  });
  return {
    source: { format: "folder", path },
    split: "train",
    tasks: ["depth"],
    labels: null,
    batchSize: 4,
    size: [6, 8],
    frames: { count: 2, step: 1 },
    arrays: ["camera", "pose", "index"],
    views: [
      {
        from: "sample",
        augmentations: [
          { name: "flip", probability: 0.5 },
          { name: "scale-crop", scales: [1, 1.2, 1.5] },
          { name: "rand-augment", operations: 3 },
        ],
      },
    ],
  };
}

describe("frames of a clip", () => {
  it("share one draw of the augmentation, camera and pose along with it", async () => {
    const loader = await openLoader({ streams: { main: await walk() }, seed: 1, workers: 0 });
    expect(loader.samples).toEqual({ main: 4 });
    let mirrored = 0;
    for (let i = 0; i < 6; i++) {
      const { arrays, drawn } = await loader.next();
      expect(arrays["frame1.image"]).toEqual(arrays.image);
      expect(arrays["frame1.camera"]).toEqual(arrays.camera);
      expect(arrays["frame1.depth.label"].shape).toEqual([4, 1, 6, 8]);
      for (let n = 0; n < 4; n++) {
        const [first, second] = ["pose", "frame1.pose"].map((name) =>
          arrays[name].data.subarray(12 * n, 12 * n + 12),
        );
        expect(arrays.pose.shape).toEqual([4, 3, 4]);
        // A mirror image shows steps to the left, an enlarged one shorter ones.
        const forward = drawn.main[n].id === "train05" ? -1 : 1;
        const stride = (second[3] - first[3]) * forward;
        if (stride < 0) mirrored++;
        expect([1, 1 / 1.2, 1 / 1.5].some((length) => Math.abs(Math.abs(stride) - length) < 1e-6)).toBe(true);
        expect(first[4]).toBe(stride < 0 ? -1 : 1);
      }
      // Places among the four clips, whatever the split has beside them.
      expect([...arrays.index.data].sort()).toEqual([0, 1, 2, 3]);
    }
    await loader.close();
    expect(mirrored).toBeGreaterThan(4);
    expect(mirrored).toBeLessThan(20);
  });

  it("are the same on worker threads, and chosen by the labels of the first", async () => {
    const plan = await walk();
    const labels = { train01: ["depth"], train02: ["depth"], train04: ["depth"] };
    const main: StreamPlan = { ...plan, labels, images: "labelled", batchSize: 2 };
    const take = async (workers: number) => {
      const loader = await openLoader({ streams: { main }, seed: 2, workers });
      const batches = [await loader.next(), await loader.next()];
      await loader.close();
      return batches;
    };
    const here = await take(0);
    expect(await take(2)).toEqual(here);
    for (const { drawn, arrays } of here) {
      // Frame 4 comes last in its sequence: no clip begins there.
      expect(drawn.main.map(({ id }) => id).sort()).toEqual(["train01", "train02"]);
      const follower = drawn.main.map(({ id }) => Number(id === "train01"));
      expect([...arrays["frame1.depth.labelled"].data]).toEqual(follower);
    }
  });
});
