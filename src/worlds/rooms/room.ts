/** @file A room while it is being furnished: its size, its walls, and what is taken. */
import type { Random } from "../../common/random.js";
import { rotationZ, type Vec3 } from "../../geometry/rotation.js";
import { emptyScene, Placer, type Scene } from "../scene.js";
import { type Frame, toWorld } from "../trace/primitive.js";
import type { Item } from "./item.js";

/** Part of a wall: metres along it and above the floor. */
export interface Span {
  readonly x0: number;
  readonly x1: number;
  readonly z0: number;
  readonly z1: number;
}

/** Part of the floor that is taken, up to a height. World coordinates, metres. */
export interface Footprint {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly top: number;
}

/** A wall: local x along it from its left end (seen from inside), y into the room, z up. */
export class Wall {
  readonly spans: Span[] = [];
  constructor(
    readonly frame: Frame,
    readonly length: number,
  ) {}

  free(span: Span, margin = 0.05): boolean {
    return this.spans.every(
      (other) =>
        span.x1 + margin <= other.x0 ||
        other.x1 + margin <= span.x0 ||
        span.z1 + margin <= other.z0 ||
        other.z1 + margin <= span.z0,
    );
  }
}

/** Where an item went. */
export interface Placement {
  readonly item: Item;
  readonly placer: Placer;
  /** Along which wall, and the item's middle on it; undefined for free-standing items. */
  readonly wall?: Wall;
  readonly along: number;
}

export class Room {
  readonly scene: Scene = emptyScene();
  readonly walls: readonly Wall[];
  readonly taken: Footprint[] = [];

  constructor(
    readonly width: number,
    readonly depth: number,
    readonly height: number,
  ) {
    const wall = (x: number, y: number, quarter: number, length: number) =>
      new Wall({ origin: [x, y, 0], rotation: rotationZ((quarter * Math.PI) / 2) }, length);
    this.walls = [
      wall(0, 0, 0, width),
      wall(width, 0, 1, depth),
      wall(width, depth, 2, width),
      wall(0, depth, 3, depth),
    ];
  }

  /** A new thing, to be built in `frame`. */
  thing(frame: Frame, classIndex: number): Placer {
    return new Placer(this.scene, frame, classIndex, this.scene.instances++);
  }

  /** Places an item with its back to a wall at `along` metres if there is room. */
  placeAt(item: Item, wall: Wall, along: number, gap = 0.02): Placement | undefined {
    const span = { x0: along - item.width / 2, x1: along + item.width / 2, z0: 0, z1: item.height };
    if (span.x0 < 0.02 || span.x1 > wall.length - 0.02 || !wall.free(span)) return undefined;
    const frame = { origin: toWorld(wall.frame, [along, gap, 0]), rotation: wall.frame.rotation };
    if (!this.take(frame, item)) return undefined;
    wall.spans.push(span);
    return { item, placer: this.thing(frame, item.classIndex), wall, along };
  }

  /** Tries some places along the walls. */
  placeAtWall(item: Item, random: Random, tries = 16): Placement | undefined {
    for (let i = 0; i < tries; i++) {
      const wall = random.pick(this.walls);
      const spare = wall.length - item.width - 0.04;
      if (spare < 0) continue;
      // Things like to stand in corners.
      const place = random.uniform() < 0.25 ? Math.round(random.uniform()) : random.uniform();
      const placed = this.placeAt(
        item,
        wall,
        0.02 + item.width / 2 + place * spare,
        random.uniform(0.01, 0.06),
      );
      if (placed !== undefined) return placed;
    }
    return undefined;
  }

  /** Tries some places anywhere on the floor; mostly square with the room where `square` is set. */
  placeFree(item: Item, random: Random, square: boolean, tries = 16): Placement | undefined {
    for (let i = 0; i < tries; i++) {
      const quarter = (random.integer(4) * Math.PI) / 2;
      const yaw = square
        ? quarter + random.uniform(-0.12, 0.12) * (random.uniform() < 0.4 ? 1 : 0)
        : random.uniform(0, 6.283);
      const rotation = rotationZ(yaw);
      const origin: Vec3 = [random.uniform(0, this.width), random.uniform(0, this.depth), 0];
      if (this.take({ origin, rotation }, item)) {
        return { item, placer: this.thing({ origin, rotation }, item.classIndex), along: 0 };
      }
    }
    return undefined;
  }

  /** Marks an item's footprint as taken; false where it does not fit. */
  take(frame: Frame, { width, depth, height }: Pick<Item, "width" | "depth" | "height">): boolean {
    const corners = [-width / 2, width / 2].flatMap((x) => [0, depth].map((y) => toWorld(frame, [x, y, 0])));
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    const rect = {
      x0: Math.min(...xs),
      y0: Math.min(...ys),
      x1: Math.max(...xs),
      y1: Math.max(...ys),
      top: height,
    };
    if (rect.x0 < 0 || rect.y0 < 0 || rect.x1 > this.width || rect.y1 > this.depth) return false;
    const clash = this.taken.some(
      (other) => rect.x0 < other.x1 && other.x0 < rect.x1 && rect.y0 < other.y1 && other.y0 < rect.y1,
    );
    if (!clash) this.taken.push(rect);
    return !clash;
  }
}
