/**
 * @file Vectors of three numbers and rotation matrices. Matrices are row-major: 9 numbers, `m[3 * row +
 * column]`.
 */

export type Vec3 = readonly [number, number, number];
export type Mat3 = readonly [number, number, number, number, number, number, number, number, number];

export const identity3: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Right-handed rotation about the x axis by `angle` radians. */
export function rotationX(angle: number): Mat3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [1, 0, 0, 0, c, -s, 0, s, c];
}

/** Right-handed rotation about the y axis by `angle` radians. */
export function rotationY(angle: number): Mat3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, 0, s, 0, 1, 0, -s, 0, c];
}

/** Right-handed rotation about the z axis by `angle` radians. */
export function rotationZ(angle: number): Mat3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** The rotation of a quaternion [w, x, y, z] of any length but 0. */
export function rotationOfQuaternion(quaternion: readonly [number, number, number, number]): Mat3 {
  const [w, x, y, z] = quaternion.map((value) => value / Math.hypot(...quaternion));
  return [
    ...([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)] as const),
    ...([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)] as const),
    ...([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)] as const),
  ];
}

/** Matrix product a b. */
export function multiply3(a: Mat3, b: Mat3): Mat3 {
  const at = (row: number, column: number) =>
    a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** Matrix times vector. */
export function apply3(m: Mat3, v: Vec3): Vec3 {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
}

export function transpose3(m: Mat3): Mat3 {
  return [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
}

export function add3(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scale3(v: Vec3, factor: number): Vec3 {
  return [v[0] * factor, v[1] * factor, v[2] * factor];
}
