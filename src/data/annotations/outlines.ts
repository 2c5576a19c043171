/** @file Rings of points around what is not drawn as a polygon. */
import type { Point } from "./annotation.js";

/** Corners of a circle's ring: a deviation of 0.1 % of the radius. */
const CORNERS = 72;

/** Around an ellipse. */
export function ellipse([cx, cy]: Point, rx: number, ry: number): Point[] {
  return Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });
}

/** Around a box, from opposite corners in any order. */
export function box([x1, y1]: Point, [x2, y2]: Point): Point[] {
  return [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ];
}

/** Points turned by degrees, clockwise on the screen, about a centre. */
export function turned(points: readonly Point[], degrees: number, [cx, cy]: Point): Point[] {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return points.map(([x, y]) => [cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)]);
}

/** A ring around each piece of a line of some width. */
export function thickLine(points: readonly Point[], width: number): Point[][] {
  return points.slice(1).map(([x2, y2], i) => {
    const [x1, y1] = points[i];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [dx, dy] = [((y1 - y2) / length) * (width / 2), ((x2 - x1) / length) * (width / 2)];
    return [
      [x1 + dx, y1 + dy],
      [x2 + dx, y2 + dy],
      [x2 - dx, y2 - dy],
      [x1 - dx, y1 - dy],
    ];
  });
}
