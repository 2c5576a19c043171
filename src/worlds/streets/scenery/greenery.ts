/** @file Trees, bushes and hedges. */
import type { Random } from "../../../common/random.js";
import type { Placer } from "../../scene.js";
import type { Material } from "../../surface/material.js";
import { streetFinish } from "../finishes.js";

/** Leaves in clumps about as large as `clump` metres. */
function leaves(random: Random, clump: number): Material {
  const material = streetFinish(random, "crown");
  return { ...material, scale: clump * random.uniform(0.7, 1.4) };
}

/** Ellipsoids around a middle: a crown or a bush. */
function addCrown(
  place: Placer,
  random: Random,
  height: number,
  radius: number,
  rise: number,
  count: number,
): void {
  const first = leaves(random, 0.35);
  const second =
    random.uniform() < 0.5 ? first : { ...first, seed: first.seed + 1, scale: 0.8 * first.scale };
  place.ellipsoid([0, 0, height], [1.5 * radius, 1.5 * radius, 1.5 * rise], first);
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * (i + random.uniform(-0.3, 0.3))) / count;
    const out = random.uniform(0.35, 0.75) * radius;
    const up = random.uniform(-0.45, 0.5) * rise;
    const size = random.uniform(0.75, 1.15) * radius;
    place.ellipsoid(
      [out * Math.cos(angle), out * Math.sin(angle), height + up],
      [size, size * random.uniform(0.8, 1.2), size * random.uniform(0.7, 1)],
      i % 2 === 0 ? second : first,
    );
  }
}

/** A broad-leaved tree or a conifer, `height` metres high. */
export function addTree(place: Placer, random: Random, height: number): void {
  const bark = streetFinish(random, "bark");
  if (random.uniform() < 0.18) {
    const needles = leaves(random, 0.25);
    const radius = random.uniform(0.16, 0.24) * height;
    place.cylinder([0, 0, 0], 0.14, 0.25 * height, bark);
    for (let level = 0; level < 4; level++) {
      const up = 0.12 + 0.2 * level;
      place.cylinder([0, 0, up * height], radius * (1 - 0.2 * level), 0.32 * height, needles, {
        taper: 0.12,
      });
    }
    return;
  }
  const trunk = random.uniform(0.28, 0.42) * height;
  const radius = random.uniform(0.2, 0.34) * height;
  const thick = 0.018 * height + 0.04;
  const lean = random.uniform(-0.06, 0.06) * height;
  place.bar([0, 0, -0.1], [lean, 0, trunk + 0.1 * height], thick, bark, 0.65);
  for (const side of [-1, 1]) {
    place.bar(
      [lean, 0, trunk],
      [lean + side * 0.5 * radius, side * 0.3 * radius, trunk + 0.25 * height],
      0.4 * thick,
      bark,
      0.5,
    );
  }
  const rise = 0.5 * (height - trunk);
  addCrown(place.inside([lean, 0, 0]), random, trunk + rise, radius, rise, 5 + random.integer(4));
}

/** A bush about `size` metres wide. */
export function addBush(place: Placer, random: Random, size: number): void {
  addCrown(place, random, 0.3 * size, 0.5 * size, 0.4 * size, 3);
}

/** A hedge along local x. */
export function addHedge(place: Placer, random: Random, length: number, height: number): void {
  const material = leaves(random, 0.3);
  const deep = random.uniform(0.6, 1);
  place.box([0, deep / 2, 0.45 * height], [length, deep, 0.9 * height], material);
  const count = Math.round(length / 1.3);
  for (let i = 0; i < count; i++) {
    const x = ((i + 0.5) / count - 0.5) * length;
    const size: [number, number, number] = [1.6, deep * 1.15, random.uniform(0.4, 0.7)];
    place.ellipsoid([x, deep / 2, 0.88 * height], size, material);
  }
}
