import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLoader, type StreamPlan } from "../../../src/data/loading/loader.js";
import { layoutOf } from "../../../src/data/loading/plan.js";
import type { Batch } from "../../../src/data/types.js";
import { batchArrays } from "../../../src/fields/layout.js";
import { parseTaskSpec } from "../../../src/tasks/index.js";
import { labelFields } from "../../../src/tasks/label-field.js";
import { tinyFolder, userError, writeFiles } from "../../helpers/dataset.js";

const LABELS = Object.fromEntries(["00", "02", "03", "05"].map((id) => [`train${id}`, ["depth"]]));

async function mainStream(): Promise<StreamPlan> {
  return {
    source: { format: "folder", path: await tinyFolder({ train: 7 }) },
    split: "train",
    tasks: ["depth", "normals"],
    labels: LABELS,
    batchSize: 3,
    size: [6, 8],
    views: [{ from: "sample", augmentations: [{ name: "scale-crop", scales: [1.2] }] }],
  };
}

const bare = (main: StreamPlan): StreamPlan => ({ ...main, tasks: [], batchSize: 2, images: "unlabelled" });

async function take(options: Parameters<typeof openLoader>[0], count: number): Promise<Batch[]> {
  const loader = await openLoader({ workers: 0, ...options });
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) batches.push(await loader.next());
  await loader.close();
  return batches;
}

const idsOf = (batch: Batch, stream: string) => batch.drawn[stream].map(({ id }) => id);

describe("a second stream", () => {
  it("has arrays under its own name, samples of its own and no labels where it plans none", async () => {
    const main = await mainStream();
    const batches = await take({ streams: { main, more: bare(main) }, seed: 5 }, 6);
    for (const batch of batches) {
      expect(Object.keys(batch.arrays).filter((name) => name.startsWith("more."))).toEqual(["more.image"]);
      expect(batch.arrays["more.image"].shape).toEqual([2, 3, 6, 8]);
      expect(batch.arrays.image.shape).toEqual([3, 3, 6, 8]);
      for (const id of idsOf(batch, "more")) expect(Object.keys(LABELS)).not.toContain(id);
    }
    // Three images, two a batch: every three batches show each of them twice.
    for (const part of [batches.slice(0, 3), batches.slice(3)]) {
      const ids = part.flatMap((batch) => idsOf(batch, "more"));
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(ids.filter((other) => other === id)).toHaveLength(2);
    }
  });

  it("changes nothing in the main one", async () => {
    const main = await mainStream();
    const alone = await take({ streams: { main }, seed: 5 }, 4);
    const together = await take({ streams: { main, more: bare(main) }, seed: 5 }, 4);
    together.forEach(({ arrays, drawn }, i) => {
      expect(drawn.main).toEqual(alone[i].drawn.main);
      for (const [name, array] of Object.entries(alone[i].arrays)) expect(arrays[name]).toEqual(array);
    });
  });

  it("resumes from its own position, on any thread", async () => {
    const main = await mainStream();
    const streams = { main, more: bare(main) };
    const all = await take({ streams, seed: 5 }, 7);
    const loader = await openLoader({ streams, seed: 5, workers: 0 });
    for (let i = 0; i < 4; i++) await loader.next();
    const start = loader.position();
    await loader.close();
    expect(start).toEqual({ main: { epoch: 2, step: 0 }, more: { epoch: 2, step: 1 } });
    expect(await take({ streams, seed: 5, start, workers: 2 }, 3)).toEqual(all.slice(4));
    // A stream that was not there before begins at its beginning.
    const [late] = await take({ streams, seed: 5, start: { main: start.main } }, 1);
    expect(late.drawn).toEqual({ main: all[4].drawn.main, more: all[0].drawn.more });
  });

  it("may come from another dataset, at a size of its own", async () => {
    const main = await mainStream();
    const path = await tinyFolder({ train: 3, width: 10, height: 10 });
    const more: StreamPlan = {
      ...bare(main),
      images: undefined,
      labels: null,
      source: { format: "folder", path },
      size: [10, 10],
    };
    const [batch] = await take({ streams: { main, more }, seed: 0 }, 1);
    expect(batch.arrays["more.image"].shape).toEqual([2, 3, 10, 10]);
  });
});

it("the arrays of a batch are those of its layout", async () => {
  const main: StreamPlan = { ...(await mainStream()), arrays: ["index", "camera", "turns"] };
  const view = { from: 0, augmentations: [] };
  const streams = { main: { ...main, views: [...main.views, view] }, more: bare(main) };
  const [{ arrays }] = await take({ streams, seed: 1 }, 1);
  const fields = labelFields({
    depth: parseTaskSpec({ kind: "depth" }, "d"),
    normals: parseTaskSpec({ kind: "normals" }, "n"),
  });
  const expected = batchArrays({
    main: layoutOf(streams.main, 3, fields),
    more: layoutOf(streams.more, 2, fields),
  });
  expect(Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]))).toEqual(
    expected,
  );
  expect(Object.keys(expected)).toEqual(
    expect.arrayContaining([
      "index",
      "camera",
      "view1.camera",
      "view1.placement",
      "view1.turns",
      "view1.depth.label",
    ]),
  );
});

describe("arrays that are asked for", () => {
  it("say each sample's place among those drawn from and the camera of each view", async () => {
    const main: StreamPlan = { ...(await mainStream()), arrays: ["index", "camera"] };
    const [batch] = await take({ streams: { main: { ...main, images: "labelled" } }, seed: 2 }, 1);
    const numbers = idsOf(batch, "main").map((id) => Object.keys(LABELS).indexOf(id));
    expect([...batch.arrays.index.data]).toEqual(numbers);
    const { shape, data } = batch.arrays.camera;
    expect(shape).toEqual([3, 4]);
    // The whole image's camera (10, 12, 3.5, 2.5), cropped to 6 of 8 columns and 5 of 6 rows and enlarged by
    // 7/5 and 5/4.
    for (let n = 0; n < 3; n++) {
      const [fx, fy, cx, cy] = data.subarray(4 * n);
      expect([fx, fy]).toEqual([14, 15]);
      expect([0, 1, 2].map((left) => (3.5 - left) * 1.4).some((each) => Math.abs(each - cx) < 1e-5)).toBe(
        true,
      );
      expect([0, 1].map((top) => (2.5 - top) * 1.25).some((each) => Math.abs(each - cy) < 1e-5)).toBe(true);
    }
  });

  it("are missed by name where the dataset does not have them", async () => {
    const main: StreamPlan = { ...(await mainStream()), arrays: ["camera"] };
    const path = main.source.path;
    await rm(join(path, "dataset.yaml"));
    await writeFiles(path, {
      "dataset.yaml": "name: bare\ntasks: {depth: {kind: depth}, normals: {kind: normals}}\n",
    });
    const { facts } = await userError(() => take({ streams: { main }, seed: 0 }, 1));
    expect(facts).toMatchObject({ code: "data.no-camera" });
  });
});

it("a plan that cannot be is refused", async () => {
  const main = await mainStream();
  const refused = (streams: Record<string, StreamPlan>) =>
    expect(openLoader({ streams, seed: 0 })).rejects.toThrow(RangeError);
  await refused({ more: main });
  await refused({ main, more: { ...main, appendTo: "mian" } });
  await refused({ main, more: { ...main, appendTo: "main", tasks: [] } });
  await refused({ main, more: { ...main, appendTo: "again" }, again: { ...main, appendTo: "main" } });
});
