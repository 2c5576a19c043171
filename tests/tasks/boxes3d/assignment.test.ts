import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bestAssignment } from "../../../src/tasks/boxes3d/assignment.js";

/** The greatest sum, by trying every assignment. */
function greatestSum(weights: readonly number[], rows: number, columns: number, used = 0): number {
  if (rows === 0) return 0;
  const row = rows - 1;
  let best = greatestSum(weights, row, columns, used);
  for (let j = 0; j < columns; j++) {
    if (used & (1 << j)) continue;
    best = Math.max(best, weights[row * columns + j] + greatestSum(weights, row, columns, used | (1 << j)));
  }
  return best;
}

describe("the best assignment", () => {
  it("prefers two fair pairs to a good one and none", () => {
    expect([...bestAssignment([9, 8, 8, 0], 2, 2)]).toEqual([1, 0]);
    expect([...bestAssignment([9, 2, 2, 0], 2, 2)]).toEqual([0, -1]);
  });

  it("leaves rows alone where there are too few columns, or none worth it", () => {
    expect([...bestAssignment([1, 3, 2], 3, 1)]).toEqual([-1, 0, -1]);
    expect([...bestAssignment([0, 0, 0, 5], 2, 2)]).toEqual([-1, 1]);
    expect([...bestAssignment([], 2, 0)]).toEqual([-1, -1]);
    expect([...bestAssignment([], 0, 3)]).toEqual([]);
  });

  it("has the greatest sum of all, no column twice", () => {
    const size = fc.integer({ min: 0, max: 5 });
    const cases = fc
      .tuple(size, size)
      .chain(([rows, columns]) =>
        fc.tuple(
          fc.constant(rows),
          fc.constant(columns),
          fc.array(fc.integer({ min: 0, max: 20 }), { minLength: rows * columns, maxLength: rows * columns }),
        ),
      );
    fc.assert(
      fc.property(cases, ([rows, columns, weights]) => {
        const pairs = [...bestAssignment(weights, rows, columns)].flatMap((j, i) => (j < 0 ? [] : [[i, j]]));
        expect(new Set(pairs.map(([, j]) => j)).size).toBe(pairs.length);
        const sum = pairs.reduce((total, [i, j]) => total + weights[i * columns + j], 0);
        expect(sum).toBe(greatestSum(weights, rows, columns));
      }),
    );
  });
});
