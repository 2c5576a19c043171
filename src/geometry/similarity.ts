/**
 * @file The similarity that brings points closest to others: Horn, "Closed-form solution of absolute
 * orientation using unit quaternions" (1987); the same optimum as Umeyama's (1991).
 */
import { apply3, type Mat3, scale3, type Vec3 } from "./rotation.js";

/** A point p goes to `scale` `rotation` p + `translation`. */
export interface Similarity {
  readonly scale: number;
  readonly rotation: Mat3;
  readonly translation: Vec3;
}

function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export function meanOf(points: readonly Vec3[]): Vec3 {
  const sum = [0, 0, 0];
  for (const point of points) for (let axis = 0; axis < 3; axis++) sum[axis] += point[axis];
  return [sum[0] / points.length, sum[1] / points.length, sum[2] / points.length];
}

/**
 * The similarity that makes Σ ‖scale R pᵢ + t - qᵢ‖² least, for `points` p and `targets` q of one number;
 * where all p are one point, its scale is 1.
 * @throws RangeError where there is no point, or their numbers differ.
 */
export function alignSimilarity(points: readonly Vec3[], targets: readonly Vec3[]): Similarity {
  if (points.length === 0 || points.length !== targets.length) {
    throw new RangeError(`alignSimilarity: ${points.length} points and ${targets.length} targets`);
  }
  const [from, to] = [meanOf(points), meanOf(targets)];
  const centred = points.map((point, i) => [minus(point, from), minus(targets[i], to)] as const);
  const rotation = bestRotation(centred);
  const spread = centred.reduce((sum, [p]) => sum + dot(p, p), 0);
  const shared = centred.reduce((sum, [p, q]) => sum + dot(apply3(rotation, p), q), 0);
  const scale = spread > 0 ? shared / spread : 1;
  return { scale, rotation, translation: minus(to, scale3(apply3(rotation, from), scale)) };
}

/** The rotation R that makes Σ qᵢ·R pᵢ largest: that of the quaternion with Horn's largest eigenvalue. */
function bestRotation(pairs: readonly (readonly [p: Vec3, q: Vec3])[]): Mat3 {
  const s = (i: number, j: number) => pairs.reduce((sum, [p, q]) => sum + p[i] * q[j], 0);
  const [xx, xy, xz] = [s(0, 0), s(0, 1), s(0, 2)];
  const [yx, yy, yz] = [s(1, 0), s(1, 1), s(1, 2)];
  const [zx, zy, zz] = [s(2, 0), s(2, 1), s(2, 2)];
  const [w, x, y, z] = largestEigenvector([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]);
  return [
    w * w + x * x - y * y - z * z,
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    w * w - x * x + y * y - z * z,
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    w * w - x * x - y * y + z * z,
  ];
}

/** Sweeps of Jacobi's method; a handful brings a 4x4 matrix to rounding. */
const SWEEPS = 30;

/** The unit eigenvector of a symmetric matrix's largest eigenvalue, by Jacobi's rotations. */
function largestEigenvector(matrix: readonly (readonly number[])[]): number[] {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = matrix.map((_, i) => matrix.map((__, j) => Number(i === j)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        turn(a, vectors, p, q, c, t * c);
      }
    }
  }
  const largest = a.reduce((best, row, i) => (row[i] > a[best][best] ? i : best), 0);
  return vectors.map((row) => row[largest]);
}

/** A := Jᵀ A J and V := V J, J the rotation by cosine `c` and sine `s` in the plane of p and q. */
function turn(a: number[][], vectors: number[][], p: number, q: number, c: number, s: number): void {
  const columns = (rows: number[][]) => {
    for (const row of rows) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  };
  columns(a);
  const [upper, lower] = [a[p], a[q]];
  a[p] = upper.map((value, i) => c * value - s * lower[i]);
  a[q] = upper.map((value, i) => s * value + c * lower[i]);
  columns(vectors);
}
