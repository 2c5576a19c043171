import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { openSplit } from "../../src/data/evaluation-reader.js";
import { openDataset } from "../../src/data/formats/index.js";
import { saveLabels } from "../../src/data/labels-file.js";
import { openLoader, type StreamPlan } from "../../src/data/loading/loader.js";
import { drawSound } from "../../src/data/loading/sound-draw.js";
import { readSound, SkipLog } from "../../src/data/sound-samples.js";
import { availableLabels } from "../../src/data/strip.js";
import type { Batch, SkippedFile } from "../../src/data/types.js";
import { greyPng, noisePng, temporaryFolder, tinyFolder, userError, writeFiles } from "../helpers/dataset.js";

const TASKS = ["segmentation", "depth", "normals"];

/** A folder of training images of which some files are bad. */
async function spoilt(count: number, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await tinyFolder({ train: count });
  await writeFiles(root, files);
  return root;
}

function streamOf(path: string, more: Partial<StreamPlan> = {}): StreamPlan {
  return {
    source: { format: "folder", path },
    split: "train",
    tasks: TASKS,
    labels: null,
    batchSize: 4,
    size: [6, 8],
    views: [{ from: "sample", augmentations: [] }],
    ...more,
  };
}

describe("readSound", () => {
  it("gives a sound sample as it is", async () => {
    const dataset = await openDataset({ format: "folder", path: await tinyFolder() });
    const { sample, skipped } = await readSound(dataset, "train", "train00", TASKS);
    expect(sample).toEqual(await dataset.read("train", "train00", TASKS));
    expect(skipped).toEqual([]);
  });

  it("leaves out labels that are damaged, misfit, out of range or blank, and names each file", async () => {
    const path = await spoilt(4, {
      "train/depth/train00.png": greyPng(8, new Array(48).fill(0), 16),
      "train/segmentation/train00.png": greyPng(4, new Array(16).fill(0)),
      "train/normals/train00.npy": "no array",
    });
    const dataset = await openDataset({ format: "folder", path });
    const { sample, skipped } = await readSound(dataset, "train", "train00", TASKS);
    expect(Object.keys(sample.labels)).toEqual([]);
    expect(sample.image).toHaveLength(3 * 48);
    expect(skipped.map(({ task }) => task).sort()).toEqual([...TASKS].sort());
    for (const { task, reason } of skipped) expect(reason).toContain(join(path, `train/${task}/train00`));
  });

  it("throws where the image is bad", async () => {
    const path = await spoilt(2, { "train/image/train01.png": "no image" });
    const dataset = await openDataset({ format: "folder", path });
    const { facts } = await userError(() => readSound(dataset, "train", "train01", TASKS));
    expect(facts.where).toContain("train01.png");
  });
});

describe("a loader that skips bad files", () => {
  it("takes bad labels for none and the next sample for a bad image, the same on any thread", async () => {
    const main = streamOf(
      await spoilt(6, {
        "train/depth/train02.png": greyPng(8, new Array(48).fill(0), 16),
        "train/image/train03.png": "no image",
        // Of another size than the others.
        "train/image/train05.png": noisePng(4, 4),
      }),
    );
    const take = async (workers: number) => {
      const loader = await openLoader({ streams: { main }, seed: 4, workers, badFiles: "skip" });
      const batches: Batch[] = [];
      for (let batch = 0; batch < 8; batch++) batches.push(await loader.next());
      await loader.close();
      return batches;
    };
    const batches = await take(0);
    const log = new SkipLog();
    for (const { arrays, drawn, skipped = [] } of batches) {
      log.add(skipped);
      drawn.main.forEach(({ id }, n) => {
        expect(["train03", "train05"]).not.toContain(id);
        expect(arrays["depth.labelled"].data[n]).toBe(Number(id !== "train02"));
        expect(arrays["normals.labelled"].data[n]).toBe(1);
      });
    }
    expect(log.all.map(({ id, task }) => `${id} ${task}`).sort()).toEqual([
      "train02 depth",
      "train03 null",
      "train05 null",
    ]);
    const plain = ({ arrays, drawn }: (typeof batches)[number]) => ({ arrays, drawn });
    expect((await take(2)).map(plain)).toEqual(batches.map(plain));
  });

  it("ends where not one image can be read", async () => {
    const path = await tinyFolder({ train: 2 });
    for (const id of ["train00", "train01"]) await writeFile(join(path, `train/image/${id}.png`), "no image");
    const loader = await openLoader({
      ...{ streams: { main: streamOf(path) }, seed: 0, workers: 0 },
      badFiles: "skip",
    });
    expect((await userError(() => loader.next())).facts.where).toContain(".png");
    await loader.close();
  });
});

it("the next sound sample is found wherever it lies, and what lies between is named in order", async () => {
  const samples = Array.from({ length: 7 }, (_, i) => [`id${i}`]);
  const drawAt = async (index: number) => {
    if (index !== 4) throw new UserError({ code: "x", what: `bad ${index}` });
    return { id: samples[index][0], split: "train", index, frames: [] };
  };
  for (let index = 0; index < 7; index++) {
    const draw = { index, key: [0, index] };
    const { sample, skipped } = await drawSound({ samples, split: "train" }, draw, "skip", drawAt);
    expect(sample.id).toBe("id4");
    const between = Array.from({ length: (4 - index + 7) % 7 }, (_, i) => `id${(index + i) % 7}`);
    expect(skipped.map(({ id }) => id)).toEqual(between);
  }
});

it("evaluation leaves out what cannot be read where somebody is told", async () => {
  const path = await tinyFolder({ train: 3 });
  await writeFiles(path, { "train/image/train00.png": "no image", "train/depth/train01.png": "no label" });
  const skipped: SkippedFile[] = [];
  const seen: string[] = [];
  const reader = await openSplit({ format: "folder", path }, "train", TASKS, (each) => skipped.push(...each));
  for await (const { id, labels } of reader) seen.push(`${id} ${Object.keys(labels)}`);
  expect(seen).toEqual(["train01 segmentation,normals", "train02 segmentation,depth,normals"]);
  expect(skipped.map(({ id, task }) => [id, task])).toEqual([
    ["train00", null],
    ["train01", "depth"],
  ]);
});

it("a skip log tells of each file once", () => {
  const file = (id: string, task: string | null) => ({ split: "train", id, task, reason: "damaged" });
  const log = new SkipLog();
  expect(log.add([file("a", null), file("a", "depth"), file("a", null)])).toHaveLength(2);
  expect(log.add([file("b", null), file("a", "depth")])).toEqual([file("b", null)]);
  expect(log.all).toHaveLength(3);
});

describe("labels of the wrong form", () => {
  it("are refused by the loader and by saveLabels, with how to mend them", async () => {
    const path = await tinyFolder();
    const dataset = await openDataset({ format: "folder", path });
    const map = await availableLabels(dataset, "train");
    const open = (labels: unknown) =>
      openLoader({ streams: { main: streamOf(path, { labels: labels as null }) }, seed: 0, workers: 0 });
    await expect(open(map)).rejects.toThrow(/expected \{sample id: .*got a Map; Object\.fromEntries/);
    await expect(open({ train00: "depth" })).rejects.toThrow(TypeError);
    await expect(open(undefined)).rejects.toThrow(TypeError);
    await (await open(Object.fromEntries(map))).close();
    const file = join(await temporaryFolder(), "labels.json");
    await expect(saveLabels(file, map as never)).rejects.toThrow(TypeError);
  });

  it("of another dataset are refused: they would stand for no label at all", async () => {
    const labels = { stranger: ["depth"] };
    const streams = { main: streamOf(await tinyFolder(), { labels }) };
    const { facts } = await userError(() => openLoader({ streams, seed: 0, workers: 0 }));
    expect(facts.got).toContain("stranger");
  });
});
