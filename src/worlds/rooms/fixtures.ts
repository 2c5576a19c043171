/** @file What hangs or shines: pictures, televisions, ceiling lamps, floor lamps. */
import type { Random } from "../../common/random.js";
import type { Placer } from "../scene.js";
import { dim, hsv, type Rgb, randomColour } from "../surface/colour.js";
import { finish, plain } from "../surface/finish.js";
import { type Material, makeMaterial } from "../surface/material.js";
import { toWorld } from "../trace/primitive.js";
import { FURNITURE, OBJECTS, PICTURE, TV } from "./classes.js";
import type { Item } from "./item.js";
import type { Room, Wall } from "./room.js";

function painting(random: Random): Material {
  const family = () =>
    randomColour(random, random.pick(["vivid", "pastel", "earth", "neutral", "dark"] as const));
  return makeMaterial({
    colours: [family(), family(), family()],
    painting: random.pick(["landscape", "abstract", "portrait", "blobs", "landscape"] as const),
    seed: random.uint32() & 0xffffff,
  });
}

/** Hangs a picture, or a row of them, on a wall where there is place. */
export function hangPictures(room: Room, random: Random, wall: Wall): void {
  const count = random.uniform() < 0.7 ? 1 : 2 + random.integer(2);
  const width = random.uniform(0.35, count > 1 ? 0.7 : 1.4);
  const height = width * random.pick([0.6, 0.75, 1, 1.33]);
  const step = width + random.uniform(0.06, 0.2);
  const total = step * (count - 1) + width;
  const x0 = random.uniform(0.1, wall.length - total - 0.1);
  const z0 = random.uniform(1.1, Math.max(1.15, room.height - height - 0.25));
  const span = { x0, x1: x0 + total, z0, z1: z0 + height };
  if (x0 < 0.1 || span.z1 > room.height - 0.1 || !wall.free(span)) return;
  wall.spans.push(span);
  const frame = finish(random, "furniture", 0.5);
  const border = random.uniform(0.015, 0.06);
  const mat = random.uniform() < 0.4 ? random.uniform(0.03, 0.1) * width : 0;
  for (let i = 0; i < count; i++) {
    const hung = room.thing(wall.frame, PICTURE).inside([x0 + width / 2 + i * step, 0, z0 + height / 2]);
    const [inner, high] = [width - 2 * border, height - 2 * border];
    hung.box([0, 0.012, 0], [width, 0.024, height], frame);
    if (mat > 0) hung.box([0, 0.015, 0], [inner, 0.022, high], plain(random, "white"));
    hung.box([0, 0.016, 0], [inner - 2 * mat, 0.024, high - 2 * mat], painting(random));
  }
}

interface Screen {
  readonly width: number;
  readonly height: number;
}

/** A television with its back at y = 0 and its lower edge at z = 0. */
function buildScreen(placer: Placer, random: Random, { width, height }: Screen, thick: number): void {
  const rim = random.uniform(0.01, 0.045);
  placer.box(
    [0, thick / 2, height / 2],
    [width, thick, height],
    plain(random, random.uniform() < 0.75 ? "dark" : "neutral"),
  );
  const on = random.uniform() < 0.45;
  const glass = hsv(random.uniform(0.5, 0.7), random.uniform(0, 0.3), random.uniform(0.08, 0.25));
  const picture = on
    ? { ...painting(random), emission: random.uniform(0.4, 1.6) }
    : makeMaterial({ colours: [glass, dim(glass, 3), glass], painting: "blank", seed: 0 });
  placer.box([0, thick, height / 2 + rim * 0.3], [width - 2 * rim, 0.006, height - 2.4 * rim], picture);
}

function screenSize(random: Random): Screen {
  const width = random.uniform(0.7, 1.5);
  return { width, height: width * random.uniform(0.56, 0.64) };
}

/** A television on a low stand. */
export function televisionStand(random: Random): Item {
  const screen = screenSize(random);
  const width = Math.max(screen.width + random.uniform(-0.1, 0.5), 0.8);
  const depth = random.uniform(0.36, 0.5);
  const top = random.uniform(0.38, 0.65);
  const tube = random.uniform() < 0.15;
  const size = tube ? { width: screen.width * 0.6, height: screen.width * 0.48 } : screen;
  return {
    classIndex: FURNITURE,
    width,
    depth,
    height: top + size.height + 0.1,
    build: (placer) => {
      const wood = finish(random, "furniture");
      placer.box([0, depth / 2, top - 0.02], [width, depth, 0.04], wood);
      placer.box([0, depth / 2, 0.06], [width, depth, 0.04], wood);
      const open = random.uniform() < 0.5;
      for (const share of open ? [-0.48, 0, 0.48] : [-0.48, 0.48]) {
        placer.box([share * width, depth / 2, top / 2], [0.04, depth, top], wood);
      }
      if (!open)
        placer.box(
          [0, depth / 2, top / 2 + 0.03],
          [width * 0.94, depth - 0.03, top - 0.1],
          finish(random, "furniture"),
        );
      const tv = placer.other(TV, [random.uniform(-0.05, 0.05), 0, top], random.uniform(-0.08, 0.08));
      const thick = tube ? depth * 0.8 : random.uniform(0.03, 0.09);
      const lift = tube ? 0 : random.uniform(0.04, 0.1);
      const from = tube ? 0.02 : depth * 0.45;
      buildScreen(tv.inside([0, from, lift]), random, size, thick);
      if (lift > 0) {
        const foot = plain(random, "dark");
        tv.box([0, from + thick / 2, lift / 2], [0.08, 0.03, lift], foot);
        tv.box([0, from + thick / 2, 0.008], [size.width * 0.4, 0.18, 0.016], foot);
      }
      return [
        {
          placer: placer.inside([0, depth * 0.85, top]),
          width: width * 0.9,
          depth: depth * 0.2,
          headroom: 0.15,
        },
      ];
    },
  };
}

/** A flat television on the wall, where there is place. */
export function hangTelevision(room: Room, random: Random, wall: Wall): void {
  const screen = screenSize(random);
  const x0 = random.uniform(0.1, wall.length - screen.width - 0.1);
  const z0 = random.uniform(0.8, 1.4);
  const span = { x0, x1: x0 + screen.width, z0, z1: z0 + screen.height };
  if (x0 < 0.1 || !wall.free(span)) return;
  wall.spans.push(span);
  const tv = room.thing(wall.frame, TV).inside([x0 + screen.width / 2, 0.03, z0]);
  buildScreen(tv, random, screen, random.uniform(0.03, 0.08));
}

/** A lamp below the ceiling: on a cord, or flat against it. */
export function ceilingLamp(room: Room, random: Random, x: number, y: number, colour: Rgb): void {
  const lamp = room.thing({ origin: [x, y, 0], rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1] }, OBJECTS);
  const glow = makeMaterial({
    colours: [
      [1, 0.95, 0.85],
      [1, 0.95, 0.85],
      [1, 1, 1],
    ],
    emission: random.uniform(1, 4),
  });
  const { height } = room;
  const drop = random.uniform() < 0.6 ? random.uniform(0.25, Math.min(0.9, height - 1.8)) : 0.08;
  const shade = finish(random, "thing");
  const radius = random.uniform(0.12, 0.3);
  if (drop > 0.2) {
    lamp.cylinder([0, 0, height - drop], 0.01, drop, plain(random, "dark"));
    if (random.uniform() < 0.5)
      lamp.cylinder([0, 0, height - drop - 0.15], radius, 0.2, shade, { taper: 0.3, blocksLight: false });
    else
      lamp.ellipsoid([0, 0, height - drop - 0.1], [radius * 1.6, radius * 1.6, radius * 1.4], glow, {
        blocksLight: false,
      });
  } else lamp.cylinder([0, 0, height - drop], radius * 0.8, drop, glow, { taper: 1.15, blocksLight: false });
  room.scene.lights.push({
    centre: [x, y, height - drop - 0.12],
    edgeU: [radius, 0, 0],
    edgeV: [0, radius, 0],
    colour,
  });
}

export function floorLamp(random: Random, colour: Rgb): Item {
  const height = random.uniform(1.3, 1.8);
  return {
    classIndex: OBJECTS,
    width: 0.4,
    depth: 0.4,
    height,
    build: (placer) => {
      const metal = plain(random, random.uniform() < 0.5 ? "dark" : "neutral");
      placer.cylinder([0, 0.2, 0], 0.14, 0.03, metal);
      placer.cylinder([0, 0.2, 0], 0.015, height - 0.1, metal);
      const lit = random.uniform() < 0.5;
      const shade = { ...finish(random, "fabric"), emission: lit ? random.uniform(0.6, 2) : 0 };
      placer.cylinder([0, 0.2, height - 0.3], 0.2, 0.3, shade, {
        taper: random.uniform(0.5, 0.9),
        blocksLight: false,
      });
      if (lit) {
        const centre = toWorld(placer.frame, [0, 0.2, height - 0.15]);
        placer.scene.lights.push({ centre, edgeU: [0.1, 0, 0], edgeV: [0, 0, 0.1], colour });
      }
      return [];
    },
  };
}
