/**
 * @file Dropout. The mask is an input, so that a graph is a pure function and a resumed run repeats itself.
 */
import { graphError, type Tensor } from "../tensor.js";
import { mul } from "./arithmetic.js";

/**
 * x mask / (1 - rate), for a mask of ones (kept, with probability 1 - rate) and zeros whose shape broadcasts
 * to x's: x's shape for single values, [N,C,1,1] for whole channels. Throws GraphError on a rate outside [0,
 * 1) and on a mask larger than x.
 */
export function dropout(x: Tensor, mask: Tensor, rate: number): Tensor {
  if (!(rate >= 0 && rate < 1)) graphError("dropout", `rate ${rate} is outside [0, 1)`);
  const fits =
    mask.shape.length <= x.shape.length &&
    mask.shape.every((dim, i) => dim === 1 || dim === x.shape.at(i - mask.shape.length));
  if (!fits) graphError("dropout", "the mask must broadcast to x's shape", [x, mask]);
  return mul(x, mul(mask, 1 / (1 - rate)));
}
