import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromFilterBlocks, hasFilterBlocks, toFilterBlocks } from "../../src/graph/filter-blocks.js";
import { sizeOf } from "../../src/graph/tensor.js";

describe("filters in blocked order", () => {
  it.each([
    { shape: [32, 16, 3, 3], blockSize: 16, expected: true },
    { shape: [8, 24, 1, 2], blockSize: 8, expected: true },
    { shape: [24, 16, 3, 3], blockSize: 16, expected: false },
    { shape: [16, 3, 3, 3], blockSize: 16, expected: false },
    { shape: [16, 16, 1, 1], blockSize: 16, expected: false },
    { shape: [16, 16, 9], blockSize: 16, expected: false },
    { shape: [16, 16, 3, 3], blockSize: 0, expected: false },
  ])("of shape [$shape] in blocks of $blockSize: $expected", ({ shape, blockSize, expected }) => {
    expect(hasFilterBlocks(shape, blockSize)).toBe(expected);
  });

  it("hold value [o,c,i,j] at [o/B, c/B, i, j, c mod B, o mod B], and go back to what they were", () => {
    const blocks = fc.integer({ min: 1, max: 3 });
    const taps = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(blocks, blocks, taps, taps, fc.constantFrom(8, 16), (outer, inner, rows, columns, b) => {
        const shape = [outer * b, inner * b, rows, columns];
        const plain = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
        const blocked = toFilterBlocks(plain, shape, b);
        expect(fromFilterBlocks(blocked, shape, b)).toEqual(plain);
        for (const value of [0, 1, Math.floor(plain.length / 3), plain.length - 1]) {
          const j = value % columns;
          const i = Math.floor(value / columns) % rows;
          const c = Math.floor(value / (columns * rows)) % (inner * b);
          const o = Math.floor(value / (columns * rows * inner * b));
          const tile = (Math.floor(o / b) * inner + Math.floor(c / b)) * rows * columns + i * columns + j;
          expect(blocked[(tile * b + (c % b)) * b + (o % b)]).toBe(value);
        }
      }),
    );
  });
});
