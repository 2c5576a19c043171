import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type BirdGrid,
  cellOf,
  columnCentres,
  gridSize,
  rowCentres,
} from "../../../src/geometry/boxes/bird-grid.js";

const GRID: BirdGrid = { x: [0, 4], y: [-3, 3], z: [-1, 1], cell: 0.5 };

it("is a picture that looks forward: far ahead is up, left is left", () => {
  expect(gridSize(GRID)).toEqual([8, 12]);
  expect(cellOf(GRID, 3.9, 2.9)).toEqual([0, 0]);
  expect(cellOf(GRID, 0.1, -2.9)).toEqual([7, 11]);
  expect(rowCentres(GRID)[0]).toBe(3.75);
  expect(columnCentres(GRID)[0]).toBe(2.75);
});

it("holds its beginning and not its end, and nothing that is no number", () => {
  expect(cellOf(GRID, 0, -3)).toEqual([7, 11]);
  expect(cellOf(GRID, 4, 0)).toBeNull();
  expect(cellOf(GRID, 1, 3)).toBeNull();
  expect(cellOf(GRID, Number.NaN, 0)).toBeNull();
  expect(gridSize({ x: [-74.88, 74.88], y: [-74.88, 74.88], z: [-2, 4], cell: 0.32 })).toEqual([468, 468]);
});

it("finds the cell whose middle is within half a cell", () => {
  const inside = fc.tuple(
    fc.double({ min: 0, max: 3.999, noNaN: true }),
    fc.double({ min: -3, max: 2.999, noNaN: true }),
  );
  fc.assert(
    fc.property(inside, ([x, y]) => {
      const [row, column] = cellOf(GRID, x, y)!;
      expect(Math.abs(rowCentres(GRID)[row] - x)).toBeLessThanOrEqual(0.25 + 1e-9);
      expect(Math.abs(columnCentres(GRID)[column] - y)).toBeLessThanOrEqual(0.25 + 1e-9);
    }),
  );
});
