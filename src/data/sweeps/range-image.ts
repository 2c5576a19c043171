/**
 * @file Range images: what each beam of a rotating LiDAR met at each column of its turn (Sun et al. 2020),
 * and the points that follow.
 */
import { POINT_CHANNELS } from "../../fields/pillars.js";
import type { RigidMotion } from "../../geometry/rigid.js";

/** Numbers of a pixel: range (metres), intensity, elongation, and whether a zone without labels is there. */
export const RANGE_CHANNELS = 4;
/** Numbers of a pixel's pose: roll, pitch and yaw (radians), x, y and z (metres). */
export const POSE_CHANNELS = 6;

/** [rows, columns, channels]; rows from the highest beam down. */
export interface PixelArray {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
}

/** How a laser measures and where it is mounted. */
export interface RangeLaser {
  /** Of each row's beam above the horizontal plane, radians. */
  readonly inclinations: readonly number[];
  /** From the laser's coordinates to the vehicle's. */
  readonly toVehicle: RigidMotion;
}

/** Where the vehicle was when each pixel was measured, and where it is in the sweep's coordinates. */
export interface PixelPoses extends PixelArray {
  /** From the vehicle of the sweep to the coordinates that the poses lead to. */
  readonly vehicle: RigidMotion;
}

/** Beams at even distances from `min` to `max`, in the middles of `rows` parts; the highest first. */
export function evenInclinations(min: number, max: number, rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => min + ((rows - row - 0.5) / rows) * (max - min));
}

/** Cosine and sine of each angle, one after the other. */
function turns(angles: readonly number[]): Float64Array {
  return Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
}

/**
 * Moves vehicle coordinates of the moment of a pixel to those of the sweep: Rz(yaw) Ry(pitch) Rx(roll) and
 * the offset lead to the scene, the vehicle's pose leads back. In doubles: scenes are kilometres wide.
 */
function straighten(point: Float64Array, { data, vehicle }: PixelPoses, pixel: number): void {
  const at = POSE_CHANNELS * pixel;
  const [cr, sr] = [Math.cos(data[at]), Math.sin(data[at])];
  const [cp, sp] = [Math.cos(data[at + 1]), Math.sin(data[at + 1])];
  const [cy, sy] = [Math.cos(data[at + 2]), Math.sin(data[at + 2])];
  const x = point[0];
  const [rolledY, rolledZ] = [cr * point[1] - sr * point[2], sr * point[1] + cr * point[2]];
  const [pitchedX, pitchedZ] = [cp * x + sp * rolledZ, cp * rolledZ - sp * x];
  const { rotation: r, translation: t } = vehicle;
  const dx = cy * pitchedX - sy * rolledY + (data[at + 3] - t[0]);
  const dy = sy * pitchedX + cy * rolledY + (data[at + 4] - t[1]);
  const dz = pitchedZ + (data[at + 5] - t[2]);
  point[0] = r[0] * dx + r[3] * dy + r[6] * dz;
  point[1] = r[1] * dx + r[4] * dy + r[7] * dz;
  point[2] = r[2] * dx + r[5] * dy + r[8] * dz;
}

/**
 * The points of a range image in the vehicle's coordinates, row by row: x, y, z and the intensity, which has
 * no upper limit, as its hyperbolic tangent. Pixels without a range above 0 met nothing. Columns run
 * clockwise from behind the vehicle, whichever way the laser is mounted.
 */
export function rangePoints(
  { rows, columns, data }: PixelArray,
  { inclinations, toVehicle: { rotation: r, translation: t } }: RangeLaser,
  poses?: PixelPoses,
): Float32Array {
  const mounted = Math.atan2(r[3], r[0]);
  const azimuths = turns(
    Array.from({ length: columns }, (_, c) => ((2 * (columns - 0.5 - c)) / columns - 1) * Math.PI - mounted),
  );
  const beams = turns(inclinations);
  const out = new Float32Array(POINT_CHANNELS * rows * columns);
  const point = new Float64Array(3);
  let length = 0;
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    const range = data[RANGE_CHANNELS * pixel];
    if (!(range > 0)) continue;
    const [beam, turn] = [2 * Math.floor(pixel / columns), 2 * (pixel % columns)];
    const flat = range * beams[beam];
    const [x, y, z] = [flat * azimuths[turn], flat * azimuths[turn + 1], range * beams[beam + 1]];
    point[0] = r[0] * x + r[1] * y + r[2] * z + t[0];
    point[1] = r[3] * x + r[4] * y + r[5] * z + t[1];
    point[2] = r[6] * x + r[7] * y + r[8] * z + t[2];
    if (poses !== undefined) straighten(point, poses, pixel);
    for (let axis = 0; axis < 3; axis++) out[length + axis] = point[axis];
    out[length + 3] = Math.tanh(data[RANGE_CHANNELS * pixel + 1]);
    length += POINT_CHANNELS;
  }
  return out.slice(0, length);
}
