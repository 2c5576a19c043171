/** @file Rings of points to pixels. */
import type { Size } from "../../fields/size.js";
import type { Point } from "./annotation.js";

/**
 * Which pixels belong to a ring. `centre`: those whose centre lies inside (COCO's tools, half-open: a ring
 * from 1 to 5 covers 4 pixels). `border`: points are pixels, and those that the line runs through belong to
 * it, too (PIL and OpenCV: a ring from 1 to 5 covers 5 pixels).
 */
export type FillRule = "centre" | "border";

/** Where the ring crosses the middle of row y, in order. */
function crossings(ring: readonly Point[], y: number): number[] {
  const found: number[] = [];
  ring.forEach(([x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length];
    // Half-open, so that a corner counts once.
    if (y1 <= y === y2 <= y) return;
    found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  });
  return found.sort((a, b) => a - b);
}

/** Calls `paint` for each pixel of an image whose centre lies inside; what is surrounded twice is outside. */
function fill(ring: readonly Point[], { height, width }: Size, paint: (pixel: number) => void): void {
  const rows = ring.map(([, y]) => y);
  const top = Math.max(0, Math.floor(Math.min(...rows)));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...rows)));
  for (let y = top; y <= bottom; y++) {
    const edges = crossings(ring, y + 0.5);
    for (let i = 0; i + 1 < edges.length; i += 2) {
      const [left, right] = [Math.ceil(edges[i] - 0.5), Math.ceil(edges[i + 1] - 0.5)];
      for (let x = Math.max(0, left); x < Math.min(width, right); x++) paint(y * width + x);
    }
  }
}

/** Calls `paint` for each pixel of an image on a line between two pixels (Bresenham 1965). */
function line(
  [x1, y1]: Point,
  [x2, y2]: Point,
  { height, width }: Size,
  paint: (pixel: number) => void,
): void {
  const steps = Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1), 1);
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(x1 + ((x2 - x1) * step) / steps);
    const y = Math.round(y1 + ((y2 - y1) * step) / steps);
    if (x >= 0 && x < width && y >= 0 && y < height) paint(y * width + x);
  }
}

/** Calls `paint`, maybe more than once, for each pixel of an image that belongs to a ring. */
export function paintRing(
  ring: readonly Point[],
  size: Size,
  rule: FillRule,
  paint: (pixel: number) => void,
): void {
  if (rule === "centre") {
    fill(ring, size, paint);
    return;
  }
  const pixels = ring.map(([x, y]): Point => [Math.round(x), Math.round(y)]);
  fill(
    pixels.map(([x, y]): Point => [x + 0.5, y + 0.5]),
    size,
    paint,
  );
  pixels.forEach((pixel, i) => {
    line(pixel, pixels[(i + 1) % pixels.length], size, paint);
  });
}

/** Area of a ring, whatever its direction. */
export function ringArea(ring: readonly Point[]): number {
  const twice = ring.reduce((sum, [x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length];
    return sum + x1 * y2 - x2 * y1;
  }, 0);
  return Math.abs(twice) / 2;
}
