/** @file Walls and fences along local x. */
import type { Random } from "../../../common/random.js";
import type { Placer } from "../../scene.js";
import { streetFinish } from "../finishes.js";

/** A wall with a cap, perhaps with piers. */
export function addWall(place: Placer, random: Random, length: number): void {
  const height = random.uniform(1.1, 2.6);
  const material = streetFinish(random, "wall");
  place.box([0, 0.15, height / 2], [length, 0.3, height], material, { textureOrigin: [0, 0, 0] });
  place.box([0, 0.15, height + 0.05], [length, 0.42, 0.1], streetFinish(random, "wall"));
  if (random.uniform() < 0.4) return;
  const piers = Math.max(2, Math.round(length / 3.5));
  for (let i = 0; i <= piers; i++) {
    const x = (i / piers - 0.5) * (length - 0.5);
    place.box([x, 0.15, height / 2 + 0.08], [0.45, 0.45, height + 0.2], material);
  }
}

/** A fence of rails, of pales, or of boards between posts: one can look through the first two. */
export function addFence(place: Placer, random: Random, length: number): void {
  const height = random.uniform(0.9, 1.9);
  const material = streetFinish(random, "fence");
  const posts = Math.max(2, Math.round(length / 2.2));
  const kind = random.pick(["rails", "pales", "boards"]);
  for (let i = 0; i <= posts; i++) {
    const x = (i / posts - 0.5) * (length - 0.1);
    place.box([x, 0.05, height / 2], [0.1, 0.1, height + 0.1], material);
  }
  const rails = kind === "rails" ? 4 : 2;
  for (let i = 0; i < rails; i++) {
    const z = (0.12 + (0.82 * i) / (rails - 1)) * height;
    place.box([0, 0.05, z], [length, 0.05, kind === "rails" ? 0.09 : 0.07], material);
  }
  if (kind === "boards") place.box([0, 0.1, 0.52 * height], [length, 0.04, 0.92 * height], material);
  if (kind === "pales") {
    const count = Math.round(length / 0.42);
    for (let i = 0; i < count; i++) {
      const x = ((i + 0.5) / count - 0.5) * length;
      place.box([x, 0.02, 0.52 * height], [0.16, 0.03, 0.96 * height], material);
    }
  }
}
