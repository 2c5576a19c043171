import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSplit } from "../../src/data/evaluation-reader.js";
import { sequencePlaces } from "../../src/data/sequences.js";
import { TINY_YAML, tinyFolder } from "../helpers/dataset.js";

it("tells metrics of each image: its id, its own size, its place in time", async () => {
  const path = await tinyFolder();
  await writeFile(join(path, "dataset.yaml"), `${TINY_YAML}sequences: order.json\n`);
  const walk = { name: "walk", frames: ["train02", "train00"], timestamps: [3, 3.5] };
  await writeFile(join(path, "order.json"), JSON.stringify({ train: [{ frames: ["train01"] }, walk] }));
  const own = await openSplit({ format: "folder", path }, "train", []);
  const small = await openSplit({ format: "folder", path, size: [2, 3] }, "train", []);
  const seen = [];
  for await (const sample of small) {
    expect([sample.height, sample.width]).toEqual([2, 3]);
    seen.push(small.measured(sample));
  }
  const sizes = [];
  for await (const sample of own) {
    const { width, height } = sample;
    sizes.push({ width, height });
    expect(own.measured(sample)).toEqual(seen[sizes.length - 1]);
  }
  expect(seen.map(({ id }) => id)).toEqual(own.ids);
  expect(seen.map(({ width, height }) => ({ width, height }))).toEqual(sizes);
  expect(seen.slice(0, 4).map(({ sequence }) => sequence)).toEqual([
    { index: 1, name: "walk", frame: 1, timestamp: 3.5 },
    { index: 0, frame: 0 },
    { index: 1, name: "walk", frame: 0, timestamp: 3 },
    undefined,
  ]);
});

it("places a sample in the first sequence that holds it, and none where there are no sequences", () => {
  const sequences = { val: [{ frames: ["a", "b"] }, { frames: ["b", "c"] }] };
  expect(sequencePlaces(sequences, "val")).toEqual(
    new Map([
      ["a", { index: 0, frame: 0 }],
      ["b", { index: 0, frame: 1 }],
      ["c", { index: 1, frame: 1 }],
    ]),
  );
  expect(sequencePlaces(sequences, "toString").size).toBe(0);
  expect(sequencePlaces(undefined, "val").size).toBe(0);
});
