/** @file A sweep as a picture from above. */
import { POINT_CHANNELS } from "../../fields/pillars.js";
import { type BirdGrid, cellOf, gridSize } from "../../geometry/boxes/bird-grid.js";

/** Points of a cell from which a picture is at its brightest. */
const DENSE = 32;

/**
 * Planar RGB [3, rows, columns] in [0, 1], a pixel a cell, forward up and left on the left: how high the
 * highest point of the cell lies between the grid's floor and ceiling, its brightest intensity, and how many
 * points there are, as a logarithm. Black where there is none.
 */
export function birdPicture(points: Float32Array, grid: BirdGrid): Float32Array {
  const [rows, columns] = gridSize(grid);
  const area = rows * columns;
  const out = new Float32Array(3 * area);
  const counts = new Uint32Array(area);
  const [floor, ceiling] = grid.z;
  for (let at = 0; at + POINT_CHANNELS <= points.length; at += POINT_CHANNELS) {
    const z = points[at + 2];
    const place = cellOf(grid, points[at], points[at + 1]);
    if (place === null || !(z >= floor && z < ceiling)) continue;
    const cell = place[0] * columns + place[1];
    const height = (z - floor) / (ceiling - floor);
    const intensity = Math.min(1, Math.max(0, points[at + 3]));
    counts[cell]++;
    out[cell] = Math.max(out[cell], height);
    if (intensity > out[area + cell]) out[area + cell] = intensity;
  }
  counts.forEach((count, cell) => {
    out[2 * area + cell] = Math.min(1, Math.log1p(count) / Math.log1p(DENSE));
  });
  return out;
}
