import fc from "fast-check";
import { TensorProto_DataType } from "onnx-buf";
import { describe, expect, it, test } from "vitest";
import { affineOf, int8Precision, type Range } from "../../src/graph/int8.js";
import { greatestOf, leastOf, rangeModel } from "../../src/graph/int8-plan.js";
import { decodeModel } from "../../src/graph/onnx.js";
import {
  imageModels,
  inferenceModel,
  noiseImage,
  relativeDifference,
  runModel,
} from "../helpers/inference-model.js";
import { misfits } from "../helpers/onnx-schemas.js";

async function rangesOf(bytes: Uint8Array, shape: readonly number[], image: Float32Array) {
  const probe = rangeModel(bytes);
  const ends = await runModel(probe.bytes, shape, image);
  return new Map(
    probe.values.map((value): [string, Range] => [
      value,
      [ends.get(leastOf(value))![0], ends.get(greatestOf(value))![0]],
    ]),
  );
}

describe.each(imageModels)("%s in 8 bits", (name) => {
  test("predicts nearly the same from a third of the bytes", async () => {
    const { bytes, shape } = await inferenceModel(name, [1, 2]);
    const image = noiseImage(shape);
    const quantised = int8Precision(bytes, await rangesOf(bytes, shape, image));
    expect(misfits(decodeModel(quantised))).toEqual([]);
    const [got, expected] = [await runModel(quantised, shape, image), await runModel(bytes, shape, image)];
    for (const [output, values] of expected) {
      expect(relativeDifference(got.get(output)!, values), output).toBeLessThan(0.15);
    }
    const { node, initializer } = decodeModel(quantised).graph!;
    const made = new Map(node.flatMap((each) => each.output.map((value) => [value, each.opType] as const)));
    const convolutions = node.filter(({ opType, input }) => opType === "Conv" && made.has(input[1]));
    expect(convolutions.length).toBeGreaterThan(4);
    for (const { input } of convolutions) {
      expect(input.map((value) => made.get(value))).toEqual(input.map(() => "DequantizeLinear"));
    }
    const floats = initializer.filter(({ dataType }) => dataType === TensorProto_DataType.FLOAT);
    const stored = floats.reduce((sum, { rawData }) => sum + rawData.length, 0);
    expect(stored).toBeLessThan(bytes.length / 5);
  });
});

it("gives 0 a step of its own and holds the whole range", () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [least, greatest] = [Math.min(a, b), Math.max(a, b)];
      const { scale, zeroPoint } = affineOf([least, greatest]);
      expect(Number.isInteger(zeroPoint)).toBe(true);
      expect(zeroPoint).toBeGreaterThanOrEqual(0);
      expect(zeroPoint).toBeLessThanOrEqual(255);
      for (const end of [least, greatest]) {
        const step = Math.min(255, Math.max(0, Math.round(end / scale) + zeroPoint));
        expect(Math.abs((step - zeroPoint) * scale - end)).toBeLessThanOrEqual(scale * 1.001);
      }
    }),
  );
});

it("wants to know the range of every value", async () => {
  const { bytes } = await inferenceModel("segnet", [1, 1]);
  expect(() => int8Precision(bytes, new Map())).toThrow("no range is known of");
});
