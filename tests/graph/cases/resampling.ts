import * as g from "../../../src/graph/index.js";
import { fixed, type OperatorCase, uniform } from "../../helpers/operator-case.js";

function bilinear(name: string, shape: g.Shape, size: [number, number], alignCorners: boolean): OperatorCase {
  return {
    name: `resizeBilinear ${name}, ${alignCorners ? "aligned corners" : "half pixels"}`,
    covers: ["Resize2d", "Resize2dAdjoint"],
    inputs: { x: uniform(shape) },
    build: ({ x }) => g.resizeBilinear(x, size, { alignCorners }),
  };
}

function nearest(name: string, shape: g.Shape, size: [number, number]): OperatorCase {
  return {
    name: `resizeNearest ${name}`,
    covers: ["Resize2d", "Resize2dAdjoint"],
    inputs: { x: uniform(shape) },
    build: ({ x }) => g.resizeNearest(x, size),
  };
}

// Pixel coordinates of six samples in an image of 4x5, each at least 0.1 from a whole number and from a half.
const COLUMNS = [0.3, 1.7, 3.2, 2.4, -0.4, 4.3];
const ROWS = [0.7, 2.2, 1.35, 2.8, 1.6, 3.4];

/** Grid coordinates of the samples above for an image of 4x5. */
function sampleGrid(alignCorners: boolean) {
  const unit = (pixel: number, size: number) =>
    alignCorners ? (2 * pixel) / (size - 1) - 1 : (2 * pixel + 1) / size - 1;
  const values = COLUMNS.flatMap((column, i) => [unit(column, 5), unit(ROWS[i], 4)]);
  return fixed([1, 2, 3, 2], values);
}

export const gridModes = (["bilinear", "nearest"] as const).flatMap((mode) =>
  (["zeros", "border"] as const).flatMap((padding) =>
    [false, true].map((alignCorners) => ({ mode, padding, alignCorners })),
  ),
);

export const resamplingCases: OperatorCase[] = [
  ...[false, true].flatMap((aligned) => [
    bilinear("up by 2", [1, 2, 3, 4], [6, 8], aligned),
    bilinear("up by an odd ratio", [2, 1, 3, 4], [5, 7], aligned),
    bilinear("down", [1, 2, 7, 6], [3, 4], aligned),
    bilinear("up and down", [1, 1, 3, 7], [5, 2], aligned),
    bilinear("to one pixel", [1, 1, 4, 3], [1, 1], aligned),
  ]),
  nearest("up by 2 and 3", [1, 2, 2, 3], [4, 9]),
  nearest("up by an odd ratio", [1, 2, 3, 4], [7, 5]),
  nearest("down", [1, 1, 6, 5], [4, 2]),
  ...gridModes.map((options): OperatorCase => {
    const grid = sampleGrid(options.alignCorners);
    return {
      name: `gridSample ${options.mode}, ${options.padding}, ${options.alignCorners ? "aligned corners" : "half pixels"}`,
      covers: ["GridSample"],
      inputs: { x: uniform([1, 2, 4, 5]), grid },
      build: ({ x, grid }) => g.gridSample(x, grid, options),
    };
  }),
];
