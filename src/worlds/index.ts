/** @file The registry of built-in worlds: one line each. */
import { UserError } from "../common/errors.js";
import { registry } from "../common/registry.js";
import { rooms } from "./rooms/index.js";
import { streets } from "./streets/index.js";
import type { World } from "./world.js";

export * from "./lidar/index.js";
export type {
  Box3d,
  FrameMotion,
  LidarFrame,
  RenderedSample,
  World,
  WorldLidar,
  WorldVideo,
} from "./world.js";

/** Every built-in world, by name. */
export const worlds = registry<World>("worlds", { [rooms.name]: rooms, [streets.name]: streets });

/** The style of every world that is asked for without one. */
export const DEFAULT_STYLE = "photo";

/**
 * The world of that name, drawn in a style. Throws UserError `data.unknown-world` or `data.unknown-style`.
 */
export function worldByName(name: string, style: string = DEFAULT_STYLE): World {
  if (Object.hasOwn(worlds, name)) return inStyle(worlds[name], style);
  throw new UserError({
    code: "data.unknown-world",
    what: "there is no such built-in world",
    where: "--world",
    expected: Object.keys(worlds).join(" or "),
    got: name,
  });
}

function inStyle(world: World, style: string): World {
  if (style === DEFAULT_STYLE) return world;
  const { styles = {} } = world;
  if (Object.hasOwn(styles, style)) return styles[style];
  throw new UserError({
    code: "data.unknown-style",
    what: `the world ${world.name} is not drawn in this style`,
    where: "style",
    expected: [DEFAULT_STYLE, ...Object.keys(styles)].join(" or "),
    got: style,
  });
}
