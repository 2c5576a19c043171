/** @file Colours: linear-light RGB inside, sRGB in files. */
import type { Random } from "../../common/random.js";

/** Linear-light red, green, blue; 1 is a perfect white reflector. */
export type Rgb = readonly [number, number, number];

/** sRGB transfer curve: linear light [0, 1] -> file value [0, 1]. */
export function toSrgb(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

function fromSrgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Hue in turns, saturation and value in [0, 1], as seen on a screen. */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number) => {
    const k = (n + hue * 6 + 600) % 6;
    return fromSrgb(value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

export function mixRgb(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

export function dim(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** Families of colours that things are painted in. All classes draw from all, or nearly all, of them. */
const families = {
  neutral: (random: Random) =>
    hsv(random.uniform(0.05, 0.65), random.uniform(0, 0.1), random.uniform(0.3, 0.95)),
  white: (random: Random) =>
    hsv(random.uniform(0.05, 0.2), random.uniform(0, 0.12), random.uniform(0.8, 0.97)),
  dark: (random: Random) => hsv(random.uniform(), random.uniform(0, 0.4), random.uniform(0.07, 0.3)),
  wood: (random: Random) =>
    hsv(random.uniform(0.045, 0.11), random.uniform(0.25, 0.7), random.uniform(0.25, 0.85)),
  pastel: (random: Random) => hsv(random.uniform(), random.uniform(0.12, 0.35), random.uniform(0.6, 0.95)),
  earth: (random: Random) =>
    hsv(random.uniform(0.0, 0.28), random.uniform(0.25, 0.6), random.uniform(0.25, 0.7)),
  asphalt: (random: Random) =>
    hsv(random.uniform(0.03, 0.68), random.uniform(0, 0.14), random.uniform(0.2, 0.65)),
  foliage: (random: Random) =>
    hsv(random.uniform(0.15, 0.38), random.uniform(0.15, 0.65), random.uniform(0.2, 0.65)),
  autumn: (random: Random) =>
    hsv(random.uniform(0.02, 0.13), random.uniform(0.35, 0.8), random.uniform(0.25, 0.75)),
  vivid: (random: Random) => hsv(random.uniform(), random.uniform(0.45, 0.9), random.uniform(0.3, 0.9)),
} satisfies Record<string, (random: Random) => Rgb>;

export type ColourFamily = keyof typeof families;

export function randomColour(random: Random, family: ColourFamily): Rgb {
  return families[family](random);
}
