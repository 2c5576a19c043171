/** @file What a piece of furniture is before it has a place. */
import type { Random } from "../../common/random.js";
import type { Placer } from "../scene.js";
import type { Material } from "../surface/material.js";

/** A flat top that small things can stand on: centred on the origin of its placer. */
export interface Top {
  readonly placer: Placer;
  readonly width: number;
  readonly depth: number;
  /** Free height above, metres. */
  readonly headroom: number;
}

/**
 * Local coordinates: x from -width/2 to width/2, y from 0 (its back) to depth (its front), z from 0. `build`
 * adds the solids and returns the tops.
 */
export interface Item {
  readonly classIndex: number;
  readonly width: number;
  readonly depth: number;
  readonly height: number;
  build(placer: Placer): Top[];
}

/** Four legs under a rectangle that starts at y = `back`: round or square, straight or tapered. */
export function addLegs(
  placer: Placer,
  random: Random,
  size: { width: number; depth: number; height: number; back?: number },
  material: Material,
  thickness = random.uniform(0.03, 0.07),
): void {
  const { width, depth, height, back = 0 } = size;
  const round = random.uniform() < 0.5;
  const inset = thickness / 2 + random.uniform(0, 0.04);
  for (const x of [-width / 2 + inset, width / 2 - inset]) {
    for (const y of [back + inset, back + depth - inset]) {
      if (round) placer.cylinder([x, y, 0], thickness * 0.4, height, material, { taper: 1.3 });
      else placer.box([x, y, height / 2], [thickness, thickness, height], material);
    }
  }
}
