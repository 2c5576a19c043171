/**
 * @file Points sorted into pillars: the columns of space above the cells of a bird's-eye grid (PointPillars,
 * Lang et al. 2019).
 */
import { type BirdGrid, gridSize } from "../geometry/boxes/bird-grid.js";

/** Numbers of a point: x, y, z (metres) and intensity. */
export const POINT_CHANNELS = 4;
/**
 * Of a point in a pillar: its own numbers, its offset from the mean of the pillar's points (3) and from the
 * pillar's middle (2), and the number of the pillar's cell.
 */
export const PILLAR_CHANNELS = POINT_CHANNELS + 6;

export interface PillarLimits {
  /** Most pillars of a sweep. */
  readonly pillars: number;
  /** Most points of a pillar. */
  readonly points: number;
}

/** What became of a sweep's points. */
export interface PillarCounts {
  readonly points: number;
  /** Points with a number that is none. */
  readonly notFinite: number;
  /** Points outside the grid. */
  readonly outside: number;
  /** Points that their pillar had no room for. */
  readonly crowded: number;
  /** Pillars that were made. */
  readonly pillars: number;
  /** Pillars that there was no room for, and the points in them. */
  readonly pillarsLeftOut: number;
  readonly pointsLeftOut: number;
}

/** Reads and writes of planes [PILLAR_CHANNELS, rows, points]. */
interface Planes {
  readonly data: Float32Array;
  /** Where the sweep's pillars begin among the rows. */
  readonly row: number;
  readonly rows: number;
}

/** Appends the mean's and the middle's offsets of a pillar's points, and the number of its cell. */
function describe(
  { data, rows }: Planes,
  row: number,
  count: number,
  points: number,
  middle: readonly [number, number],
  cell: number,
): void {
  const plane = rows * points;
  const at = row * points;
  for (let axis = 0; axis < 3; axis++) {
    const from = axis * plane + at;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += data[from + k];
    const mean = sum / count;
    for (let k = 0; k < count; k++) {
      data[(POINT_CHANNELS + axis) * plane + at + k] = data[from + k] - mean;
      if (axis < 2) data[(POINT_CHANNELS + 3 + axis) * plane + at + k] = data[from + k] - middle[axis];
    }
  }
  data.fill(cell, (PILLAR_CHANNELS - 1) * plane + at, (PILLAR_CHANNELS - 1) * plane + at + points);
}

/**
 * Sorts points (`POINT_CHANNELS` numbers each) into pillars. In the order of the points, the first `points`
 * of each pillar and the first `pillars` pillars are kept; what is not finite or outside the grid is not.
 * Writes planes of `rows` pillars, all zeros so far, from row `row` on; of a pillar with fewer points the
 * rest stays zero but for the number of the cell, which is 1 + row * columns + column of the map, and 0 where
 * there is no pillar.
 */
export function fillPillars(
  points: Float32Array,
  grid: BirdGrid,
  limits: PillarLimits,
  out: Planes,
): PillarCounts {
  const { x, y, z, cell } = grid;
  const [rows, columns] = gridSize(grid);
  const most = limits.points;
  const plane = out.rows * most;
  const places = new Map<number, number>();
  const cells: number[] = [];
  const filled: number[] = [];
  const leftOut = new Set<number>();
  const counts = { notFinite: 0, outside: 0, crowded: 0, pointsLeftOut: 0 };
  const total = Math.floor(points.length / POINT_CHANNELS);
  for (let i = 0; i < total; i++) {
    const at = POINT_CHANNELS * i;
    const [px, py, pz] = [points[at], points[at + 1], points[at + 2]];
    if (!Number.isFinite(px + py + pz + points[at + 3])) {
      counts.notFinite++;
      continue;
    }
    const ahead = Math.floor((px - x[0]) / cell);
    const left = Math.floor((py - y[0]) / cell);
    if (ahead < 0 || ahead >= rows || left < 0 || left >= columns || pz < z[0] || pz >= z[1]) {
      counts.outside++;
      continue;
    }
    const place = (rows - 1 - ahead) * columns + columns - 1 - left;
    let pillar = places.get(place);
    if (pillar === undefined) {
      if (cells.length >= limits.pillars) {
        leftOut.add(place);
        counts.pointsLeftOut++;
        continue;
      }
      pillar = cells.length;
      places.set(place, pillar);
      cells.push(place);
      filled.push(0);
    }
    if (filled[pillar] >= most) {
      counts.crowded++;
      continue;
    }
    const to = (out.row + pillar) * most + filled[pillar]++;
    for (let c = 0; c < POINT_CHANNELS; c++) out.data[c * plane + to] = points[at + c];
  }
  cells.forEach((place, pillar) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    const middle = [
      x[0] + (rows - 1 - row + 0.5) * cell,
      y[0] + (columns - 1 - column + 0.5) * cell,
    ] as const;
    describe(out, out.row + pillar, filled[pillar], most, middle, 1 + place);
  });
  return { points: total, ...counts, pillars: cells.length, pillarsLeftOut: leftOut.size };
}
