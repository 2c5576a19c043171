/** @file Streams and data of self-supervised methods, and what of them is refused or warned of. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { batchPlan, samplesOf } from "../../src/training/batch-plan.js";
import { train } from "../../src/training/index.js";
import { networkOf } from "../../src/training/parts.js";
import { openRunData, runLabels } from "../../src/training/run-data.js";
import { checkStreams } from "../../src/training/stream-check.js";
import { userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";
import { composite, SMALL, WITH } from "./composite.js";

async function streamsOf(folder: string, ...set: readonly string[]) {
  const config = tinyConfig(folder, ...SMALL, ...set);
  const data = await openRunData(config, networkOf(config));
  const labels = await runLabels(config, data);
  return {
    config,
    streams: batchPlan(config, data, labels).streams,
    samples: samplesOf(config, data, labels),
    warnings: () => checkStreams(config, data, labels),
  };
}

test("beside a target, a stream of its own sees all images, the labelled ones alone, or other data", async () => {
  const folder = await composite();
  const { streams, samples, config } = await streamsOf(folder, WITH("{name: moco}"));
  expect(config.sampling).toEqual({ images: "labelled" });
  expect(samples).toEqual({ main: 4, moco: 8 });
  expect(streams.main).toMatchObject({ images: "labelled", tasks: ["depth"] });
  expect(streams.moco).toMatchObject({ images: undefined, tasks: [], batchSize: 2, split: "train" });
  expect(streams.moco.views[0].augmentations.map(({ name }) => name)).toEqual([
    ...["offset-crop", "jitter", "grey", "blur", "flip"],
  ]);
  const subset = await streamsOf(folder, WITH("{name: moco, images: labelled, batchSize: 3}"));
  expect(subset.samples).toEqual({ main: 4, moco: 4 });
  expect(subset.streams.moco).toMatchObject({ images: "labelled", batchSize: 3 });
  await writeTiny(join(folder, "other"), { train: 5 });
  const other = await streamsOf(
    folder,
    WITH("{name: rotation, data: {path: other}, augmentation: [{name: flip}]}"),
  );
  expect(other.samples).toEqual({ main: 4, rotation: 5 });
  expect(other.streams.rotation).toMatchObject({ source: { path: join(folder, "other"), size: [32, 32] } });
  expect(other.streams.rotation.views[0].augmentations).toEqual([{ name: "flip", probability: 0.5 }]);
});

test("methods that learn from images without labels, too, keep them; what is said stands", async () => {
  const folder = await composite();
  const sampling = async (...set: string[]) => (await streamsOf(folder, ...set)).config.sampling;
  expect(await sampling("method={name: consistency, with: [{name: moco}]}")).toBeUndefined();
  expect(await sampling(WITH("{name: moco}"), "sampling={images: all}")).toEqual({ images: "all" });
  expect(await sampling(WITH("{name: moco}"), "sampling={balance: tasks}")).toEqual({
    ...{ balance: "tasks", images: "labelled" },
  });
  expect(await sampling("method={name: supervised}")).toBeUndefined();
});

test.each<[what: string, set: string[], code: string]>([
  ["fewer images than a batch", [WITH("{name: moco, batchSize: 9}")], "data.fewer-than-a-batch"],
  ["fewer images than a batch, alone", ["method={name: densecl}", "batchSize=9"], "data.fewer-than-a-batch"],
  [
    "crops larger than the image",
    [WITH("{name: moco, crop: [32, 30], distance: 1}")],
    "augmentation.crop-too-large",
  ],
  [
    "views of another size",
    [WITH("{name: moco, augmentation: [{name: square}]}"), "data.size=[32, 64]"],
    "augmentation.other-size",
  ],
  ["data of another size", [WITH("{name: moco, data: {path: other, size: [16, 16]}}")], "config.beside-size"],
  [
    "other data's labels",
    [WITH("{name: moco, images: labelled, data: {path: other}}")],
    "config.beside-labelled",
  ],
  ["data without images", [WITH("{name: moco, data: {path: bare}}")], "config.beside-without-images"],
  ["data that is not there", [WITH("{name: moco, data: {path: nowhere}}")], "data.missing-folder"],
])("%s is one message, before anything is trained", async (_what, set, code) => {
  const folder = await composite();
  await writeTiny(join(folder, "other"), { train: 3 });
  await writeTiny(join(folder, "bare"), { val: 1 });
  const run = join(folder, "run");
  const start = () => train({ config: tinyConfig(folder, ...SMALL, ...set), folder: run });
  const error = await userError(start);
  expect(error.facts.code).toBe(code);
  expect(error.message.split("\n").length).toBeLessThan(8);
});

test("few labelled images, and a queue larger than the data, are worth a word", async () => {
  const folder = await composite();
  const { warnings } = await streamsOf(folder, WITH("{name: moco, queueSize: 100}"), "batchSize=6");
  expect(warnings()).toEqual([
    expect.stringContaining("a queue of 100 keys is larger than the data, 8 images"),
    expect.stringContaining("only 4 training images have a label, fewer than a batch of 6"),
  ]);
});
