/** @file Occlusion edges from exact geometry: where one surface hides another. */
import { pixelRay, type View, type Visibility } from "../render/visibility.js";
import type { RayTracer } from "../trace/ray-tracer.js";

/**
 * Steps of depth, as shares of the farther one: up to the first is no edge, from the second on a full one.
 */
const [LEAST_STEP, FULL_STEP] = [0.01, 0.1];
/** The step is followed between two pixel centres until they are 1/64 of a pixel apart. */
const HALVINGS = 6;

function stepOf(a: number, b: number): number {
  return a < b ? 1 - a / b : 1 - b / a;
}

/**
 * Smooths by the 3 x 3 binomial kernel and multiplies by 4/3, cut at 1: the two rows of ones along a long
 * straight edge stay ones and get a third of it beside them. The border is repeated.
 */
function smoothed(map: Float32Array, width: number, height: number): Float32Array {
  const across = new Float32Array(map.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      across[i] = (map[x > 0 ? i - 1 : i] + 2 * map[i] + map[x < width - 1 ? i + 1 : i]) / 4;
    }
  }
  return across.map((value, i) => {
    const above = across[i >= width ? i - width : i];
    const below = across[i + width < map.length ? i + width : i];
    return Math.min(1, (above + 2 * value + below) / 3);
  });
}

/**
 * Strength of occlusion edges in [0, 1], [height, width].
 *
 * Two neighbouring pixels are parted by an edge where depth jumps between them. Whether it jumps or only
 * falls steeply is found by rays between the two, always following the half with the larger step until it
 * spans 1/64 of a pixel: the step of a slanted or folded surface shrinks with the distance, that of a
 * silhouette does not. Steps s = 1 - near/far of at most 1 % are no edge, from 10 % on the strength is 1,
 * between them it grows linearly. Both pixels carry the strength of the strongest of their four edges; the
 * map is then smoothed over 3 x 3 pixels.
 *
 * Taskonomy (Zamir et al. 2018) means the same by its occlusion edges, "an object in the foreground obscures
 * things behind it", but takes the Sobel magnitude of the square root of depth for them, smoothed in
 * training, which answers to slanted walls and floors too.
 */
export function occlusionEdges(tracer: RayTracer, view: View, seen: Visibility): Float32Array {
  const { width, height, depth, surface } = seen;
  const [ox, oy, oz] = view.position;
  const ray = new Float64Array(3);
  const strength = new Float32Array(width * height);

  /** Strength of the edge between the pixel at (x, y) and the one to its right (dx = 1) or below (dy = 1). */
  const between = (x: number, y: number, dx: number, dy: number): number => {
    const pixel = y * width + x;
    const other = pixel + dx + dy * width;
    // Solids are convex: no face hides itself.
    if (surface[pixel] === surface[other]) return 0;
    let here = depth[pixel];
    let beyond = depth[other];
    let from = 0;
    let to = 1;
    let step = stepOf(here, beyond);
    for (let i = 0; i < HALVINGS && step > LEAST_STEP; i++) {
      const middle = (from + to) / 2;
      pixelRay(view, x + dx * middle, y + dy * middle, ray);
      // A ray may slip through a seam between solids: whatever it would meet is far.
      const hit = tracer.closest(ox, oy, oz, ray[0], ray[1], ray[2]);
      const there = hit ? tracer.distance : Number.MAX_VALUE;
      const first = stepOf(here, there);
      const second = stepOf(there, beyond);
      if (first > second) {
        beyond = there;
        to = middle;
      } else {
        here = there;
        from = middle;
      }
      step = Math.max(first, second);
    }
    return Math.min(1, Math.max(0, (step - LEAST_STEP) / (FULL_STEP - LEAST_STEP)));
  };
  const mark = (pixel: number, edge: number): void => {
    if (edge > strength[pixel]) strength[pixel] = edge;
  };
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const right = x < width - 1 ? between(x, y, 1, 0) : 0;
      const below = y < height - 1 ? between(x, y, 0, 1) : 0;
      mark(pixel, Math.max(right, below));
      if (right > 0) mark(pixel + 1, right);
      if (below > 0) mark(pixel + width, below);
    }
  }
  return smoothed(strength, width, height);
}
