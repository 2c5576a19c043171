/** @file Constraints and their gradients against tests/golden/constraints.json (made by constraints.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ConstraintContext, FrameMotion } from "../../src/constraints/constraint.js";
import { constraints } from "../../src/constraints/index.js";
import { rotationCycle, translationCycle } from "../../src/constraints/motion-cycle.js";
import { motionVariation } from "../../src/constraints/motion-smoothness.js";
import { meanDepth, photometricErrors } from "../../src/constraints/photometric.js";
import { warpTo } from "../../src/constraints/warp.js";
import { gradientsOrNull } from "../../src/graph/gradients.js";
import { cast, input, less, mul, type Tensor } from "../../src/graph/index.js";
import type { LossTerm } from "../../src/methods/method.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const golden = JSON.parse(readFileSync(new URL("../golden/constraints.json", import.meta.url), "utf8")) as {
  inputs: Record<string, Packed>;
  cases: Record<string, { value: number; gradients: Record<string, Packed> }>;
};
const leaves = new Map(Object.entries(golden.inputs).map(([name, { shape }]) => [name, input(name, shape)]));
const leaf = (name: string): Tensor => leaves.get(name)!;
const tasks = resolveTasks({
  depth: { kind: "depth" },
  normals: { kind: "normals" },
  segmentation: { kind: "segmentation", classes: ["road", "car", "sky", "person"] },
});
const motions: readonly FrameMotion[] = ["12", "21"].map((pair) => ({
  rotation: leaf(`rotation${pair}`),
  translation: leaf(`translation${pair}`),
  residual: leaf(`residual${pair}`),
}));
const [, , height, width] = golden.inputs.depth1.shape;
const context: ConstraintContext = {
  tasks,
  batchSize: golden.inputs.depth1.shape[0],
  size: [height, width],
  frame: (index) => ({
    image: leaf(`image${index + 1}`),
    camera: leaf("camera"),
    predictions: {
      depth: leaf(`depth${index + 1}`),
      normals: leaf("normals"),
      segmentation: leaf(`logits${index + 1}`),
    },
  }),
  motion: (from) => motions[from],
};

/** The one term of a constraint. */
function term(name: string, options: Record<string, unknown> = {}): Tensor {
  const constraint = constraints[name];
  const terms: readonly LossTerm[] = constraint.build(context, constraint.options.parse(options));
  expect(terms).toHaveLength(1);
  return terms[0].value;
}

const warp = warpTo(leaf("depth1"), leaf("camera"), leaf("camera"), motions[0]);
const errors = photometricErrors(leaf("image1"), warp, leaf("image2"), leaf("depth2"));
const unit = meanDepth(leaf("depth1"), leaf("depth2"));
const relative = photometricErrors(leaf("image1"), warp, leaf("image2"), leaf("depth2"), unit);
const inSight = mul(warp.inside, cast(less(warp.z, warp.sample(leaf("depth2"))), "float32"));

const built: Readonly<Record<string, () => Tensor>> = {
  "depth-normals": () => term("depth-normals", { threshold: 0.25, window: 3 }),
  "depth-normals rising": () =>
    term("depth-normals", { threshold: 0.25, window: 3, discontinuities: "rising" }),
  "photometric rgb": () => errors.rgb,
  "photometric ssim": () => errors.ssim,
  "photometric depth": () => errors.depth,
  "photometric ssim by the mean depth": () => relative.ssim,
  "photometric depth by the mean depth": () => relative.depth,
  "segmentation-flow l2": () => term("segmentation-flow"),
  "segmentation-flow weighted": () => term("segmentation-flow", { distance: "weighted" }),
  "motion-smoothness": () => motionVariation(leaf("residual12"), leaf("translation12")),
  "motion-cycle rotation": () => rotationCycle(motions[0].rotation, motions[1].rotation),
  "motion-cycle translation": () => translationCycle(motions[0], motions[1], warp, inSight, [height, width]),
  "depth-smoothness": () => term("depth-smoothness"),
};

describe("a constraint agrees with an evaluation pixel by pixel", () => {
  it("in every case there is", () => {
    expect(Object.keys(built).sort()).toEqual(Object.keys(golden.cases).sort());
  });

  it.each(Object.keys(built))("%s, and its gradients", async (name) => {
    const wanted = golden.cases[name];
    const value = built[name]();
    const varied = Object.keys(wanted.gradients);
    const gradients = gradientsOrNull([{ output: value }], varied.map(leaf));
    const outputs: Record<string, Tensor> = { value };
    for (const [i, each] of varied.entries()) outputs[`d ${each}`] = gradients[i]!;
    const feeds = Object.fromEntries(
      Object.entries(golden.inputs).map(([each, { data }]) => [each, Float32Array.from(data)]),
    );
    const got = await evaluate(await nodeEngine({ provider: "cpu" }), outputs, feeds);
    expect(got.value[0]).toBeCloseTo(wanted.value, 4);
    for (const [each, { data }] of Object.entries(wanted.gradients)) {
      const largest = Math.max(...data.map(Math.abs), 1e-3);
      const worst = Math.max(...data.map((entry, i) => Math.abs(entry - got[`d ${each}`][i])));
      expect(worst / largest, each).toBeLessThan(2e-3);
    }
  });
});

it("the photometric terms are those of both directions, each with its weight", () => {
  const { photometric } = constraints;
  const options = photometric.options.parse({ weight: 2, rgb: 0.5, ssim: 3, depthAgreement: 0.1 });
  const terms = photometric.build(context, options);
  expect(terms.map(({ name, weight }) => [name, weight])).toEqual([
    ["photometric.rgb", 1],
    ["photometric.ssim", 6],
    ["photometric.depth", 0.2],
  ]);
});
