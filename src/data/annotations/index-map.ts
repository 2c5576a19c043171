/** @file What was drawn on an image as a map of class indices. */
import type { Size } from "../../fields/size.js";
import type { AnnotatedImage, Point, Shape } from "./annotation.js";
import { type FillRule, paintRing, ringArea } from "./rasterise.js";

/** Marks pixels that belong to no class. */
export const IGNORED = 255;

export interface PaintOptions {
  readonly rule: FillRule;
  /** What lies on top: `order`, what was drawn later; `small`, what is smaller. */
  readonly overlap: "order" | "small";
  /** Index of each label. */
  readonly classes: ReadonlyMap<string, number>;
  /** Value of pixels that nothing was drawn on. */
  readonly outside: number;
}

/** A shape in pixels of the image. */
function inPixels(shape: Shape, unit: AnnotatedImage["unit"], { height, width }: Size): Shape {
  if (!("ring" in shape) || unit === "pixels") return shape;
  return { label: shape.label, ring: shape.ring.map(([x, y]): Point => [x * width, y * height]) };
}

function areaOf(shape: Shape): number {
  if ("ring" in shape) return ringArea(shape.ring);
  return shape.data.reduce((sum, value) => sum + value, 0);
}

/** Calls `paint` for each pixel of an image that a shape covers. */
function paintShape(shape: Shape, size: Size, rule: FillRule, paint: (pixel: number) => void): void {
  if ("ring" in shape) {
    paintRing(shape.ring, size, rule, paint);
    return;
  }
  for (let i = 0; i < shape.data.length; i++) {
    const x = shape.left + (i % shape.width);
    const y = shape.top + Math.floor(i / shape.width);
    const inside = x >= 0 && x < size.width && y >= 0 && y < size.height;
    if (inside && shape.data[i] === 1) paint(y * size.width + x);
  }
}

/** Class indices [H,W] of an image. */
export function indexMap({ shapes, unit }: AnnotatedImage, size: Size, options: PaintOptions): Uint8Array {
  const map = new Uint8Array(size.height * size.width).fill(options.outside);
  const placed = shapes.map((shape) => inPixels(shape, unit, size));
  const ordered = options.overlap === "order" ? placed : [...placed].sort((a, b) => areaOf(b) - areaOf(a));
  for (const shape of ordered) {
    const value = shape.label === null ? IGNORED : options.classes.get(shape.label)!;
    paintShape(shape, size, options.rule, (pixel) => {
      map[pixel] = value;
    });
  }
  return map;
}
