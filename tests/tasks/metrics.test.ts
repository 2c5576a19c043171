/** @file Metrics over a set of images against values computed with numpy. */
import { expect, test } from "vitest";
import { type TaskKind, type TaskSpec, taskKinds } from "../../src/tasks/index.js";
import { imageOf } from "../helpers/measured.js";
import { golden, type Packed } from "./golden.js";

const specs = {
  segmentation: { kind: "segmentation", classes: ["a", "b", "c", "d", "e"] },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
  reshading: { kind: "reshading" },
};

/** Image `n` of a stored batch [M,C,H,W]. */
function image({ shape, data }: Packed, n: number) {
  const [, channels, height, width] = shape;
  const size = channels * height * width;
  return { channels, height, width, data: Float32Array.from(data.slice(n * size, (n + 1) * size)) };
}

test.each(["segmentation", "depth", "normals", "reshading"] as const)("%s", (name) => {
  const kind: TaskKind = taskKinds[name];
  const spec: TaskSpec = kind.specSchema.parse(specs[name]);
  const { prediction, label, result } = golden.metrics[name];
  const { valid } = golden.metrics;
  const accumulator = kind.metrics.accumulator(spec);
  const pixels = valid.shape[1] * valid.shape[2];
  for (let n = 0; n < valid.shape[0]; n++) {
    const flags = Uint8Array.from(valid.data.slice(n * pixels, (n + 1) * pixels));
    const truth = { ...image(label, n), valid: flags };
    accumulator.update(image(prediction, n), truth, imageOf(truth, String(n)));
  }
  const got = accumulator.result();
  expect(Object.keys(got)).toEqual(Object.keys(result));
  for (const [metric, expected] of Object.entries(result)) {
    const tolerance = name === "normals" && metric === "median" ? 0.01 : 1e-6 * expected;
    expect(Math.abs(got[metric] - expected)).toBeLessThanOrEqual(tolerance);
  }
});
