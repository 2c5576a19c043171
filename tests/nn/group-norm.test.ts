import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { add, gradients, input, mul, reduceSum, reshape } from "../../src/graph/index.js";
import { resnetEncoder } from "../../src/models/resnet.js";
import { Layer } from "../../src/nn/layer.js";
import { convNorm, convNormRelu } from "../../src/nn/layers.js";
import { ModuleSet } from "../../src/nn/module.js";
import { defaultGroups, groupNormLayer } from "../../src/nn/norms.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { gradientError, parameterValue, wave } from "../helpers/waves.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

function place(mode: "train" | "eval" = "train") {
  const modules = new ModuleSet();
  const forward = new Forward(mode);
  return { modules, forward, layer: new Layer(modules.scope(), forward) };
}

it.each([
  [1, 1],
  [6, 6],
  [32, 32],
  [48, 24],
  [64, 32],
  [74, 2],
  [256, 32],
])("%i channels stand in %i groups", (channels, groups) => {
  expect(defaultGroups(channels)).toBe(groups);
});

describe("a ResNet-26 with group normalisation has PyTorch's", () => {
  type Summary = [norm: number, product: number];
  const golden: { maps: Record<string, Summary>; gradients: Record<string, Summary> } = JSON.parse(
    readFileSync(new URL("../golden/groupnorm.json", import.meta.url), "utf8"),
  );
  const run = async () => {
    const { modules, forward, layer } = place();
    const options = { name: "resnet26", width: 6, outputStride: 32, norm: "group" } as const;
    const { stem, layers } = resnetEncoder(layer, input("image", [2, 3, 64, 64]), options);
    const [layer1, layer2, layer3, layer4] = layers;
    const maps = { stem, layer1, layer2, layer3, layer4 };
    const feeds: Record<string, Float32Array> = { image: wave("image", [2, 3, 64, 64]) };
    for (const [name, { shape }] of Object.entries(maps)) feeds[`seed ${name}`] = wave(`seed ${name}`, shape);
    const loss = Object.entries(maps)
      .map(([name, map]) => reduceSum(mul(map, input(`seed ${name}`, map.shape))))
      .reduce(add);
    const parameters = modules.trained();
    for (const { name, tensor } of parameters) feeds[name] = parameterValue(name, tensor.shape);
    const found = gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    );
    const named = Object.fromEntries(found.map((gradient, i) => [`d ${parameters[i].name}`, gradient]));
    expect(forward.updates().size).toBe(0);
    expect(modules.all()).toHaveLength(parameters.length);
    return {
      names: parameters.map(({ name }) => name),
      got: await evaluate(engine, { ...maps, ...named }, feeds),
    };
  };

  it("maps and gradients", async () => {
    const { names, got } = await run();
    expect(names.sort()).toEqual(Object.keys(golden.gradients).sort());
    const errors = [
      ...Object.entries(golden.maps).map(([name, wanted]) => gradientError(name, got[name], ...wanted)),
      ...Object.entries(golden.gradients).map(([name, wanted]) =>
        gradientError(name, got[`d ${name}`], ...wanted),
      ),
    ];
    // A ReLU at its kink may fall to the other side in single precision.
    expect(Math.max(...errors)).toBeLessThan(5e-3);
    expect(errors.sort((a, b) => a - b)[Math.floor(errors.length / 2)]).toBeLessThan(1e-4);
  });
});

it("leaves the convolution before it its bias, which it does not cancel", async () => {
  const { modules, layer } = place();
  const x = input("x", [2, 3, 4, 4]);
  const options = { kernel: 1, norm: "group" } as const;
  const y = convNorm({ conv: layer.child(0), norm: layer.child(1) }, x, 64, options);
  const parts = modules.all().map(({ name, tensor }) => [name, wave(name, tensor.shape)] as const);
  expect(parts.map(([name]) => name)).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
  const [gradient] = gradients(y, [modules.get("0.bias")!.tensor], input("seed", y.shape));
  const feeds = { ...Object.fromEntries(parts), x: wave("x", x.shape), seed: wave("seed", y.shape) };
  const result = await evaluate(engine, { gradient }, feeds);
  expect(Math.max(...result.gradient.map(Math.abs))).toBeGreaterThan(0.1);
});

it("is the same in training and evaluation", async () => {
  const shape = [2, 6, 3, 4];
  const values = ["train", "eval"].map(async (mode) => {
    const { modules, layer } = place(mode as "train" | "eval");
    const y = convNormRelu(layer, input("x", shape), 4, { kernel: 3, norm: "group" });
    const feeds = Object.fromEntries(
      modules.all().map(({ name, tensor }) => [name, wave(name, tensor.shape)]),
    );
    return (await evaluate(engine, { y }, { ...feeds, x: wave("x", shape) })).y;
  });
  const [trained, evaluated] = await Promise.all(values);
  expect(trained).toEqual(evaluated);
});

it("is modulated behind its affine map", async () => {
  const shape = [3, 4, 2, 5];
  const { layer } = place();
  const [scale, shift] = [input("scale", [3, 4]), input("shift", [3, 4])];
  const x = input("x", shape);
  const plain = groupNormLayer(layer, x, { groups: 2 });
  const got = groupNormLayer(layer, x, { groups: 2, modulation: { scale, shift } });
  const rows = [3, 4, 1, 1];
  const wanted = add(mul(plain, reshape(scale, rows)), reshape(shift, rows));
  const feeds = Object.fromEntries(
    Object.entries({ x: shape, scale: [3, 4], shift: [3, 4], weight: [4], bias: [4] }).map(([name, each]) => [
      name,
      wave(name, each),
    ]),
  );
  const result = await evaluate(engine, { got, wanted }, feeds);
  result.got.forEach((value, i) => {
    expect(value).toBeCloseTo(result.wanted[i], 5);
  });
});

it("scales and shifts groups of a single value, which have no deviation", async () => {
  const { layer } = place();
  const y = groupNormLayer(layer, input("x", [2, 3, 1, 1]));
  const feeds = { x: [1, 2, 3, 4, 5, 6], weight: [1, 2, 3], bias: [0, 1, 0] };
  expect([...(await evaluate(engine, { y }, feeds)).y]).toEqual([1, 5, 9, 4, 11, 18]);
});
