/** @file The built-in worlds, by name. */
import { UserError } from "../common/errors.js";
import { rooms } from "./rooms/index.js";
import type { World } from "./world.js";

export type { RenderedSample, World } from "./world.js";

/** Every built-in world. */
export const worlds: readonly World[] = [rooms];

/** The world of that name. Throws UserError `data.unknown-world`. */
export function worldByName(name: string): World {
  const world = worlds.find((candidate) => candidate.name === name);
  if (world === undefined) {
    throw new UserError({
      code: "data.unknown-world",
      what: "there is no such built-in world",
      where: "--world",
      expected: worlds.map((candidate) => candidate.name).join(" or "),
      got: name,
    });
  }
  return world;
}
