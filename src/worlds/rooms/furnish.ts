/** @file Which things a room holds, and where. */
import type { Random } from "../../common/random.js";
import { add3, rotationZ, scale3 } from "../../geometry/rotation.js";
import type { Placer } from "../scene.js";
import { hsv, type Rgb } from "../surface/colour.js";
import { finish, plain } from "../surface/finish.js";
import { toWorld } from "../trace/primitive.js";
import { bed } from "./beds.js";
import { FLOOR, OBJECTS } from "./classes.js";
import { ceilingLamp, floorLamp, hangPictures, hangTelevision, televisionStand } from "./fixtures.js";
import type { Item } from "./item.js";
import { buildDoor, buildWindow, type Daylight, takeOpening } from "./openings.js";
import { Room, type Span, type Wall } from "./room.js";
import { chair, sofa } from "./seats.js";
import { buildShell, buildWall } from "./shell.js";
import { bookcase, chestOfDrawers, counter, nightstand, sideboard, wardrobe } from "./storage.js";
import { coffeeTable, desk, diningSet } from "./tables.js";
import { clutterTop, object } from "./things.js";

type Maker = (random: Random) => Item;

/**
 * What each kind of room must have (tried first) and may have, along the walls (`wall`) or in the middle
 * (`free`).
 */
const programmes: Record<string, { wall: Maker[]; free: Maker[]; more: Maker[] }> = {
  bedroom: {
    wall: [bed, wardrobe],
    free: [],
    more: [chestOfDrawers, desk, bookcase, nightstand, televisionStand, sofa, bed],
  },
  living: {
    wall: [sofa, televisionStand],
    free: [coffeeTable],
    more: [bookcase, sideboard, sofa, sofa, desk, chestOfDrawers],
  },
  dining: {
    wall: [sideboard],
    free: [diningSet],
    more: [bookcase, counter, chestOfDrawers, sofa, televisionStand],
  },
  kitchen: { wall: [counter], free: [diningSet], more: [counter, sideboard, bookcase, televisionStand] },
  office: { wall: [desk, bookcase], free: [], more: [desk, bookcase, sofa, sideboard, chestOfDrawers] },
  studio: {
    wall: [bed, sofa],
    free: [coffeeTable, diningSet],
    more: [desk, televisionStand, bookcase, wardrobe, sideboard],
  },
};

function lampColour(random: Random): Rgb {
  return scale3(hsv(random.uniform(0.06, 0.15), random.uniform(0, 0.4), 1), random.uniform(2, 7));
}

/** Openings first, then the walls around them. */
function buildOpenings(room: Room, random: Random): void {
  const night = random.uniform() < 0.18;
  const strength = night ? 0.02 : random.uniform(1.2, 5);
  const sky = hsv(random.pick([0.1, 0.58, 0.6]), random.uniform(0, 0.25), 1);
  const day: Daylight = { radiance: scale3(sky, strength), brightness: strength };
  const doors: [Wall, Span][] = [];
  const windows: [Wall, Span][] = [];
  for (let i = 1 + random.integer(2); i > 0; i--) {
    const wall = random.pick(room.walls);
    const span = takeOpening(random, wall, random.uniform(0.75, 1.0), 0, random.uniform(1.95, 2.15));
    if (span === undefined) continue;
    doors.push([wall, span]);
    // Nothing stands in front of a door.
    const middle = (span.x0 + span.x1) / 2;
    const frame = { origin: toWorld(wall.frame, [middle, 0.001, 0]), rotation: wall.frame.rotation };
    room.take(frame, { width: span.x1 - span.x0, depth: 0.8, height: 0 });
  }
  for (let i = random.integer(5); i > 0; i--) {
    const wall = random.pick(room.walls);
    const tall = random.uniform() < 0.2;
    const z0 = tall ? 0.05 : random.uniform(0.5, 1.1);
    const z1 = Math.min(room.height - 0.15, z0 + (tall ? 2.1 : random.uniform(0.8, 1.5)));
    const span = takeOpening(random, wall, Math.min(wall.length * 0.6, random.uniform(0.6, 2.4)), z0, z1);
    if (span !== undefined) windows.push([wall, span]);
  }
  const paper = finish(random, "wall");
  // One wall in its own colour is common.
  const accent = random.uniform() < 0.35 ? random.integer(4) : -1;
  const skirting =
    random.uniform() < 0.65 ? plain(random, random.uniform() < 0.6 ? "white" : "wood") : undefined;
  buildShell(room, random, paper);
  room.walls.forEach((wall, i) => {
    const openings = [...doors, ...windows].filter(([of]) => of === wall).map(([, span]) => span);
    buildWall(room, wall, openings, i === accent ? finish(random, "wall") : paper, skirting);
  });
  for (const [wall, span] of doors) buildDoor(room, random, wall, span);
  for (const [wall, span] of windows) buildWindow(room, random, wall, span, day);
  if (!night && windows.length > 0 && random.uniform() < 0.45) {
    const [up, around] = [random.uniform(0.35, 0.9), random.uniform(0, 6.283)];
    const direction = [
      Math.cos(up) * Math.cos(around),
      Math.cos(up) * Math.sin(around),
      Math.sin(up),
    ] as const;
    room.scene.sun = {
      direction,
      colour: scale3(hsv(0.1, random.uniform(0.05, 0.35), 1), strength * random.uniform(0.8, 2)),
    };
  }
}

function furnish(room: Room, random: Random, busyness: number): void {
  const { wall, free, more } = programmes[random.pick(Object.keys(programmes))];
  const area = room.width * room.depth;
  const add = (item: Item, inMiddle: boolean) => {
    const placed = inMiddle ? room.placeFree(item, random, true) : room.placeAtWall(item, random);
    if (placed === undefined) return;
    for (const top of item.build(placed.placer)) clutterTop(top, random, busyness);
    // A bed likes a night stand at its side.
    if (placed.wall === undefined || item.depth < 1.9 || random.uniform() < 0.3) return;
    const stand = nightstand(random);
    const side = random.uniform() < 0.5 ? -1 : 1;
    const beside = room.placeAt(
      stand,
      placed.wall,
      placed.along + side * (item.width / 2 + stand.width / 2 + 0.06),
    );
    if (beside !== undefined) for (const top of stand.build(beside.placer)) clutterTop(top, random, 0.9);
  };
  for (const make of wall) add(make(random), false);
  for (const make of free) add(make(random), true);
  for (let i = Math.round(random.uniform(0.08, 0.28) * area); i > 0; i--) {
    const item = random.pick(more)(random);
    // In large rooms sofas and tables also stand away from the walls.
    add(item, area > 22 && random.uniform() < 0.3);
  }
  if (random.uniform() < 0.35) hangTelevision(room, random, random.pick(room.walls));
  for (let i = 2 + random.integer(6); i > 0; i--) hangPictures(room, random, random.pick(room.walls));
  for (let i = random.integer(3); i > 0; i--) add(chair(random), true);
}

/** Rugs, and things left on the floor. */
function litter(room: Room, random: Random, busyness: number): void {
  const { width, depth } = room;
  for (let i = random.integer(3); i > 0; i--) {
    const origin = [random.uniform(0.3, 0.7) * width, random.uniform(0.3, 0.7) * depth, 0] as const;
    const rug = room.thing({ origin, rotation: rotationZ(random.uniform(-0.2, 0.2)) }, FLOOR);
    const [wide, deep] = [random.uniform(0.25, 0.5) * width, random.uniform(0.25, 0.5) * depth];
    const high = 0.008 + 0.004 * i;
    if (random.uniform() < 0.25)
      rug.cylinder([0, 0, 0], Math.min(wide, deep) / 2, high, finish(random, "fabric"));
    else rug.box([0, 0, high / 2], [wide, deep, high], finish(random, "fabric"));
  }
  for (let i = random.integer(2 + Math.round(busyness * 6)); i > 0; i--) {
    const size = random.uniform(0.2, 0.7);
    const make = (placer: Placer) => {
      object(placer.inside([0, size / 2, 0]), random, size);
      return [];
    };
    const item: Item = { classIndex: OBJECTS, width: size, depth: size, height: size, build: make };
    const placed = room.placeFree(item, random, false);
    if (placed !== undefined) item.build(placed.placer);
  }
}

/** A whole furnished and lit room. */
export function makeRoom(random: Random): Room {
  const room = new Room(random.uniform(2.8, 6.5), random.uniform(2.8, 5.5), random.uniform(2.3, 3));
  buildOpenings(room, random);
  const busyness = random.uniform(0.1, 0.7);
  furnish(room, random, busyness);
  litter(room, random, busyness);

  const lamp = lampColour(random);
  if (random.uniform() < 0.5) {
    const item = floorLamp(random, scale3(lamp, 0.5));
    const placed = room.placeAtWall(item, random);
    if (placed !== undefined) item.build(placed.placer);
  }
  const lamps = Math.max(
    room.scene.lights.length === 0 ? 1 : 0,
    Math.round(random.uniform(0, 0.09) * room.width * room.depth),
  );
  for (let i = 0; i < lamps; i++) {
    const x = ((i + 0.5) / lamps) * room.width;
    ceilingLamp(room, random, x, room.depth * random.uniform(0.35, 0.65), lamp);
  }

  const { scene } = room;
  const spread = random.uniform(0.5, 1.1) / (0.6 * room.width * room.depth + 6);
  for (const { colour } of scene.lights) scene.ambient = add3(scene.ambient, scale3(colour, spread));
  return room;
}
