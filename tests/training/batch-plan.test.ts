/** @file Which labels each stream of a run may see. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { StreamPlan } from "../../src/data/loading/loader.js";
import { batchPlan } from "../../src/training/batch-plan.js";
import { networkOf } from "../../src/training/parts.js";
import { openRunData } from "../../src/training/run-data.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

vi.mock("../../src/methods/index.js", async (original) => {
  const actual = await original<typeof import("../../src/methods/index.js")>();
  const { twoStreams } = await import("./two-streams.js");
  const labelled = {
    ...twoStreams,
    name: "labelled-stream",
    streams: ({ split }: { split?: string }) => ({
      further: { batchSize: 2, split, labels: true, images: "labelled" as const },
    }),
  };
  return {
    ...actual,
    methods: { ...actual.methods, [twoStreams.name]: twoStreams, [labelled.name]: labelled },
  };
});

const LABELS = { "train-0": ["depth"], "train-1": [], "train-2": ["normals"] };

async function streamsOf(...set: readonly string[]): Promise<Readonly<Record<string, StreamPlan>>> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 3, more: 2, val: 1 });
  const config = tinyConfig(folder, ...set);
  return batchPlan(config, await openRunData(config, networkOf(config)), LABELS).streams;
}

const seen = ({ split, images, labels, tasks, batchSize }: StreamPlan) => ({
  ...{ split, images, labels, tasks: tasks.length, batchSize },
});

test("the training images show the labels of the run, and no others", async () => {
  const { main, ...others } = await streamsOf("batchSize=3");
  expect(others).toEqual({});
  expect(seen(main)).toEqual({ split: "train", images: undefined, labels: LABELS, tasks: 3, batchSize: 3 });
});

test.each([
  ["append={count: 2}", { split: "train", images: "unlabelled", labels: LABELS }, "labelled"],
  ["append={count: 2, split: more}", { split: "more", images: undefined, labels: null }, undefined],
  [
    "append={count: 2, split: more, tasks: [depth]}",
    { split: "more", images: undefined, labels: ["depth"] },
    undefined,
  ],
])("%s", async (set, wanted, images) => {
  const { main, append } = await streamsOf(set);
  expect(seen(append)).toEqual({ ...wanted, tasks: 3, batchSize: 2 });
  expect(append.appendTo).toBe("main");
  expect(seen(main)).toMatchObject({ split: "train", images, labels: LABELS });
});

test.each([
  ["{name: two-streams}", "unlabelled", { split: "train", images: undefined, labels: LABELS, tasks: 0 }],
  ["{name: two-streams, split: more}", "unlabelled", { split: "more", labels: null, tasks: 0 }],
  ["{name: labelled-stream}", "further", { split: "train", images: "labelled", labels: LABELS, tasks: 3 }],
  ["{name: labelled-stream, split: more}", "further", { split: "more", labels: null, tasks: 3 }],
])("a further stream of %s", async (method, name, wanted) => {
  expect(seen((await streamsOf(`method=${method}`))[name])).toMatchObject(wanted);
});
