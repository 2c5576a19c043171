/**
 * @file The ground as a grid seen from above (bird's-eye view). Maps over it are pictures that look forward:
 * rows from far ahead (largest x) to the back, columns from left (largest y) to right.
 */

/** From, to; metres. */
export type Extent = readonly [from: number, to: number];

/** A part of space, x forward, y left, z up, and the edge of its square cells, metres. */
export interface BirdGrid {
  readonly x: Extent;
  readonly y: Extent;
  readonly z: Extent;
  readonly cell: number;
}

/** Cells along x and y, which are the rows and the columns of a map over the grid. */
export function gridSize({ x, y, cell }: BirdGrid): readonly [rows: number, columns: number] {
  return [Math.round((x[1] - x[0]) / cell), Math.round((y[1] - y[0]) / cell)];
}

/** The row and the column that hold a point; null where the grid does not. */
export function cellOf(grid: BirdGrid, x: number, y: number): readonly [row: number, column: number] | null {
  const [rows, columns] = gridSize(grid);
  const ahead = Math.floor((x - grid.x[0]) / grid.cell);
  const left = Math.floor((y - grid.y[0]) / grid.cell);
  if (!(ahead >= 0 && ahead < rows && left >= 0 && left < columns)) return null;
  return [rows - 1 - ahead, columns - 1 - left];
}

/** Where the middles of a map's rows lie along x, metres. */
export function rowCentres(grid: BirdGrid): number[] {
  const [rows] = gridSize(grid);
  return Array.from({ length: rows }, (_, row) => grid.x[0] + (rows - 1 - row + 0.5) * grid.cell);
}

/** Where the middles of its columns lie along y. */
export function columnCentres(grid: BirdGrid): number[] {
  const [, columns] = gridSize(grid);
  return Array.from({ length: columns }, (_, column) => grid.y[0] + (columns - 1 - column + 0.5) * grid.cell);
}
