/** @file Windows in rows and columns over a wall. */
import type { Rgb } from "./colour.js";
import { hash } from "./noise.js";

export interface Glazing {
  /** Width and height of a wall's share of one window, metres. */
  readonly pitch: readonly [number, number];
  /** Width and height of a window with its frame, metres, and of its lower edge above the storey's floor. */
  readonly window: readonly [number, number];
  readonly sill: number;
  readonly glass: Rgb;
  readonly frame: Rgb;
  /** Share of the windows that are lit, and how bright they are. */
  readonly lit: number;
  readonly glow: number;
  readonly seed: number;
}

/** Width of a frame, metres. */
const FRAME = 0.09;
const LAMP: Rgb = [1, 0.75, 0.4];

/** Draws the windows over the colour in `out` at place (u, v) of a wall, metres. */
export function glaze(glazing: Glazing, u: number, v: number, footprint: number, out: Float64Array): void {
  const { pitch, window, sill, glass, frame, lit, glow, seed } = glazing;
  const column = Math.floor(u / pitch[0]);
  const row = Math.floor(v / pitch[1]);
  const x = u - column * pitch[0] - (pitch[0] - window[0]) / 2;
  const y = v - row * pitch[1] - sill;
  const edge = Math.min(x, window[0] - x, y, window[1] - y);
  // Windows finer than a pixel fade to their share of the wall.
  const sharp = Math.min(1, Math.max(0, (1.6 * window[0]) / footprint - 0.6));
  const area = (window[0] * window[1]) / (pitch[0] * pitch[1]);
  const cover = (edge > 0 ? sharp : 0) + area * (1 - sharp);
  if (cover === 0) return;
  const tone = hash(column, row, seed);
  const lamp = hash(column, row, seed + 1) < lit ? glow * (0.5 + tone) : 0;
  // Curtains hang in some, behind the glass.
  const curtain = tone > 0.6 && y > window[1] * (0.2 + 0.6 * hash(column, row, seed + 2)) ? 0.25 : 0;
  const bar = Math.abs(x - window[0] / 2) < FRAME / 3;
  for (let c = 0; c < 3; c++) {
    const pane = glass[c] * (0.6 + 0.8 * tone) + curtain + lamp * LAMP[c];
    const own = edge < FRAME || bar ? frame[c] : pane;
    out[c] += ((edge > 0 ? own : glass[c]) - out[c]) * cover;
  }
}
