import { expect, it } from "vitest";
import { input } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { runNetwork } from "../../src/models/network.js";
import { segnet } from "../../src/models/segnet.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";

function build(width: number, channels: number, heads: Record<string, number>, bottleneck?: number) {
  const variables = new ModuleSet();
  const { encoded, outputs } = runNetwork(
    segnet({ width, bottleneck }),
    new Layer(variables.scope(), new Forward("train")),
    input("x", [2, channels, 64, 96]),
    Object.entries(heads).map(([name, count]) => ({ name, channels: count })),
  );
  const parameters = variables.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  return { variables, encoded, outputs, parameters };
}

// Counts of the released code (MTL network, and auto-encoder less its 34 unused ones).
it("has the parameters of the JTR code's networks", () => {
  expect(build(64, 3, { segmentation: 13, depth: 1, normals: 3 }).parameters).toBe(25_055_185);
  expect(build(64, 17, { stack: 17 }).parameters).toBe(24_989_427 - 34);
});

it("gives a bottleneck of 1/32 of the size and maps of the input's size, by head", () => {
  const { encoded, outputs } = build(4, 3, { segmentation: 13, depth: 1 });
  expect(encoded.bottleneck.shape).toEqual([2, 32, 2, 3]);
  expect(outputs.segmentation.shape).toEqual([2, 13, 64, 96]);
  expect(outputs.depth.shape).toEqual([2, 1, 64, 96]);
});

it("takes another bottleneck", () => {
  expect(build(4, 3, { depth: 1 }, 12).encoded.bottleneck.shape).toEqual([2, 12, 2, 3]);
});

it("names parameters as the code does", () => {
  const { variables } = build(4, 3, { depth: 1 });
  const names = variables.all().map(({ name }) => name);
  for (const name of [
    "encoder_block.0.0.weight",
    "conv_block_enc.1.1.running_var",
    "conv_block_enc.4.1.0.bias",
    "decoder_block.0.1.weight",
    "conv_block_dec.2.0.0.weight",
    "head.depth.0.weight",
    "head.depth.1.bias",
  ]) {
    expect(names).toContain(name);
  }
});

it("refuses sizes that are no multiple of 32", () => {
  const x = input("x", [1, 3, 48, 64]);
  expect(() =>
    segnet({ width: 4 }).encode(new Layer(new ModuleSet().scope(), new Forward("eval")), x),
  ).toThrow(/segnet: height and width must be multiples of 32.*48,64/);
});
