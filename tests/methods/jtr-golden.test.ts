import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { jtr } from "../../src/methods/jtr/jtr.js";
import { unitNormals, wave } from "../helpers/waves.js";
import { expectGradients, expectLoss, goldenStep } from "./golden-step.js";

interface Golden {
  losses: Record<string, number>;
  predictions: Record<string, number[]>;
  running: Record<string, number[]>;
  /** Norm, product with the direction, norm of the direction. */
  gradients: Record<string, [number, number, number]>;
}
const golden: Golden = JSON.parse(readFileSync(new URL("../golden/jtr.json", import.meta.url), "utf8"));
const [WIDTH, BATCH, HEIGHT, COLUMNS] = [4, 3, 64, 96];
const NAMES = ["segmentation", "depth", "normals"];

// The formulas of tests/golden/jtr.py.
function batchFeeds(): Record<string, Float32Array> {
  const pixels = HEIGHT * COLUMNS;
  const feeds: Record<string, Float32Array> = {
    image: wave("image", [BATCH, 3, HEIGHT, COLUMNS]).map((value) => 0.5 + 0.5 * value),
    "segmentation.label": Float32Array.from(
      { length: BATCH * pixels },
      (_, i) => Math.floor((i * 7) / 3) % 13,
    ),
    "depth.label": wave("depth", [BATCH, 1, HEIGHT, COLUMNS]).map((value) => 2 + value),
  };
  feeds["normals.label"] = unitNormals(wave("normals", [BATCH, 3, HEIGHT, COLUMNS]), pixels);
  NAMES.forEach((name, i) => {
    const labelled = Float32Array.from({ length: BATCH }, (_, n) =>
      Number(n % 3 === i || (n === 0 && i === 1)),
    );
    feeds[`${name}.labelled`] = labelled;
    feeds[`${name}.valid`] = Float32Array.from({ length: BATCH * pixels }, (_, k) =>
      k % 5 === 0 ? 0 : labelled[Math.floor(k / pixels)],
    );
  });
  return feeds;
}

describe("the JTR step against PyTorch", () => {
  let result: Record<string, Float32Array>;
  beforeAll(async () => {
    result = await goldenStep(
      jtr,
      { width: WIDTH, variant: "paper" },
      { batchSize: BATCH, size: [HEIGHT, COLUMNS], feeds: batchFeeds() },
      ({ passes, forward }) => ({
        ...Object.fromEntries(
          NAMES.map((name) => [`prediction ${name}`, [...passes.values()][0].predictions[name]]),
        ),
        ...Object.fromEntries(
          Object.keys(golden.running).map((name) => [
            name,
            forward.updates().get(`encoder_block.1.1.${name}`)!,
          ]),
        ),
      }),
    );
  });

  it("has the same losses", () => {
    const supervised = NAMES.reduce((sum, name) => sum + result[`loss ${name}`][0], 0);
    expect(supervised).toBeCloseTo(golden.losses.supervised, 4);
    for (const name of ["jtr.distance", "jtr.reconstruction"]) expectLoss(result, name, golden.losses[name]);
  });

  it("has the same predictions of segmentation and depth", () => {
    for (const name of ["segmentation", "depth"]) {
      const values = result[`prediction ${name}`];
      const stride = Math.floor(values.length / 20);
      for (const [i, value] of golden.predictions[name].entries()) {
        expect(values[i * stride]).toBeCloseTo(value, 3);
      }
    }
  });

  it("has the same gradient of every parameter", () => {
    expectGradients(result, golden.gradients);
  });

  it("leaves alone the biases that batch normalisation cancels, and updates running statistics as PyTorch does", () => {
    expect(result["gradient encoder_block.0.0.bias"]).toBeUndefined();
    for (const [name, values] of Object.entries(golden.running)) {
      for (const [i, value] of values.entries()) expect(result[name][i]).toBeCloseTo(value, 4);
    }
  });
});
