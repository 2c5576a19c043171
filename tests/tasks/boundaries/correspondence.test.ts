import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correspondence, NONE } from "../../../src/tasks/boundaries/correspondence.js";

type Place = readonly [row: number, column: number];

function maskOf(places: readonly Place[], { height, width }: { height: number; width: number }): Uint8Array {
  const mask = new Uint8Array(height * width);
  for (const [row, column] of places) mask[row * width + column] = 1;
  return mask;
}

/** Pairs, predicted place first, in the order of rows. */
function pairs(
  predicted: readonly Place[],
  truth: readonly Place[],
  size: { height: number; width: number },
  reach: number,
) {
  const found = correspondence(size, reach)(maskOf(predicted, size), maskOf(truth, size));
  const place = (pixel: number): Place => [Math.floor(pixel / size.width), pixel % size.width];
  return Array.from(found, (partner, pixel) => [partner, pixel] as const)
    .filter(([partner]) => partner !== NONE)
    .map(([partner, pixel]) => [place(pixel), place(partner)]);
}

const CANVAS = { height: 30, width: 40 };
const REACH = 0.05 * Math.hypot(30, 40);
const PREDICTED: Place[] = [
  [5, 5],
  [5, 7],
  [15, 20],
  [25, 35],
];

/** The least cost by trying every assignment. */
function leastCost(predicted: readonly Place[], truth: readonly Place[], reach: number): number {
  if (predicted.length === 0) return 100 * reach * truth.length;
  const [[row, column], ...others] = predicted;
  let best = 100 * reach + leastCost(others, truth, reach);
  truth.forEach(([y, x], i) => {
    const distance = Math.hypot(row - y, column - x);
    if (distance > reach) return;
    const rest = truth.filter((_, k) => k !== i);
    best = Math.min(best, distance + leastCost(others, rest, reach));
  });
  return best;
}

describe("known answers", () => {
  test("the assignment of least cost, not the nearest pairs first", () => {
    const truth: Place[] = [
      [5, 6],
      [5, 9],
      [15, 22],
    ];
    expect(pairs(PREDICTED, truth, CANVAS, REACH)).toEqual([
      [
        [5, 5],
        [5, 6],
      ],
      [
        [5, 7],
        [5, 9],
      ],
      [
        [15, 20],
        [15, 22],
      ],
    ]);
  });

  test("of two within reach the nearer one; what is out of reach stays alone", () => {
    const truth: Place[] = [
      [15, 23],
      [25, 33],
      [24, 36],
      [10, 10],
    ];
    expect(pairs(PREDICTED, truth, CANVAS, REACH)).toEqual([
      [
        [25, 35],
        [24, 36],
      ],
    ]);
  });

  test("more pairs come before nearer ones", () => {
    const predicted: Place[] = [
      [10, 10],
      [10, 13],
    ];
    const truth: Place[] = [
      [10, 12],
      [10, 15],
    ];
    expect(pairs(predicted, truth, CANVAS, REACH)).toHaveLength(2);
  });

  test("the largest distance itself is within reach", () => {
    expect(pairs([[3, 3]], [[3, 5]], CANVAS, 2)).toHaveLength(1);
    expect(pairs([[3, 3]], [[3, 5]], CANVAS, 1.999)).toHaveLength(0);
  });

  test("places at the edge have no partners on the other side", () => {
    const size = { height: 3, width: 5 };
    expect(pairs([[0, 4]], [[1, 0]], size, 2)).toHaveLength(0);
    expect(pairs([[2, 0]], [[1, 4]], size, 2)).toHaveLength(0);
  });

  test("nothing has no partners", () => {
    expect(pairs([], [[1, 1]], CANVAS, REACH)).toEqual([]);
    expect(pairs([[1, 1]], [], CANVAS, REACH)).toEqual([]);
  });
});

test("no assignment costs less, each pixel belongs to one other, and masks may follow one another", () => {
  const size = { height: 4, width: 5 };
  const places = fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { maxLength: 6 });
  const reaches = fc.constantFrom(0, 1, 1.5, 2, 2.3);
  const matchers = new Map([0, 1, 1.5, 2, 2.3].map((reach) => [reach, correspondence(size, reach)]));
  const at = (pixel: number): Place => [Math.floor(pixel / 5), pixel % 5];
  fc.assert(
    fc.property(places, places, reaches, (predicted, truth, reach) => {
      const mask = (pixels: readonly number[]) => maskOf(pixels.map(at), size);
      const found = matchers.get(reach)!(mask(predicted), mask(truth));
      const matched = predicted.filter((pixel) => found[pixel] !== NONE);
      const partners = matched.map((pixel) => found[pixel]);
      expect(new Set(partners).size).toBe(partners.length);
      expect(partners.every((partner) => truth.includes(partner))).toBe(true);
      const apart = matched.map((pixel) => {
        const [[y, x], [row, column]] = [at(pixel), at(found[pixel])];
        return Math.hypot(y - row, x - column);
      });
      expect(apart.every((distance) => distance <= reach)).toBe(true);
      const alone = predicted.length + truth.length - 2 * matched.length;
      const cost = apart.reduce((sum, distance) => sum + distance, 100 * reach * alone);
      expect(cost).toBeCloseTo(leastCost(predicted.map(at), truth.map(at), reach), 9);
    }),
    { numRuns: 300 },
  );
});
