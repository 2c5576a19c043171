import { expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { add, input, mul, reshape } from "../../src/graph/index.js";
import { Layer } from "../../src/nn/layer.js";
import { convNormRelu } from "../../src/nn/layers.js";
import { ModuleSet } from "../../src/nn/module.js";
import { batchNormLayer, type Modulation } from "../../src/nn/norms.js";
import { Forward, type ForwardOptions } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const [BATCH, CHANNELS, SIDE] = [3, 4, 5];

it.each<[string, "train" | "eval", ForwardOptions]>([
  ["the batch's statistics", "train", {}],
  ["each sample's statistics", "train", { statistics: "sample" }],
  ["running statistics", "eval", {}],
])(
  "scales and shifts each sample's channels between normalisation by %s and ReLU",
  async (_, mode, options) => {
    const variables = new ModuleSet();
    const layer = new Layer(variables.scope(), new Forward(mode, options));
    const x = input("x", [BATCH, CHANNELS, SIDE, SIDE]);
    const modulation: Modulation = {
      scale: input("scale", [BATCH, CHANNELS]),
      shift: input("shift", [BATCH, CHANNELS]),
    };
    // A 1x1 convolution with the identity as its filter leaves the normalisation alone.
    const identity = (_shape: readonly number[]) =>
      Float32Array.from({ length: CHANNELS ** 2 }, (_value, i) => Number(i % (CHANNELS + 1) === 0));
    const unit = convNormRelu(layer, x, CHANNELS, {
      kernel: 1,
      bias: false,
      weightInit: identity,
      modulation,
    });
    const rows = [BATCH, CHANNELS, 1, 1];
    const normalised = batchNormLayer(layer.child(1), x);
    const wanted = add(mul(normalised, reshape(modulation.scale, rows)), reshape(modulation.shift, rows));

    const random = new Random(2);
    const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
    const feeds: Record<string, Float32Array> = {
      x: draw(BATCH * CHANNELS * SIDE * SIDE),
      scale: draw(BATCH * CHANNELS),
      shift: draw(BATCH * CHANNELS),
    };
    for (const variable of variables.all()) feeds[variable.name] = variables.initialValue(variable, 0);
    feeds["1.weight"] = Float32Array.of(1, 2, -1, 0.5);
    feeds["1.bias"] = Float32Array.of(0, 0.3, -0.2, 1);
    const result = await evaluate(await nodeEngine(), { unit, wanted }, feeds);
    for (const [i, value] of result.wanted.entries())
      expect(result.unit[i]).toBeCloseTo(Math.max(value, 0), 4);
  },
);
