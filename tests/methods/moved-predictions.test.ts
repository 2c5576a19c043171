import { expect, it } from "vitest";
import { makeViews } from "../../src/data/augment/views.js";
import type { Sample, ViewSpec } from "../../src/data/types.js";
import { input } from "../../src/graph/index.js";
import { inLaterView } from "../../src/methods/moved-predictions.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { labelFields } from "../../src/tasks/label-field.js";

const [W, H] = [20, 14];
// The image stands for logits of three classes: it is moved as they are and not mended.
const TASKS = resolveTasks({
  image: { kind: "segmentation", classes: ["a", "b", "c"] },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
});
const LABELS = labelFields(Object.fromEntries(TASKS.map(({ name, spec }) => [name, spec])));

const planes = (channels: number, value: (x: number, y: number, c: number) => number) =>
  Float32Array.from({ length: channels * W * H }, (_, i) =>
    value(i % W, Math.floor(i / W) % H, Math.floor(i / (W * H))),
  );
const label = (channels: number, data: Float32Array) => ({
  channels,
  width: W,
  height: H,
  data,
  valid: new Uint8Array(W * H).fill(1),
});
const SAMPLE: Sample = {
  id: "slope",
  width: W,
  height: H,
  image: planes(3, (x, y, c) => 0.5 + 0.4 * Math.sin(x + 2 * y + c)),
  labels: {
    depth: label(
      1,
      planes(1, (x, y) => 2 + 0.01 * x + 0.02 * y),
    ),
    normals: label(
      3,
      planes(3, (_x, _y, c) => [0.36, 0.48, -0.8][c]),
    ),
  },
};

it("what one view shows is, moved, what the view cut from it shows", async () => {
  const augmentations = [
    { name: "flip", probability: 0.5 },
    { name: "scale-crop", scales: [1, 1.2, 1.5] },
  ];
  const views: ViewSpec[] = [
    { from: "sample", augmentations },
    { from: 0, augmentations },
  ];
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const leaves = Object.fromEntries(
    TASKS.map(({ name, kind, spec }) => [
      name,
      input(`first ${name}`, [1, kind.learning.channels(spec), H, W]),
    ]),
  );
  const context = { tasks: TASKS, batchSize: 1, size: [H, W] as const };
  const moved = inLaterView(context, leaves, input("placement", [1, 5]));
  let [mirrored, enlarged] = [0, 0];
  for (let sampleIndex = 0; sampleIndex < 12; sampleIndex++) {
    const [first, second] = makeViews(SAMPLE, LABELS, views, { seed: 5, draw: [0, sampleIndex] });
    const { xStep, xStart, yStep, yStart, enlargement } = second.placement!;
    if (xStep < 0) mirrored++;
    if (enlargement > 1) enlarged++;
    const got = await evaluate(engine, moved, {
      "first image": first.sample.image,
      "first depth": first.sample.labels.depth.data,
      "first normals": first.sample.labels.normals.data,
      placement: Float32Array.of(xStep, xStart, yStep, yStart, enlargement),
    });
    const furthest = (a: Float32Array, b: Float32Array) =>
      a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
    expect(furthest(got.image, second.sample.image)).toBeLessThan(1e-4);
    expect(furthest(got.normals, second.sample.labels.normals.data)).toBeLessThan(1e-5);
    // Labels of depth are the nearest pixel's, up to half a pixel away in either view.
    expect(furthest(got.depth, second.sample.labels.depth.data)).toBeLessThan(0.03);
  }
  expect(mirrored).toBeGreaterThan(2);
  expect(enlarged).toBeGreaterThan(2);
});
