/** @file The piece of a street that is being built: where its parts go. */
import type { Random } from "../../common/random.js";
import { Placer, type Scene } from "../scene.js";
import { type Body, partsOf, type Thing } from "../things.js";
import type { Frame } from "../trace/primitive.js";
import type { Profile } from "./profile.js";
import { placeAt, type Road } from "./road.js";
import type { Styling } from "./styling.js";
import type { Weather } from "./weather.js";

/** Length of a piece, metres. */
export const CHUNK = 40;

export interface Plot {
  readonly scene: Scene;
  readonly road: Road;
  readonly profile: Profile;
  readonly styling: Styling;
  readonly weather: Weather;
  readonly random: Random;
  /** Bodies that stand here and could move. */
  readonly things: Thing[];
}

/**
 * A new thing beside the road: local x along the road, y away from it, z up; `out` metres from its middle to
 * the left (`side` 1) or right (-1). Local +x looks at the traffic of that side.
 */
export function beside(plot: Plot, classIndex: number, x: number, side: 1 | -1, out: number, up = 0): Placer {
  const frame = placeAt(plot.road, x, side * out, up, side > 0 ? 0 : Math.PI);
  return new Placer(plot.scene, frame, classIndex, plot.scene.instances++);
}

/** Puts a body that could move, but stands here. */
export function park(plot: Plot, body: Body, frame: Frame): void {
  const thing = { instance: plot.scene.instances++, body, frame };
  plot.things.push(thing);
  plot.scene.primitives.push(...partsOf(thing));
}
