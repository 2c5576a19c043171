/** @file Weather and light: sun, clouds, fog, dusk. */
import type { Random } from "../../common/random.js";
import type { Vec3 } from "../../geometry/rotation.js";
import type { Sky } from "../render/sky.js";
import type { Haze, Sun } from "../scene.js";
import { dim, hsv, mixRgb, type Rgb } from "../surface/colour.js";
import { type Weights, weighted } from "../weighted.js";
import { SKY } from "./classes.js";

export interface Weather {
  readonly sun?: Sun;
  readonly sky: Sky;
  readonly haze?: Haze;
  /** Lamps, head lights and windows are lit; 0 by day, else how bright they are beside the sky's light. */
  readonly lit: number;
  /** Pictures are darker than by day. */
  readonly dim: number;
}

type Kind = "clear" | "overcast" | "fog" | "dusk";
const KINDS: Weights<Kind> = { clear: 5, overcast: 3, fog: 1, dusk: 1.6 };
/** The sky's number among the instances. */
const SKY_INSTANCE = 0;

function direction(random: Random, lowest: number, highest: number): Vec3 {
  const [up, around] = [random.uniform(lowest, highest), random.uniform(0, 6.283)];
  return [Math.cos(up) * Math.cos(around), Math.cos(up) * Math.sin(around), Math.sin(up)];
}

/** Colours of the sky in a kind of weather. */
function skyColours(random: Random, kind: Kind): { zenith: Rgb; horizon: Rgb; cloud: Rgb; cover: number } {
  const grey = hsv(random.uniform(0.08, 0.65), random.uniform(0, 0.12), random.uniform(0.62, 0.97));
  if (kind === "overcast" || kind === "fog") {
    return { zenith: dim(grey, 0.8), horizon: grey, cloud: dim(grey, random.uniform(0.7, 1.1)), cover: 0.9 };
  }
  if (kind === "dusk") {
    const glow = hsv(random.uniform(0.02, 0.12), random.uniform(0.2, 0.6), random.uniform(0.6, 1));
    const high = hsv(random.uniform(0.56, 0.7), random.uniform(0.3, 0.6), random.uniform(0.25, 0.6));
    return { zenith: high, horizon: glow, cloud: mixRgb(glow, high, 0.5), cover: random.uniform(0, 0.7) };
  }
  const blue = hsv(random.uniform(0.54, 0.63), random.uniform(0.2, 0.65), random.uniform(0.7, 1));
  const horizon = mixRgb(blue, [0.95, 0.93, 0.9], random.uniform(0.4, 0.9));
  return { zenith: blue, horizon, cloud: [1.1, 1.08, 1.05], cover: random.uniform(0, 0.75) };
}

/** Random weather. */
export function drawWeather(random: Random): Weather {
  const kind = weighted(random, KINDS);
  const colours = skyColours(random, kind);
  const mean = mixRgb(colours.zenith, colours.horizon, 0.5);
  const warm = hsv(random.uniform(0.06, 0.13), random.uniform(0.05, kind === "dusk" ? 0.6 : 0.3), 1);
  const shining = kind === "clear" || (kind === "dusk" && random.uniform() < 0.5);
  const strength = kind === "dusk" ? random.uniform(0.2, 0.7) : random.uniform(1, 2.6);
  const height: [number, number] = kind === "dusk" ? [0.08, 0.25] : [0.3, 1.2];
  const sun = shining ? { direction: direction(random, ...height), colour: dim(warm, strength) } : undefined;
  const light = mixRgb(mean, [0.8, 0.8, 0.8], 0.5);
  const foggy = kind === "fog" || (kind === "overcast" && random.uniform() < 0.3);
  const density = kind === "fog" ? 1 / random.uniform(25, 80) : 1 / random.uniform(120, 400);
  return {
    sun,
    sky: {
      classIndex: SKY,
      instance: SKY_INSTANCE,
      ...colours,
      seed: random.uint32() & 0xffffff,
      light,
      ground: dim(light, sun === undefined ? 0.3 : 0.3 + 0.1 * strength),
    },
    haze: foggy || random.uniform() < 0.3 ? { density, colour: dim(colours.horizon, 0.95) } : undefined,
    lit: kind === "dusk" ? random.uniform(1, 2.5) : kind === "fog" || random.uniform() < 0.15 ? 0.6 : 0,
    dim: kind === "dusk" ? random.uniform(0.45, 0.85) : 1,
  };
}
