import { expect, it } from "vitest";
import { input } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import {
  type DeepLabV3PlusOptions,
  deeplabv3plus,
  deeplabv3plusModel,
} from "../../src/models/deeplabv3plus.js";
import { runNetwork } from "../../src/models/network.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";

const HEADS = [{ name: "depth", channels: 1 }];

function build(options: DeepLabV3PlusOptions, forward = new Forward("train"), shape = [2, 3, 64, 96]) {
  const variables = new ModuleSet();
  const { encoded } = runNetwork(
    deeplabv3plus(options),
    new Layer(variables.scope(), forward),
    input("x", shape),
    HEADS,
  );
  return { variables, encoded, names: variables.all().map(({ name }) => name) };
}

it("has the deepest map as its bottleneck, at the output stride", () => {
  const shapes = ([16, 8] as const).map(
    (outputStride) => build({ encoder: "resnet50", outputStride, width: 2 }).encoded.bottleneck.shape,
  );
  expect(shapes).toEqual([
    [2, 64, 4, 6],
    [2, 64, 8, 12],
  ]);
});

it("has the published channels at width 64", () => {
  const { variables } = build({ encoder: "resnet50", outputStride: 16, width: 64 });
  const shape = (name: string) => variables.get(name)?.tensor.shape;
  expect(shape("aspp.convs.0.0.weight")).toEqual([256, 2048, 1, 1]);
  expect(shape("aspp.convs.3.0.weight")).toEqual([256, 2048, 3, 3]);
  expect(shape("aspp.convs.4.1.weight")).toEqual([256, 2048, 1, 1]);
  expect(shape("aspp.project.0.weight")).toEqual([256, 1280, 1, 1]);
  expect(shape("decoder.low.0.weight")).toEqual([48, 256, 1, 1]);
  expect(shape("decoder.0.0.weight")).toEqual([256, 304, 3, 3]);
  expect(shape("decoder.1.0.weight")).toEqual([256, 256, 3, 3]);
  expect(shape("head.depth.weight")).toEqual([1, 256, 1, 1]);
  // Encoder; pyramid; decoder; head: each with the scales and shifts of its normalisations.
  const pyramid = 2048 * 256 * (1 + 3 * 9 + 1) + 1280 * 256 + 6 * 512;
  const decoder = 256 * 48 + 96 + (304 + 256) * 256 * 9 + 2 * 512;
  const count = variables.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  expect(count).toBe(23_508_032 + pyramid + decoder + 257);
});

it("has as many parameters as CompL's trunk, a ResNet-26 with group normalisation", () => {
  const { variables } = build({ encoder: "resnet26", outputStride: 16, width: 64, norm: "group" });
  const trunk = variables.trained().filter(({ name }) => !name.startsWith("head."));
  expect(trunk.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)).toBe(30_784_928);
});

it("has torchvision's names below `encoder.`, and takes them in weight files", () => {
  const { names } = build({ encoder: "resnet50", outputStride: 16, width: 2 });
  for (const stored of ["conv1.weight", "bn1.running_mean", "layer1.0.downsample.1.running_var"]) {
    expect(names).toContain(`encoder.${stored}`);
    expect(deeplabv3plusModel.variableName?.(stored)).toBe(`encoder.${stored}`);
  }
  expect(deeplabv3plusModel.variableName?.("fc.bias")).toBeNull();
  expect(deeplabv3plusModel.variableName?.("aspp.project.0.weight")).toBe("aspp.project.0.weight");
});

it("leaves the statistics of the pooled image alone in a batch of one, which has no deviation", () => {
  const changed = (batch: number) => {
    const forward = new Forward("train");
    build({ encoder: "resnet18", outputStride: 16, width: 2 }, forward, [batch, 3, 32, 32]);
    return [...forward.updates().keys()];
  };
  const pooled = ["aspp.convs.4.2.running_mean", "aspp.convs.4.2.running_var"];
  expect(changed(2)).toEqual(expect.arrayContaining(pooled));
  expect(changed(1).filter((name) => pooled.includes(name))).toEqual([]);
  expect(changed(1)).toContain("aspp.convs.1.1.running_mean");
});
