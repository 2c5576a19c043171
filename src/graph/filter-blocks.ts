/**
 * @file Filters of convolutions in the order of ONNX Runtime's blocked kernels (see `spellings/blocked.ts`):
 * [O/B, C/B, KH, KW, B in, B out]. State kept in that order need not be reordered at every step.
 */
import type { Shape } from "./tensor.js";

/**
 * Whether values of this shape have a blocked order: [O,C,KH,KW] of whole blocks, with more than one tap.
 * `blockSize` 0 stands for none.
 */
export function hasFilterBlocks(shape: Shape, blockSize: number): boolean {
  if (blockSize === 0 || shape.length !== 4) return false;
  const [outputs, inputs, rows, columns] = shape;
  return outputs % blockSize === 0 && inputs % blockSize === 0 && rows * columns > 1;
}

/** Values in plain order [O,C,KH,KW] as a new array in blocked order. */
export function toFilterBlocks(plain: Float32Array, shape: Shape, blockSize: number): Float32Array {
  const blocked = new Float32Array(plain.length);
  walk(shape, blockSize, (at, from) => {
    blocked[at] = plain[from];
  });
  return blocked;
}

/** Values in blocked order as a new array in plain order [O,C,KH,KW]. */
export function fromFilterBlocks(blocked: Float32Array, shape: Shape, blockSize: number): Float32Array {
  const plain = new Float32Array(blocked.length);
  walk(shape, blockSize, (at, from) => {
    plain[from] = blocked[at];
  });
  return plain;
}

/** Calls `visit` with every value's place in blocked and in plain order. */
function walk(shape: Shape, b: number, visit: (blocked: number, plain: number) => void): void {
  const [outputs, inputs, rows, columns] = shape;
  const taps = rows * columns;
  let at = 0;
  for (let o = 0; o < outputs; o += b) {
    for (let i = 0; i < inputs; i += b) {
      for (let tap = 0; tap < taps; tap++) {
        for (let inner = i; inner < i + b; inner++) {
          for (let outer = o; outer < o + b; outer++) visit(at++, (outer * inputs + inner) * taps + tap);
        }
      }
    }
  }
}
