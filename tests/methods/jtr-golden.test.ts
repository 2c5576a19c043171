import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { gradientsOrNull, type Tensor } from "../../src/graph/index.js";
import { add, mul } from "../../src/graph/ops/arithmetic.js";
import { jtr } from "../../src/methods/jtr.js";
import { batchLeaves } from "../../src/methods/method.js";
import { segnet } from "../../src/models/segnet.js";
import { Forward, Scope, VariableStore } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { gradientError, parameterValue, unitNormals, wave } from "./waves.js";

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
    const tasks = resolveTasks({
      segmentation: { kind: "segmentation", classes: Array.from({ length: 13 }, (_, i) => `class ${i}`) },
      depth: { kind: "depth" },
      normals: { kind: "normals" },
    });
    const variables = new VariableStore();
    const forward = new Forward("train");
    const { terms, predictions } = jtr.build(
      {
        ...batchLeaves(BATCH, [HEIGHT, COLUMNS]),
        tasks,
        network: segnet({ width: WIDTH }),
        scope: new Scope(variables),
        helper: (name) => new Scope(variables, `helper.${name}`),
        forward,
        batchSize: BATCH,
        size: [HEIGHT, COLUMNS],
        passes: new Map(),
        noise: () => {
          throw new Error("the paper's variant draws no noise");
        },
      },
      jtr.options.parse({ width: WIDTH }),
    );
    const loss = terms.map(({ value, weight }) => mul(value, weight)).reduce((sum, term) => add(sum, term));
    const parameters = variables.parameters();
    const gradients = gradientsOrNull(
      [{ output: loss }],
      parameters.map(({ tensor }) => tensor),
    );
    const outputs: Record<string, Tensor> = {};
    for (const { name, value } of terms) outputs[`loss ${name}`] = value;
    for (const name of NAMES) outputs[`prediction ${name}`] = predictions[name];
    parameters.forEach(({ name }, i) => {
      const gradient = gradients[i];
      if (gradient !== null) outputs[`gradient ${name}`] = gradient;
    });
    for (const name of Object.keys(golden.running)) {
      outputs[name] = forward.updates().get(`encoder_block.1.1.${name}`)!;
    }
    const feeds: Record<string, Float32Array> = batchFeeds();
    for (const { name, kind, tensor, initialize } of variables.all()) {
      feeds[name] =
        kind === "parameter" ? parameterValue(name, tensor.shape) : initialize(tensor.shape, null as never);
    }
    result = await evaluate(await nodeEngine(), outputs, feeds);
  });

  it("has the same losses", () => {
    const supervised = NAMES.reduce((sum, name) => sum + result[`loss ${name}`][0], 0);
    expect(supervised).toBeCloseTo(golden.losses.supervised, 4);
    for (const name of ["jtr.distance", "jtr.reconstruction"]) {
      // One minus a cosine of nearly one keeps few of single precision's digits.
      const allowed = 1e-4 * golden.losses[name] + 1e-5;
      expect(Math.abs(result[`loss ${name}`][0] - golden.losses[name])).toBeLessThan(allowed);
    }
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
    const errors = Object.entries(golden.gradients).map(([name, [norm, product]]) => {
      const gradient = result[`gradient ${name}`];
      expect(gradient, name).toBeDefined();
      const error = gradientError(name, gradient, norm, product);
      expect(error, name).toBeLessThan(1e-2);
      return error;
    });
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(0.75 * errors.length)]).toBeLessThan(2e-3);
  });

  it("leaves alone the biases that batch normalisation cancels, and updates running statistics as PyTorch does", () => {
    expect(result["gradient encoder_block.0.0.bias"]).toBeUndefined();
    for (const [name, values] of Object.entries(golden.running)) {
      for (const [i, value] of values.entries()) expect(result[name][i]).toBeCloseTo(value, 4);
    }
  });
});
