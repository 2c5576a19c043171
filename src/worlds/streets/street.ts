/** @file A street: everything about it that is drawn once, before any piece of it is built. */
import { Random } from "../../common/random.js";
import { drawProfile, type Profile } from "./profile.js";
import { drawRoad, type Road } from "./road.js";
import { drawStyling, type Styling } from "./styling.js";
import { drawWeather, type Weather } from "./weather.js";

/** How the camera's car drives. */
export interface Drive {
  readonly lane: number;
  /** Metres a second. */
  readonly speed: number;
  /** Along the road at time 0, metres. */
  readonly x: number;
  /** Of the camera above the road, metres. */
  readonly height: number;
  /** Upwards, radians. */
  readonly pitch: number;
  /** Of the springs: radians, and swings a second. */
  readonly sway: number;
  readonly beat: number;
}

export interface Street {
  /** Names the random numbers of its pieces. */
  readonly seed: number;
  readonly road: Road;
  readonly profile: Profile;
  readonly styling: Styling;
  readonly weather: Weather;
  readonly drive: Drive;
}

/** A random street. */
export function drawStreet(random: Random): Street {
  const seed = random.uint32();
  const profile = drawProfile(random);
  return {
    seed,
    road: drawRoad(random),
    profile,
    styling: drawStyling(random),
    weather: drawWeather(random),
    drive: {
      lane: profile.lanes - 1,
      speed: random.uniform() < 0.12 ? 0 : random.uniform(3, 14),
      x: random.uniform(0, 200),
      height: random.uniform(1.25, 1.75),
      pitch: random.uniform(-0.06, 0.03),
      sway: random.uniform(0.001, 0.005),
      beat: random.uniform(0.8, 1.6),
    },
  };
}

/** The random numbers of a street's traffic. */
export function trafficRandom({ seed }: Street): Random {
  return new Random(seed, "streams");
}
