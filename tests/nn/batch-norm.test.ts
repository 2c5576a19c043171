import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradients, input, type Tensor } from "../../src/graph/index.js";
import { Layer } from "../../src/nn/layer.js";
import { convNorm } from "../../src/nn/layers.js";
import { ModuleSet } from "../../src/nn/module.js";
import { batchNormLayer } from "../../src/nn/norms.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

type Step = Record<"x" | "y" | "seed" | "dx" | "dw" | "db" | "mean" | "var", number[]>;

interface Trace {
  shape: number[];
  channels: number;
  options: { momentum?: number; eps?: number };
  start: Record<string, number[]>;
  steps: Step[];
}

const golden: Record<string, Trace> = JSON.parse(
  readFileSync(new URL("../golden/batchnorm.json", import.meta.url), "utf8"),
);

function expectClose(what: string, got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got, what).toHaveLength(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `${what}[${i}]: ${got[i]} against ${value}`).toBeLessThan(2e-5 * scale);
  });
}

/**
 * The trace's layers on an image; the normalisation's variables have PyTorch's names, the convolution's stand
 * under `conv`.
 */
function layers({ channels, options, start }: Trace, layer: Layer, x: Tensor): Tensor {
  if (start["conv.weight"] === undefined)
    return batchNormLayer(layer, x, { momentum: options.momentum, epsilon: options.eps });
  const bias = start["conv.bias"] !== undefined;
  return convNorm({ conv: layer.child("conv"), norm: layer }, x, channels, { kernel: 1, bias });
}

describe("running statistics, outputs and gradients are PyTorch's over several steps:", () => {
  it.each(Object.entries(golden))("%s", async (_, trace) => {
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    let statistics = { running_mean: trace.start.running_mean, running_var: trace.start.running_var };
    for (const [i, step] of trace.steps.entries()) {
      const training = i < trace.steps.length - 1;
      const variables = new ModuleSet();
      const forward = new Forward(training ? "train" : "eval");
      const x = input("x", trace.shape);
      const y = layers(trace, new Layer(variables.scope(), forward), x);
      const wrt = [x, variables.get("weight")!.tensor, variables.get("bias")!.tensor];
      const [dx, dw, db] = gradients(y, wrt, input("seed", y.shape));
      expect([...forward.updates().keys()].sort()).toEqual(training ? Object.keys(statistics).sort() : []);
      const next = [...forward.updates()].map(([name, tensor]) => [`next ${name}`, tensor] as const);
      const outputs = { y, dx, dw, db, ...Object.fromEntries(next) };
      const feeds = { ...trace.start, ...statistics, x: step.x, seed: step.seed };
      const got = await evaluate(engine, outputs, feeds);
      for (const name of ["y", "dx", "dw", "db"] as const)
        expectClose(`${name} of step ${i}`, got[name], step[name]);
      if (training) {
        statistics = {
          running_mean: [...got["next running_mean"]],
          running_var: [...got["next running_var"]],
        };
      }
      expectClose(`mean after step ${i}`, statistics.running_mean, step.mean);
      expectClose(`variance after step ${i}`, statistics.running_var, step.var);
    }
  });
});

it.each([
  ["a batch of one sample with maps of one pixel", 1, {}],
  ["maps of one pixel, each sample by itself", 2, { statistics: "sample" }],
] as const)("%s: running statistics serve, and stay", async (_, batch, options) => {
  const modules = new ModuleSet();
  const x = input("x", [batch, 2, 1, 1]);
  const [train, evaluation] = [new Forward("train", options), new Forward("eval")];
  const outputs = {
    trained: batchNormLayer(new Layer(modules.scope(), train), x),
    evaluated: batchNormLayer(new Layer(modules.scope(), evaluation), x),
  };
  expect(train.updates().size).toBe(0);
  const feeds = {
    x: [1, -2, 3, 4].slice(0, 2 * batch),
    weight: [2, 3],
    bias: [0.5, -1],
    running_mean: [1, 2],
    running_var: [4, 9],
  };
  const { trained, evaluated } = await evaluate(await nodeEngine(), outputs, feeds);
  expect(trained).toEqual(evaluated);
  expectClose("first sample", trained.slice(0, 2), [0.5, -5]);
});

it("a second pass of a step goes on from the statistics that the first one left", async () => {
  const modules = new ModuleSet();
  const [x, y] = ["x", "y"].map((name) => input(name, [2, 1, 1, 1]));
  const forward = new Forward("train");
  const layer = new Layer(modules.scope(), forward);
  for (const image of [x, y]) batchNormLayer(layer, image, { momentum: 0.5 });
  const outputs = {
    mean: forward.updates().get("running_mean")!,
    variance: forward.updates().get("running_var")!,
  };
  const feeds = { x: [1, 3], y: [10, 20], weight: [1], bias: [0], running_mean: [8], running_var: [4] };
  const { mean, variance } = await evaluate(await nodeEngine(), outputs, feeds);
  // 8 and 2 make 5, 5 and 15 make 10; 4 and 2 make 3, 3 and 50 make 26.5.
  expectClose("mean", mean, [10]);
  expectClose("variance", variance, [26.5]);
  batchNormLayer(layer.with({ updatesState: false }), x);
  expect(forward.updates().get("running_mean")).toBe(outputs.mean);
});
