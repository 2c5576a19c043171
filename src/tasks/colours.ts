/** @file Colours of pictures: a palette for classes and a perceptual scale for quantities. */

import type { Rgb } from "./contract/drawing.js";

/**
 * Twenty colours that stay apart from one another and from black (after Trubetskoy's list of distinct
 * colours).
 */
const PALETTE: readonly Rgb[] = [
  [67, 99, 216],
  [245, 130, 49],
  [60, 180, 75],
  [230, 25, 75],
  [145, 30, 180],
  [66, 212, 244],
  [255, 225, 25],
  [240, 50, 230],
  [154, 99, 36],
  [191, 239, 69],
  [70, 153, 144],
  [250, 190, 212],
  [128, 0, 0],
  [220, 190, 255],
  [128, 128, 0],
  [170, 255, 195],
  [0, 0, 160],
  [255, 216, 177],
  [169, 169, 169],
  [255, 250, 200],
];

/** Eleven anchors of matplotlib's viridis, dark to bright. */
const VIRIDIS: readonly Rgb[] = [
  [0x44, 0x01, 0x54],
  [0x48, 0x24, 0x75],
  [0x41, 0x44, 0x87],
  [0x35, 0x5f, 0x8d],
  [0x2a, 0x78, 0x8e],
  [0x21, 0x91, 0x8c],
  [0x22, 0xa8, 0x84],
  [0x44, 0xbf, 0x70],
  [0x7a, 0xd1, 0x51],
  [0xbd, 0xdf, 0x26],
  [0xfd, 0xe7, 0x25],
];

/** The grey of 0. */
const DARKEST = 24;

/** Writes the colour of a class. Beyond twenty classes the palette comes round again, darker each time. */
export function writeClassColour(index: number, out: Uint8Array, at: number): void {
  const [red, green, blue] = PALETTE[index % PALETTE.length];
  const light = 0.75 ** Math.floor(index / PALETTE.length);
  out[at] = Math.round(red * light);
  out[at + 1] = Math.round(green * light);
  out[at + 2] = Math.round(blue * light);
}

/** The colour of a class as red, green and blue. */
export function classColour(index: number): Rgb {
  const out = new Uint8Array(3);
  writeClassColour(index, out, 0);
  return [out[0], out[1], out[2]];
}

/** Writes the colour of a fraction in [0, 1] on the scale (clamped), 0 dark violet to 1 bright yellow. */
export function writeScaleColour(fraction: number, out: Uint8Array, at: number): void {
  const place = Math.min(Math.max(fraction, 0), 1) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
  for (let channel = 0; channel < 3; channel++) {
    const [a, b] = [VIRIDIS[low][channel], VIRIDIS[low + 1][channel]];
    out[at + channel] = Math.round(a + (b - a) * (place - low));
  }
}

/**
 * Writes the grey of a fraction in [0, 1] (clamped), from a dark grey to white: black is for ignored pixels.
 */
export function writeGrey(fraction: number, out: Uint8Array, at: number): void {
  out.fill(Math.round(DARKEST + (255 - DARKEST) * Math.min(Math.max(fraction, 0), 1)), at, at + 3);
}
