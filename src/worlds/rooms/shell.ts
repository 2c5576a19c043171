/** @file Floor, ceiling, walls around their openings, skirting boards, beams. */
import type { Random } from "../../common/random.js";
import { identity3 } from "../../geometry/rotation.js";
import { finish } from "../surface/finish.js";
import type { Material } from "../surface/material.js";
import { CEILING, FLOOR, WALL } from "./classes.js";
import type { Room, Span, Wall } from "./room.js";

export const WALL_THICKNESS = 0.2;
/** Pieces of a wall overlap by this much, metres: a ray must not slip through a seam. */
const OVERLAP = 1e-4;

/** The wall minus its openings, which do not overlap along the wall. */
export function wallPieces(length: number, height: number, openings: readonly Span[]): Span[] {
  const pieces: Span[] = [];
  let from = -WALL_THICKNESS;
  for (const { x0, x1, z0, z1 } of [...openings].sort((a, b) => a.x0 - b.x0)) {
    pieces.push({ x0: from, x1: x0, z0: -0.1, z1: height + 0.1 });
    pieces.push({ x0, x1, z0: z1, z1: height + 0.1 });
    if (z0 > 0) pieces.push({ x0, x1, z0: -0.1, z1: z0 });
    from = x1;
  }
  pieces.push({ x0: from, x1: length + WALL_THICKNESS, z0: -0.1, z1: height + 0.1 });
  return pieces;
}

/** Builds a wall with holes where its openings are. */
export function buildWall(
  room: Room,
  wall: Wall,
  openings: readonly Span[],
  material: Material,
  skirting?: Material,
): void {
  const placer = room.thing(wall.frame, WALL);
  for (const { x0, x1, z0, z1 } of wallPieces(wall.length, room.height, openings)) {
    const [x, z] = [(x0 + x1) / 2, (z0 + z1) / 2];
    placer.box(
      [x, -WALL_THICKNESS / 2, z],
      [x1 - x0 + 2 * OVERLAP, WALL_THICKNESS, z1 - z0 + 2 * OVERLAP],
      material,
      { textureOrigin: [x, 0, z] },
    );
    if (skirting !== undefined && z0 < 0 && z1 > 0.1) {
      const [left, right] = [Math.max(0, x0), Math.min(wall.length, x1)];
      placer.box([(left + right) / 2, 0.006, 0.05], [right - left, 0.012, 0.1], skirting);
    }
  }
}

/** Builds floor and ceiling, perhaps with beams, and perhaps a block that makes the room L-shaped. */
export function buildShell(room: Room, random: Random, wallMaterial: Material): void {
  const { width, depth, height } = room;
  const origin = { origin: [0, 0, 0] as const, rotation: identity3 };
  const [spanX, spanY] = [width + 2 * WALL_THICKNESS, depth + 2 * WALL_THICKNESS];
  room.thing(origin, FLOOR).box([width / 2, depth / 2, -0.1], [spanX, spanY, 0.2], finish(random, "floor"));
  const ceiling = room.thing(origin, CEILING);
  const paint = random.uniform() < 0.15 ? wallMaterial : finish(random, "ceiling");
  ceiling.box([width / 2, depth / 2, height + 0.1], [spanX, spanY, 0.2], paint);

  if (random.uniform() < 0.18 && height > 2.5) {
    const beam = finish(random, "furniture");
    const count = 2 + random.integer(4);
    const thickness = random.uniform(0.1, 0.2);
    for (let i = 0; i < count; i++) {
      ceiling.box(
        [((i + 0.5) / count) * width, depth / 2, height - thickness / 2],
        [thickness, depth, thickness],
        beam,
      );
    }
  }

  if (random.uniform() < 0.3 && Math.min(width, depth) > 3.4) {
    const [x, y] = [random.uniform(0.15, 0.35) * width, random.uniform(0.15, 0.35) * depth];
    const [right, far] = [random.uniform() < 0.5, random.uniform() < 0.5];
    const block = { x0: right ? width - x : 0, y0: far ? depth - y : 0 };
    room.taken.push({ ...block, x1: block.x0 + x, y1: block.y0 + y, top: height });
    room
      .thing(origin, WALL)
      .box([block.x0 + x / 2, block.y0 + y / 2, height / 2], [x, y, height + 0.1], wallMaterial);
    // Nothing is hung on the parts of the outer walls that lie behind the block.
    const cover = (wall: Wall, atEnd: boolean, size: number) =>
      wall.spans.push({
        x0: atEnd ? wall.length - size : 0,
        x1: atEnd ? wall.length : size,
        z0: 0,
        z1: height,
      });
    cover(room.walls[far ? 2 : 0], far !== right, x);
    cover(room.walls[right ? 1 : 3], far === right, y);
  }
}
