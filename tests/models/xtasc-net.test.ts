import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradientsOrNull, input, reduceMean, type Tensor } from "../../src/graph/index.js";
import { add } from "../../src/graph/ops/arithmetic.js";
import { square } from "../../src/graph/ops/unary.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { runNetwork } from "../../src/models/network.js";
import type { ResNetName } from "../../src/models/resnet.js";
import { transferNetwork } from "../../src/models/transfer-network.js";
import { xtascNet, xtascNetModel } from "../../src/models/xtasc-net.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { gradientError, parameterValue, wave } from "../helpers/waves.js";

interface Golden {
  readonly outputs: Record<string, number[]>;
  /** Norm, product with the direction. */
  readonly gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/xtasc-net.json", import.meta.url), "utf8"),
);
const CITYSCAPES = [
  { name: "segmentation", channels: 7 },
  { name: "depth", channels: 1 },
];

/**
 * Maps at every `step`-th row and column, and the gradients of the sum of their mean squares, in evaluation.
 */
async function computed(
  build: (layer: Layer, x: Tensor) => Readonly<Record<string, Tensor>>,
  x: { readonly shape: readonly number[]; readonly data: Float32Array },
  [rows, columns]: readonly [number, number],
) {
  const variables = new ModuleSet();
  const maps = build(new Layer(variables.scope(), new Forward("eval")), input("x", x.shape));
  const parameters = variables.trained();
  const loss = Object.values(maps)
    .map((map) => reduceMean(square(map)))
    .reduce((sum, each) => add(sum, each));
  const gradients = gradientsOrNull(
    [{ output: loss }],
    parameters.map(({ tensor }) => tensor),
  );
  const wanted = Object.fromEntries(parameters.map(({ name }, i) => [`gradient ${name}`, gradients[i]!]));
  const feeds = variables
    .all()
    .map(({ name, kind, tensor, initialize }) => [
      name,
      kind === "parameter" ? parameterValue(name, tensor.shape) : initialize(tensor.shape, null as never),
    ]);
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const found = await evaluate(engine, { ...maps, ...wanted }, { ...Object.fromEntries(feeds), x: x.data });
  const [, , height, width] = Object.values(maps)[0].shape;
  const thinned = (map: Float32Array) =>
    map.filter((_, i) => (Math.floor(i / width) % height) % rows === 0 && (i % width) % columns === 0);
  return {
    maps: Object.fromEntries(Object.keys(maps).map((name) => [name, [...thinned(found[name])]])),
    gradients: Object.fromEntries(parameters.map(({ name }) => [name, found[`gradient ${name}`]])),
  };
}

function expectGolden(name: string, { maps, gradients }: Awaited<ReturnType<typeof computed>>): void {
  const wanted = golden[name];
  for (const [map, values] of Object.entries(wanted.outputs)) {
    expect(maps[map]).toHaveLength(values.length);
    expect(Math.max(...values.map((value, i) => Math.abs(value - maps[map][i])))).toBeLessThan(1e-4);
  }
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted.gradients).sort());
  for (const [parameter, [norm, product]] of Object.entries(wanted.gradients)) {
    expect(gradientError(parameter, gradients[parameter], norm, product), parameter).toBeLessThan(2e-3);
  }
}

it("gives PyTorch's maps and gradients", async () => {
  const network = xtascNet({ encoder: "resnet18", width: 4 });
  const heads = [
    { name: "segmentation", channels: 5 },
    { name: "depth", channels: 1 },
  ];
  const shape = [2, 3, 64, 96];
  const data = wave("image", shape).map((value) => 0.5 + 0.5 * value);
  const build = (layer: Layer, x: Tensor) => runNetwork(network, layer, x, heads).outputs;
  expectGolden("network", await computed(build, { shape, data }, [9, 7]));
});

describe("task-transfer networks", () => {
  it.each([
    ["paper", "behind"],
    ["released", "before"],
  ] as const)("of the %s give PyTorch's maps and gradients", async (name, enlarges) => {
    const build = (layer: Layer, x: Tensor) => ({
      map: transferNetwork(layer, x, 3, { width: 4, enlarges }),
    });
    const shape = [2, 5, 32, 40];
    const found = await computed(build, { shape, data: wave("prediction", shape) }, [3, 4]);
    expectGolden(`transfer ${name}`, found);
  });

  it.each(["behind", "before"] as const)(
    "take sides that are no multiples of 8, enlarging %s",
    (enlarges) => {
      const layer = new Layer(new ModuleSet().scope(), new Forward("train"));
      const map = transferNetwork(layer, input("x", [1, 2, 20, 27]), 3, { width: 2, enlarges });
      expect(map.shape).toEqual([1, 3, 20, 27]);
    },
  );
});

function parameters(build: (layer: Layer) => void): number {
  const variables = new ModuleSet();
  build(new Layer(variables.scope(), new Forward("train")));
  return variables.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
}

// Those of the released code's networks for Cityscapes' 7 classes; 2.14, 3.15 and 4.04 x 10^7 in the paper.
it.each([
  ["resnet18", 21_445_184],
  ["resnet34", 31_553_344],
  ["resnet50", 40_412_224],
] satisfies [ResNetName, number][])(
  "%s, its decoders and transfer networks have %d parameters",
  (encoder, count) => {
    const network = parameters((layer) => {
      runNetwork(xtascNet({ encoder, width: 64 }), layer, input("x", [1, 3, 32, 32]), CITYSCAPES);
    });
    const transfer = (from: number, to: number) =>
      parameters((layer) => {
        const options = { width: 64, enlarges: "behind" } as const;
        transferNetwork(layer, input("x", [1, from, 32, 32]), to, options);
      });
    expect([transfer(7, 1), transfer(1, 7)]).toEqual([1_885_568, 1_882_496]);
    expect(network + transfer(7, 1) + transfer(1, 7)).toBe(count);
  },
);

it("has the parameters of the released decoders, one a head", () => {
  const variables = new ModuleSet();
  const layer = new Layer(variables.scope(), new Forward("train"));
  runNetwork(xtascNet({ encoder: "resnet34", width: 64 }), layer, input("x", [1, 3, 32, 32]), CITYSCAPES);
  const under = (prefix: string) =>
    variables
      .trained()
      .reduce((sum, { name, tensor }) => sum + (name.startsWith(prefix) ? sizeOf(tensor.shape) : 0), 0);
  expect(["encoder.", "head.segmentation.", "head.depth."].map(under)).toEqual([
    21_284_672, 3_250_688, 3_249_920,
  ]);
});

it("takes torchvision's names in weight files, and its own", () => {
  expect(xtascNetModel.variableName?.("layer4.2.bn2.weight")).toBe("encoder.layer4.2.bn2.weight");
  expect(xtascNetModel.variableName?.("fc.weight")).toBeNull();
  expect(xtascNetModel.variableName?.("head.depth.last.weight")).toBe("head.depth.last.weight");
});
