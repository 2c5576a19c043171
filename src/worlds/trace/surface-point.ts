/** @file What lies at a hit: face, normal and place on the face. */
import type { Mat3, Vec3 } from "../../geometry/rotation.js";
import type { Primitive } from "./primitive.js";

/** Filled anew for every hit, to spare the allocations of a million objects an image. */
export interface SurfacePoint {
  /** Unit normal, world coordinates, outwards. */
  nx: number;
  ny: number;
  nz: number;
  /**
   * Number of the face: 0-5 for the sides of boxes and frustums (-x, +x, -y, +y, -z, +z), 4 and 5 for the
   * ends of a cone, 6 for curved sides.
   */
  face: number;
  /** Place on the face, metres. */
  u: number;
  v: number;
  /** The same over the whole face, in [-1, 1]. */
  x: number;
  y: number;
}

export function newSurfacePoint(): SurfacePoint {
  return { nx: 0, ny: 0, nz: 0, face: 0, u: 0, v: 0, x: 0, y: 0 };
}

/** Coordinate `axis` of a world point in the primitive's unit solid, as `unitTransform` has it. */
function unitCoordinate(
  r: Mat3,
  c: Vec3,
  half: number,
  axis: number,
  px: number,
  py: number,
  pz: number,
): number {
  const x = r[axis] / half;
  const y = r[3 + axis] / half;
  const z = r[6 + axis] / half;
  return x * px + y * py + z * pz + -(x * c[0] + y * c[1] + z * c[2]);
}

/** Describes the point (px, py, pz) of a primitive's surface. */
export function describeSurface(
  primitive: Primitive,
  px: number,
  py: number,
  pz: number,
  out: SurfacePoint,
): void {
  const { shape, rotation: r, centre: c, half, taper, textureOrigin } = primitive;
  const x = unitCoordinate(r, c, half[0], 0, px, py, pz);
  const y = unitCoordinate(r, c, half[1], 1, px, py, pz);
  const z = unitCoordinate(r, c, half[2], 2, px, py, pz);
  const u = x * half[0] + textureOrigin[0];
  const v = y * half[1] + textureOrigin[1];
  const w = z * half[2] + textureOrigin[2];
  // Normal in local coordinates, before scaling to unit length.
  let nx = 0;
  let ny = 0;
  let nz = 0;
  if (shape === "box") {
    const [ax, ay, az] = [Math.abs(x), Math.abs(y), Math.abs(z)];
    if (ax >= ay && ax >= az) {
      nx = Math.sign(x);
      setPlace(out, x > 0 ? 1 : 0, v, w, x > 0 ? y : -y, z);
    } else if (ay >= az) {
      ny = Math.sign(y);
      setPlace(out, y > 0 ? 3 : 2, u, w, y > 0 ? -x : x, z);
    } else {
      nz = Math.sign(z);
      setPlace(out, z > 0 ? 5 : 4, u, v, x, y);
    }
  } else if (shape === "frustum") {
    const { taperY = 1, lean = 0 } = primitive;
    const slopeX = (taper - 1) / 2;
    const slopeY = (taperY - 1) / 2;
    const across = x - (lean / 2) * (z + 1);
    // How far outside of each pair of faces the point lies: the hit face is the one where it is not inside.
    const ax = Math.abs(across) - 1 - slopeX * (z + 1);
    const ay = Math.abs(y) - 1 - slopeY * (z + 1);
    const az = Math.abs(z) - 1;
    if (az >= ax && az >= ay) {
      nz = Math.sign(z);
      setPlace(out, z > 0 ? 5 : 4, u, v, x, y);
    } else if (ax >= ay) {
      const side = Math.sign(across);
      nx = side / half[0];
      nz = (-slopeX - side * (lean / 2)) / half[2];
      setPlace(out, side > 0 ? 1 : 0, v, w, side * y, z);
    } else {
      const side = Math.sign(y);
      ny = side / half[1];
      nz = -slopeY / half[2];
      setPlace(out, side > 0 ? 3 : 2, u, w, -side * x, z);
    }
  } else if (shape === "cone" && Math.abs(z) > 1 - 1e-7) {
    nz = Math.sign(z);
    setPlace(out, z > 0 ? 5 : 4, u, v, x, y);
  } else {
    const angle = Math.atan2(y, x);
    if (shape === "cone") {
      const slope = (taper - 1) / 2;
      const radius = (1 + taper) / 2 + slope * z;
      nx = x / half[0];
      ny = y / half[1];
      nz = (-slope * radius) / half[2];
    } else {
      nx = x / half[0];
      ny = y / half[1];
      nz = z / half[2];
    }
    setPlace(out, 6, angle * half[0] + textureOrigin[0], w, angle / Math.PI, z);
  }
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  nx /= length;
  ny /= length;
  nz /= length;
  out.nx = r[0] * nx + r[1] * ny + r[2] * nz;
  out.ny = r[3] * nx + r[4] * ny + r[5] * nz;
  out.nz = r[6] * nx + r[7] * ny + r[8] * nz;
}

function setPlace(out: SurfacePoint, face: number, u: number, v: number, x: number, y: number): void {
  out.face = face;
  out.u = u;
  out.v = v;
  out.x = x;
  out.y = y;
}
