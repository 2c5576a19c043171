/** @file Which points of a sweep a camera beside the sensor sees, and which nearer things hide from it. */

/** A point in the picture: column, row, and how far away along the camera's axis. */
export type SeenPoint = readonly [x: number, y: number, depth: number];

/** How much nearer a point is that hides another, as a share of its depth. */
const NEARER = 0.8;
/** Cells to the radius: most cells that a point looks into lie whole within its surroundings. */
const FINE = 4;

/** Points by small square cells of the picture, with the least depth of each. */
interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly least: Float64Array;
  readonly points: readonly (readonly SeenPoint[])[];
}

function cellsOf(points: readonly SeenPoint[], side: number): Cells {
  let [right, bottom] = [0, 0];
  for (const [x, y] of points) [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  const [columns, rows] = [Math.floor(right / side) + 1, Math.floor(bottom / side) + 1];
  const own: SeenPoint[][] = Array.from({ length: columns * rows }, () => []);
  const least = new Float64Array(columns * rows).fill(Number.POSITIVE_INFINITY);
  for (const point of points) {
    const cell = Math.floor(point[1] / side) * columns + Math.floor(point[0] / side);
    own[cell].push(point);
    if (point[2] < least[cell]) least[cell] = point[2];
  }
  return { columns, rows, least, points: own };
}

/**
 * The points that nothing hides from the camera: the sensor stands elsewhere, mostly higher, and sees over
 * things. A point goes where a much nearer one lies within `radius` to its sides, at its height or above by
 * at most that; below it nearer points are mostly the ground before it. Columns and rows are not negative.
 */
export function unhiddenPoints(points: readonly SeenPoint[], radius: number): SeenPoint[] {
  const side = radius / FINE;
  const { columns, rows, least, points: own } = cellsOf(points, side);
  const hidden = ([x, y, depth]: SeenPoint): boolean => {
    const [left, right, top] = [x - radius, x + radius, y - radius];
    const limit = NEARER * depth;
    const hides = ([ox, oy, near]: SeenPoint) =>
      near < limit && Math.abs(ox - x) <= radius && oy <= y && oy >= top;
    const lastRow = Math.min(rows - 1, Math.floor(y / side));
    const lastColumn = Math.min(columns - 1, Math.floor(right / side));
    for (let row = Math.max(0, Math.floor(top / side)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.floor(left / side)); column <= lastColumn; column++) {
        const cell = row * columns + column;
        if (!(least[cell] < limit)) continue;
        const across = column * side >= left && (column + 1) * side <= right;
        const whole = across && row * side >= top && (row + 1) * side <= y;
        if (whole || own[cell].some(hides)) return true;
      }
    }
    return false;
  };
  return points.filter((point) => !hidden(point));
}
