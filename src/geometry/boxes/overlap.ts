/**
 * @file How much two boxes share, seen from above (bird's-eye view) and in space. A box without size, or with
 * a number that is not finite, shares nothing with any other.
 */
import { hasSize, type UprightBox } from "./box.js";

/** The share of the area seen from above, or of the volume. */
export type OverlapMeasure = "bev" | "3d";

/** A corner after another: x, y. */
type Polygon = readonly (readonly [number, number])[];

/** The part of a convex polygon where `x * nx + y * ny <= limit` (Sutherland and Hodgman 1974). */
function clipped(polygon: Polygon, nx: number, ny: number, limit: number): Polygon {
  const out: [number, number][] = [];
  polygon.forEach(([x, y], i) => {
    const [px, py] = polygon[(i + polygon.length - 1) % polygon.length];
    const here = limit - nx * x - ny * y;
    const before = limit - nx * px - ny * py;
    if (here >= 0 !== before >= 0) {
      const share = before / (before - here);
      out.push([px + share * (x - px), py + share * (y - py)]);
    }
    if (here >= 0) out.push([x, y]);
  });
  return out;
}

/** The shoelace formula, corners counter-clockwise. */
function areaOf(polygon: Polygon): number {
  let twice = 0;
  polygon.forEach(([x, y], i) => {
    const [nextX, nextY] = polygon[(i + 1) % polygon.length];
    twice += x * nextY - y * nextX;
  });
  return Math.max(0, twice / 2);
}

/** The corners of `box` from above, counter-clockwise, in coordinates of `frame`: its centre and axes. */
function cornersIn(frame: UprightBox, box: UprightBox): Polygon {
  const [dx, dy] = [box.centre[0] - frame.centre[0], box.centre[1] - frame.centre[1]];
  const [fc, fs] = [Math.cos(frame.yaw), Math.sin(frame.yaw)];
  const [x, y] = [fc * dx + fs * dy, fc * dy - fs * dx];
  const turn = box.yaw - frame.yaw;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const [l, w] = [box.size[0] / 2, box.size[1] / 2];
  return [
    [l, w],
    [-l, w],
    [-l, -w],
    [l, -w],
  ].map(([along, across]) => [x + c * along - s * across, y + s * along + c * across] as const);
}

/** The area that two boxes share, seen from above, square metres. */
export function sharedArea(a: UprightBox, b: UprightBox): number {
  if (!hasSize(a) || !hasSize(b)) return 0;
  const apart = Math.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]);
  if (apart > (Math.hypot(a.size[0], a.size[1]) + Math.hypot(b.size[0], b.size[1])) / 2) return 0;
  const [l, w] = [a.size[0] / 2, a.size[1] / 2];
  let polygon = clipped(cornersIn(a, b), 1, 0, l);
  polygon = clipped(polygon, -1, 0, l);
  polygon = clipped(polygon, 0, 1, w);
  return areaOf(clipped(polygon, 0, -1, w));
}

/** The volume that two boxes share, cubic metres. */
export function sharedVolume(a: UprightBox, b: UprightBox): number {
  const top = Math.min(a.centre[2] + a.size[2] / 2, b.centre[2] + b.size[2] / 2);
  const bottom = Math.max(a.centre[2] - a.size[2] / 2, b.centre[2] - b.size[2] / 2);
  return top > bottom ? (top - bottom) * sharedArea(a, b) : 0;
}

/** Intersection over union of two boxes, 0 to 1. */
export function boxIou(a: UprightBox, b: UprightBox, measure: OverlapMeasure): number {
  const shared = measure === "bev" ? sharedArea(a, b) : sharedVolume(a, b);
  if (!(shared > 0)) return 0;
  const extent = ({ size: [l, w, h] }: UprightBox) => (measure === "bev" ? l * w : l * w * h);
  return Math.min(1, shared / (extent(a) + extent(b) - shared));
}

/** Intersection over union of each of `a` with each of `b`: [a, b], row by row. */
export function boxIous(
  a: readonly UprightBox[],
  b: readonly UprightBox[],
  measure: OverlapMeasure,
): Float64Array {
  const ious = new Float64Array(a.length * b.length);
  a.forEach((one, i) => {
    b.forEach((other, j) => {
      ious[i * b.length + j] = boxIou(one, other, measure);
    });
  });
  return ious;
}
