import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { input } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { type ResNetName, type ResNetOptions, resnetEncoder } from "../../src/models/resnet.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { readTorch, TorchTensor, tensorValues } from "../../src/torch/index.js";
import { infer } from "../helpers/network.js";

type Maps = readonly { shape: number[]; data: number[] }[];
const golden: Record<string, Maps> = JSON.parse(
  readFileSync(new URL("../golden/resnet.json", import.meta.url), "utf8"),
);

function weightsOf(file: string): (name: string) => Float32Array {
  const tensors = readTorch(readFileSync(new URL(`../golden/${file}`, import.meta.url)), file);
  if (tensors instanceof TorchTensor) throw new Error("one tensor");
  return (name) => tensorValues(tensors.get(name)!) as Float32Array;
}

/** The image of the script. */
function image(height: number, width: number) {
  const data = Float32Array.from(
    { length: 3 * height * width },
    (_, i) => Math.sin(0.37 * i) + Math.cos(0.0113 * i),
  );
  return { shape: [1, 3, height, width], data };
}

async function maps(options: ResNetOptions, file: string): Promise<{ shape: number[]; data: number[] }[]> {
  const shapes: number[][] = [];
  const weight = weightsOf(file);
  const outputs = await infer(
    (layer, x) => {
      const { layers } = resnetEncoder(layer, x, options);
      shapes.push(...layers.map(({ shape }) => [...shape]));
      return Object.fromEntries(layers.map((layer, i) => [String(i), layer]));
    },
    image(64, 64),
    ({ name }) => weight(name),
  );
  return shapes.map((shape, i) => ({ shape, data: [...outputs[i]] }));
}

function expectClose(found: Maps, wanted: Maps): void {
  expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  const errors = found.flatMap(({ data }, i) =>
    data.map((value, j) => Math.abs(value - wanted[i].data[j]) / (1 + Math.abs(value))),
  );
  expect(Math.max(...errors)).toBeLessThan(1e-4);
}

describe("the encoder gives torchvision's maps, with its weights by name", () => {
  it.each(["resnet18.pth", "resnet18-legacy.pth"])("ResNet-18 from %s", async (file) => {
    expectClose(await maps({ name: "resnet18", width: 2, outputStride: 32 }, file), golden.resnet18);
  });

  it("ResNet-50 from half floats", async () => {
    const found = await maps({ name: "resnet50", width: 1, outputStride: 32 }, "resnet50-half.pth");
    expectClose(found, golden.resnet50);
  });

  it.each([16, 8] as const)("ResNet-50 at output stride %d", async (outputStride) => {
    const found = await maps({ name: "resnet50", width: 1, outputStride }, "resnet50-half.pth");
    expectClose(found.slice(2), golden[`resnet50/${outputStride}`]);
  });
});

it("hands out its stem at half the image's size", () => {
  const layer = new Layer(new ModuleSet().scope(), new Forward("train"));
  const { stem } = resnetEncoder(layer, input("x", [2, 3, 50, 64]), {
    name: "resnet18",
    width: 4,
    outputStride: 32,
  });
  expect(stem.shape).toEqual([2, 4, 25, 32]);
});

it("fills in the positions between those of the strided network, with basic blocks too", async () => {
  const [strided, dilated] = await Promise.all(
    ([32, 8] as const).map((outputStride) =>
      maps({ name: "resnet18", width: 2, outputStride }, "resnet18.pth"),
    ),
  );
  const [{ shape, data }, { data: fine }] = [strided[3], dilated[3]];
  const [, channels, height, width] = shape;
  const positions = data.map((_, i) => {
    const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return (c * 4 * height + 4 * y) * 4 * width + 4 * x;
  });
  expect(fine).toHaveLength(16 * data.length);
  expect(channels).toBe(16);
  expectClose([{ shape, data: positions.map((position) => fine[position]) }], [{ shape, data }]);
});

// torchvision's counts without `fc`.
it.each([
  ["resnet18", 11_176_512],
  ["resnet26", 13_946_176],
  ["resnet34", 21_284_672],
  ["resnet50", 23_508_032],
] satisfies [ResNetName, number][])("%s has %d parameters", (name, count) => {
  const variables = new ModuleSet();
  const options = { name, width: 64, outputStride: 32 } as const;
  const layer = new Layer(variables.scope(), new Forward("train"));
  resnetEncoder(layer, input("x", [1, 3, 64, 64]), options);
  expect(variables.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)).toBe(count);
});
