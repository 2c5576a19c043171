/** @file The registry of built-in worlds: one line each. */
import { UserError } from "../common/errors.js";
import { registry } from "../common/registry.js";
import { rooms } from "./rooms/index.js";
import type { World } from "./world.js";

export type { RenderedSample, World } from "./world.js";

/** Every built-in world, by name. */
export const worlds = registry<World>("worlds", { [rooms.name]: rooms });

/** The world of that name. Throws UserError `data.unknown-world`. */
export function worldByName(name: string): World {
  if (Object.hasOwn(worlds, name)) return worlds[name];
  throw new UserError({
    code: "data.unknown-world",
    what: "there is no such built-in world",
    where: "--world",
    expected: Object.keys(worlds).join(" or "),
    got: name,
  });
}
