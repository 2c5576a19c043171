/** @file The sky: what is seen where nothing is, and the light that falls from there. */
import type { Rgb } from "../surface/colour.js";
import { roughNoise } from "../surface/noise.js";

export interface Sky {
  readonly classIndex: number;
  readonly instance: number;
  /** Radiance straight up and at the horizon. */
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly cloud: Rgb;
  /** Share of the sky under clouds, [0, 1]. */
  readonly cover: number;
  readonly seed: number;
  /** Irradiance of a level surface under the open sky, the sun apart. */
  readonly light: Rgb;
  /** Irradiance of a surface that looks down, from the lit ground. */
  readonly ground: Rgb;
}

/** How much lower than its base the clouds' layer ends at the horizon. */
const CURVE = 0.12;

/** Writes the radiance in direction (x, y, z), z up, of any length, into `out`. */
export function skyColour(sky: Sky, x: number, y: number, z: number, out: Float64Array): void {
  const height = Math.max(0, z / Math.sqrt(x * x + y * y + z * z));
  const rise = 1 - (1 - height) ** 3;
  const over = Math.max(z, 0) + CURVE * Math.sqrt(x * x + y * y);
  const wave = roughNoise((0.9 * x) / over, (0.9 * y) / over, sky.seed);
  const thick = Math.min(1, Math.max(0, (wave - 0.9 + 0.8 * sky.cover) / 0.25));
  // Clouds thin out into the haze of the horizon.
  const share = thick * Math.min(1, 5 * height + 0.25);
  const { zenith, horizon, cloud } = sky;
  for (let c = 0; c < 3; c++) {
    const clear = horizon[c] + (zenith[c] - horizon[c]) * rise;
    out[c] = clear + (cloud[c] * (0.75 + 0.35 * wave) - clear) * share;
  }
}
