/** @file From linear light to an 8-bit picture, as a camera would: exposure, white balance, noise, sRGB. */
import type { Random } from "../../common/random.js";
import type { Picture } from "../../tasks/task.js";
import { toSrgb } from "../surface/colour.js";
import { hash } from "../surface/noise.js";

const CURVE_STEPS = 4096;
/** File value of linear light in [0, 1], by table: the power function is slow. */
const CURVE = Float32Array.from({ length: CURVE_STEPS + 1 }, (_, i) => 255 * toSrgb(i / CURVE_STEPS));

/** Highlights roll off instead of clipping: linear up to 0.6, then bends towards 1. */
function roll(value: number): number {
  return value <= 0.6 ? value : 1 - 0.4 / (1 + (value - 0.6) / 0.4);
}

/** How a camera turns light into a picture. */
export interface Film {
  /** Mean of the exposed picture, linear. */
  readonly exposure: number;
  /** Share of the light's tint that is taken away. */
  readonly balance: number;
  /** Amplitude of the noise, share of the range. */
  readonly grain: number;
  readonly seed: number;
}

/** A random film. */
export function drawFilm(random: Random): Film {
  return {
    exposure: random.uniform(0.2, 0.38),
    // Cameras take away part of the light's tint, never all of it.
    balance: random.uniform(0.3, 0.9),
    grain: random.uniform(0.002, 0.012),
    seed: random.uint32() & 0xffffff,
  };
}

/** Linear light as it is, interleaved RGB: no exposure, no noise. */
export function printPlain(radiance: Float32Array, width: number, height: number): Picture {
  const data = Uint8Array.from(radiance, (value) =>
    Math.round(CURVE[Math.round(Math.min(1, Math.max(0, value)) * CURVE_STEPS)]),
  );
  return { width, height, data };
}

/** Develops interleaved linear RGB. */
export function develop(radiance: Float32Array, width: number, height: number, film: Film): Picture {
  const mean = [0, 0, 0];
  for (let i = 0; i < radiance.length; i++) mean[i % 3] += Math.min(radiance[i], 2) / (width * height);
  const overall = (mean[0] + mean[1] + mean[2]) / 3 + 1e-4;
  const exposure = film.exposure / overall;
  const { balance, grain, seed } = film;
  const gain = mean.map((value) => exposure * (overall / (value + 1e-4)) ** balance);
  const data = new Uint8Array(radiance.length);
  for (let i = 0; i < data.length; i++) {
    const value = Math.min(1, roll(radiance[i] * gain[i % 3]));
    const wave = hash(i, 1, seed) + hash(i, 2, seed) - 1;
    data[i] = Math.min(
      255,
      Math.max(0, Math.round(CURVE[Math.round(value * CURVE_STEPS)] + 255 * 2.4 * grain * wave)),
    );
  }
  return { width, height, data };
}
