/**
 * @file Where a ray enters a unit solid. Origin (ox, oy, oz) and direction (dx, dy, dz) in the solid's own
 * coordinates.
 */

/** Nearer hits than this (in units of the ray's direction) are the surface a ray starts on. */
export const NEAR = 1e-5;
/**
 * Stands for 0 in a direction: a ray along a face has its slab far behind and far ahead, where 1 / 0 would
 * give 0 · ∞.
 */
const ALONG = 1e-300;

/**
 * Smallest entry distance > NEAR of a ray into a unit box, or Infinity. A ray that starts inside does not
 * hit.
 */
export function enterBox(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): number {
  const ix = 1 / (dx || ALONG);
  const iy = 1 / (dy || ALONG);
  const iz = 1 / (dz || ALONG);
  const nearX = -ox * ix - Math.abs(ix);
  const nearY = -oy * iy - Math.abs(iy);
  const nearZ = -oz * iz - Math.abs(iz);
  const near = Math.max(nearX, nearY, nearZ);
  if (!(near > NEAR)) return Infinity;
  const farX = -ox * ix + Math.abs(ix);
  const farY = -oy * iy + Math.abs(iy);
  const farZ = -oz * iz + Math.abs(iz);
  return near <= farX && near <= farY && near <= farZ ? near : Infinity;
}

/** The same for the unit ball. */
export function enterEllipsoid(
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const a = dx * dx + dy * dy + dz * dz;
  const b = ox * dx + oy * dy + oz * dz;
  const c = ox * ox + oy * oy + oz * oz - 1;
  const root = b * b - a * c;
  if (root < 0 || c < 0) return Infinity;
  const near = (-b - Math.sqrt(root)) / a;
  return near > NEAR ? near : Infinity;
}

/** The same for the frustum of height 2 with radius 1 at z = -1 and `taper` at z = 1. */
export function enterCone(
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
  taper: number,
): number {
  // Radius at height z: middle + slope * z.
  const middle = (1 + taper) / 2;
  const slope = (taper - 1) / 2;
  const radius = middle + slope * oz;
  const c = ox * ox + oy * oy - radius * radius;
  if (c < 0 && Math.abs(oz) < 1) return Infinity;
  let near = Infinity;
  if (Math.abs(oz) > 1 && oz * dz < 0) {
    const side = oz > 0 ? 1 : -1;
    const t = (side - oz) / dz;
    const x = ox + t * dx;
    const y = oy + t * dy;
    const rim = side > 0 ? taper : 1;
    if (x * x + y * y <= rim * rim && t > NEAR) near = t;
  }
  const a = dx * dx + dy * dy - slope * slope * dz * dz;
  const b = ox * dx + oy * dy - slope * dz * radius;
  const root = b * b - a * c;
  if (root <= 0 || a === 0) return near;
  const spread = Math.sqrt(root);
  for (let sign = -1; sign <= 1; sign += 2) {
    const t = (-b + sign * spread) / a;
    const z = oz + t * dz;
    if (t > NEAR && t < near && z >= -1 && z <= 1 && middle + slope * z >= 0) near = t;
  }
  return near;
}

/**
 * The same for the frustum of height 2 with the rectangle [-1, 1]² at z = -1 and one of half sizes `taper`,
 * `taperY` around (`lean`, 0) at z = 1: six half-spaces.
 */
export function enterFrustum(
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
  taper: number,
  taperY: number,
  lean: number,
): number {
  const slopeX = (taper - 1) / 2;
  const slopeY = (taperY - 1) / 2;
  const shift = lean / 2;
  const offX = ox - shift * (oz + 1);
  const toX = dx - shift * dz;
  const wallX = 1 + slopeX * (oz + 1);
  const wallY = 1 + slopeY * (oz + 1);
  let near = -Infinity;
  let far = Infinity;
  for (let face = 0; face < 6; face++) {
    const side = face & 1 ? 1 : -1;
    let out: number;
    let along: number;
    if (face < 2) {
      out = side * offX - wallX;
      along = side * toX - slopeX * dz;
    } else if (face < 4) {
      out = side * oy - wallY;
      along = side * dy - slopeY * dz;
    } else {
      out = side * oz - 1;
      along = side * dz;
    }
    if (along < 0) {
      const t = -out / along;
      if (t > near) near = t;
    } else if (along > 0) {
      const t = -out / along;
      if (t < far) far = t;
    } else if (out > 0) return Infinity;
  }
  return near > NEAR && near <= far ? near : Infinity;
}
