import { describe, expect, it, test } from "vitest";
import { dynamicSize, type SizedModel } from "../../src/graph/dynamic-size.js";
import { encodeModel, input, lowerGraph, mul, PORTABLE } from "../../src/graph/index.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { constant } from "../../src/graph/ops/leaf.js";
import { reduceMean } from "../../src/graph/ops/reduce.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { userError } from "../helpers/folder.js";
import {
  imageModels,
  inferenceModel,
  noiseImage,
  relativeDifference,
  runModel,
} from "../helpers/inference-model.js";
import { misfits } from "../helpers/onnx-schemas.js";

const SIZES = [
  [5, 7],
  [7, 11],
  [11, 5],
] as const;
/** Group normalisation is the same everywhere. */
const kinds = [...imageModels.map((name) => [name, "batch"] as const), ["segnet", "group"] as const];

describe.each(kinds)("%s with %s norm", (name, norm) => {
  test("is one model for all sizes", async () => {
    const sized: SizedModel[] = [];
    for (const strides of SIZES) {
      const { bytes, shape } = await inferenceModel(name, strides, norm);
      sized.push({ bytes, size: [shape[2], shape[3]] });
    }
    const dynamic = dynamicSize(sized, sized[0].bytes);
    expect(misfits(decodeModel(dynamic))).toEqual([]);
    const { bytes, shape } = await inferenceModel(name, [3, 2], norm);
    const image = noiseImage(shape);
    const [got, expected] = [await runModel(dynamic, shape, image), await runModel(bytes, shape, image)];
    for (const [output, values] of expected) {
      expect(got.get(output)!.length).toBe(values.length);
      expect(relativeDifference(got.get(output)!, values), output).toBeLessThan(1e-4);
    }
    const type = decodeModel(dynamic).graph!.input[0].type!.value;
    const dims = type.case === "tensorType" ? type.value.shape!.dim.map(({ value }) => value.value) : [];
    expect(dims.slice(2)).toEqual(["height", "width"]);
  });
});

/** A model of what a function makes of an image, for an image of each size. */
const modelsOf = (build: (image: Tensor, size: readonly [number, number]) => Tensor): SizedModel[] =>
  SIZES.map((size) => {
    const tensor = build(input("image", [1, 3, ...size]), size);
    return { bytes: encodeModel(lowerGraph([{ name: "out", tensor }], PORTABLE), {}, 17), size };
  });

it("computes means over the whole image", async () => {
  const models = modelsOf((image) => mul(reduceMean(image), 2));
  const dynamic = dynamicSize(models, models[0].bytes);
  const image = noiseImage([1, 3, 4, 9]);
  const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
  expect((await runModel(dynamic, [1, 3, 4, 9], image)).get("out")![0]).toBeCloseTo(2 * mean, 5);
});

it.each<[string, (image: Tensor, size: readonly [number, number]) => Tensor]>([
  [
    "a picture of weights",
    (image, [height, width]) =>
      mul(
        image,
        constant(
          Array.from({ length: height * width }, (_, i) => i),
          [1, 1, height, width],
        ),
      ),
  ],
  ["a number without law", (image, [height]) => mul(image, height ** 2)],
  ["other nodes", (image, [height]) => (height > 6 ? mul(image, 2) : mul(mul(image, image), 3))],
])("refuses what does not follow from the size: %s", async (_name, build) => {
  const models = modelsOf(build);
  const { facts } = await userError(() => dynamicSize(models, models[0].bytes));
  expect(facts.code).toBe("export.not-dynamic");
});
