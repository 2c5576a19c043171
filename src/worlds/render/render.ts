/** @file The picture of a scene through a camera, in one of two styles. */
import type { Random } from "../../common/random.js";
import type { Picture } from "../../tasks/task.js";
import type { Scene } from "../scene.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { shade } from "./colour.js";
import { gatherDaylight } from "./daylight.js";
import { develop, drawFilm, type Film, printPlain } from "./develop.js";
import { gatherLight } from "./lighting.js";
import { plainLight, plainScene } from "./plain.js";
import { smoothLight } from "./smooth-light.js";
import type { View, Visibility } from "./visibility.js";

/**
 * `photo`: textures, shadows, reflected light, and the exposure, tint and noise of a camera. `plain`: one
 * flat colour a solid, shaded by its slant.
 */
export type Style = "photo" | "plain";

/** The noise of light and film: it decides nothing of what is seen. */
export interface Shot {
  readonly light: number;
  readonly film: Film;
}

/** A random shot. */
export function drawShot(random: Random): Shot {
  return { light: random.uint32() & 0xffffff, film: drawFilm(random) };
}

/** The shot of frame `frame` of a video: the same camera, other noise. */
export function frameShot({ light, film }: Shot, frame: number): Shot {
  return { light: light + 7919 * frame, film: { ...film, seed: film.seed + 7919 * frame } };
}

/** The picture of what is `seen`. */
export function renderPicture(
  scene: Scene,
  tracer: RayTracer,
  view: View,
  seen: Visibility,
  shot: Shot,
  style: Style,
): Picture {
  const { width, height } = seen;
  if (style === "plain") {
    return printPlain(shade(plainScene(scene), tracer, view, seen, plainLight(seen)), width, height);
  }
  const { sky } = scene;
  let light =
    sky === undefined
      ? gatherLight(scene, tracer, seen, shot.light)
      : gatherDaylight(scene, sky, tracer, seen, shot.light);
  for (const step of [1, 2, 4]) light = smoothLight(light, seen, step);
  return develop(shade(scene, tracer, view, seen, light), width, height, shot.film);
}
