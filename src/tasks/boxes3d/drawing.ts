/**
 * @file Boxes drawn from above: outlines, with a line from the middle to the front; and as a camera sees
 * them: all edges, those of the front bright.
 */
import { type BirdGrid, gridSize } from "../../geometry/boxes/bird-grid.js";
import type { UprightBox } from "../../geometry/boxes/box.js";
import { type CameraView, edgesSeen } from "../../geometry/boxes/camera-view.js";
import type { Legend, Picture, Rgb } from "../task.js";
import { detectedClasses } from "./channels.js";
import type { BoxesSpec } from "./spec.js";

/** Of the first classes; further ones begin again. */
const COLOURS: readonly Rgb[] = [
  [90, 200, 250],
  [255, 170, 60],
  [120, 230, 120],
  [240, 110, 200],
  [250, 240, 100],
  [180, 140, 255],
];

/** The colour of detected class number `index`. */
export function boxColour(index: number): Rgb {
  return COLOURS[index % COLOURS.length];
}

export function boxLegend(spec: BoxesSpec): Legend {
  const entries = detectedClasses(spec).map(({ name }, i) => ({ name, colour: boxColour(i) }));
  return { kind: "entries", entries };
}

/** A straight line, all pixels that it passes; what lies beyond the picture is left out. */
function drawLine(picture: Picture, from: readonly number[], to: readonly number[], colour: Rgb): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))));
  for (let i = 0; i <= steps; i++) {
    const x = Math.floor(from[0] + ((to[0] - from[0]) * i) / steps);
    const y = Math.floor(from[1] + ((to[1] - from[1]) * i) / steps);
    if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
    picture.data.set(colour, 3 * (y * picture.width + x));
  }
}

/** Draws a box into a picture of the grid, `scale` pixels a cell. */
export function drawBox(
  picture: Picture,
  { centre, size, yaw }: UprightBox,
  grid: BirdGrid,
  colour: Rgb,
  scale = 1,
): void {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const place = (along: number, across: number) => {
    const x = centre[0] + c * along - s * across;
    const y = centre[1] + s * along + c * across;
    return [(scale * (grid.y[1] - y)) / grid.cell, (scale * (grid.x[1] - x)) / grid.cell];
  };
  const [l, w] = [size[0] / 2, size[1] / 2];
  const corners = [place(l, w), place(-l, w), place(-l, -w), place(l, -w)];
  corners.forEach((corner, i) => {
    drawLine(picture, corner, corners[(i + 1) % corners.length], colour);
  });
  drawLine(picture, place(0, 0), place(l, 0), colour);
}

/** Boxes on black, a pixel a cell, by the colours of their classes. */
export function drawBoxes(
  boxes: readonly { readonly class: string; readonly box: UprightBox }[],
  spec: BoxesSpec,
): Picture {
  const [height, width] = gridSize(spec.grid);
  const picture = { width, height, data: new Uint8Array(3 * width * height) };
  const names = detectedClasses(spec).map(({ name }) => name);
  for (const each of boxes) drawBox(picture, each.box, spec.grid, boxColour(names.indexOf(each.class)));
  return picture;
}

/** Of a box's edges, how bright those are that are not its front's. */
const BEHIND = 0.6;
const FRONT_EDGES = 4;

/** From coordinates with pixels' middles at whole numbers to those with their corners there. */
const cornerOf = ([x, y]: readonly [number, number]) => [x + 0.5, y + 0.5];

/** The photo with boxes drawn into it as its camera sees them. */
export function drawSeenBoxes(
  boxes: readonly { readonly class: string; readonly box: UprightBox }[],
  spec: BoxesSpec,
  view: CameraView,
  { width, height, data }: Picture,
): Picture {
  const picture = { width, height, data: data.slice() };
  const names = detectedClasses(spec).map(({ name }) => name);
  for (const each of boxes) {
    const edges = edgesSeen(each.box, view);
    const whole = edges.length === 12;
    const colour = boxColour(names.indexOf(each.class));
    const dark = colour.map((value) => Math.round(BEHIND * value)) as unknown as Rgb;
    // Bright edges last: they stay on top.
    [...edges].reverse().forEach(([from, to], i) => {
      const front = whole && edges.length - 1 - i < FRONT_EDGES;
      drawLine(picture, cornerOf(from), cornerOf(to), front ? colour : dark);
    });
  }
  return picture;
}
