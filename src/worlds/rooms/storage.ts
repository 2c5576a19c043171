/** @file Cabinets, chests of drawers, wardrobes, bookcases. */
import type { Random } from "../../common/random.js";
import type { Placer } from "../scene.js";
import { finish, plain } from "../surface/finish.js";
import type { Material } from "../surface/material.js";
import { FURNITURE } from "./classes.js";
import { addLegs, type Item, type Top } from "./item.js";
import { fillShelf } from "./things.js";

interface Size {
  readonly width: number;
  readonly depth: number;
  readonly height: number;
}

/** A closed body with doors or drawers in a grid, with knobs or bars to pull. */
function buildCabinet(
  placer: Placer,
  random: Random,
  { width, depth, height }: Size,
  columns: number,
  rows: number,
): Top {
  const body = finish(random, "furniture");
  const front = random.uniform() < 0.7 ? body : finish(random, "furniture");
  const metal = plain(random, random.uniform() < 0.5 ? "dark" : "neutral");
  const legs = random.uniform() < 0.45 ? random.uniform(0.05, 0.22) : 0;
  if (legs > 0) addLegs(placer, random, { width, depth, height: legs }, body);
  placer.box([0, depth / 2, (legs + height) / 2], [width, depth - 0.02, height - legs], body);
  placer.box(
    [0, depth / 2, height - 0.012],
    [width + 0.03, depth + 0.01, 0.024],
    random.uniform() < 0.7 ? body : front,
  );
  const [wide, high] = [width / columns, (height - legs - 0.05) / rows];
  const bar = random.uniform() < 0.5;
  const gap = random.uniform(0.008, 0.025);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const x = (column + 0.5) * wide - width / 2;
      const z = legs + 0.02 + (row + 0.5) * high;
      placer.box([x, depth - 0.004, z], [wide - gap, 0.03, high - gap], front);
      // Doors are pulled at a side, drawers in the middle.
      const door = high > 1.3 * wide;
      const handleX = door ? x + (column % 2 === 0 ? 1 : -1) * (wide / 2 - 0.05) : x;
      if (bar)
        placer.box(
          [handleX, depth + 0.025, z],
          door ? [0.02, 0.03, 0.15] : [Math.min(0.2, wide / 2), 0.03, 0.02],
          metal,
        );
      else placer.ellipsoid([handleX, depth + 0.025, z], [0.04, 0.04, 0.04], metal);
    }
  }
  return {
    placer: placer.inside([0, depth / 2, height]),
    width: width * 0.94,
    depth: depth * 0.9,
    headroom: 1.2,
  };
}

function cabinetItem(random: Random, size: Size, columns: number, rows: number): Item {
  return {
    classIndex: FURNITURE,
    ...size,
    build: (placer) => [buildCabinet(placer, random, size, columns, rows)],
  };
}

export function nightstand(random: Random): Item {
  const size = {
    width: random.uniform(0.35, 0.6),
    depth: random.uniform(0.3, 0.45),
    height: random.uniform(0.4, 0.65),
  };
  return cabinetItem(random, size, 1, 1 + random.integer(3));
}

export function chestOfDrawers(random: Random): Item {
  const size = {
    width: random.uniform(0.7, 1.4),
    depth: random.uniform(0.38, 0.55),
    height: random.uniform(0.7, 1.2),
  };
  return cabinetItem(random, size, 1 + random.integer(2), 3 + random.integer(3));
}

export function sideboard(random: Random): Item {
  const size = {
    width: random.uniform(1.1, 2.1),
    depth: random.uniform(0.38, 0.5),
    height: random.uniform(0.55, 0.9),
  };
  return cabinetItem(random, size, 2 + random.integer(3), 1 + random.integer(2));
}

export function wardrobe(random: Random): Item {
  const size = {
    width: random.uniform(0.9, 2.2),
    depth: random.uniform(0.5, 0.65),
    height: random.uniform(1.75, 2.25),
  };
  return cabinetItem(random, size, 2 + random.integer(size.width > 1.5 ? 3 : 1), 1);
}

/** A kitchen counter with cupboards above it. */
export function counter(random: Random): Item {
  const size = {
    width: random.uniform(1.2, 2.8),
    depth: random.uniform(0.55, 0.65),
    height: random.uniform(0.86, 0.95),
  };
  return {
    classIndex: FURNITURE,
    ...size,
    height: 2.1,
    build: (placer) => {
      const top = buildCabinet(placer, random, size, 2 + random.integer(4), 1 + random.integer(2));
      const upper = { width: size.width, depth: 0.34, height: 0.65 };
      buildCabinet(placer.inside([0, 0, 1.45]), random, upper, 2 + random.integer(3), 1);
      return [{ ...top, headroom: 0.45 }];
    },
  };
}

/** An open bookcase, low or high, with books and things on its boards. */
export function bookcase(random: Random): Item {
  const width = random.uniform(0.55, 1.5);
  const depth = random.uniform(0.24, 0.36);
  const height = random.uniform(0.8, 2.2);
  return {
    classIndex: FURNITURE,
    width,
    depth,
    height,
    build: (placer) => buildBookcase(placer, random, { width, depth, height }, finish(random, "furniture")),
  };
}

function buildBookcase(
  placer: Placer,
  random: Random,
  { width, depth, height }: Size,
  wood: Material,
): Top[] {
  const board = random.uniform(0.018, 0.04);
  for (const side of [-1, 1]) {
    placer.box([(side * (width - board)) / 2, depth / 2, height / 2], [board, depth, height], wood);
  }
  if (random.uniform() < 0.8) placer.box([0, 0.008, height / 2], [width, 0.016, height], wood);
  const levels = Math.max(2, Math.round(height / random.uniform(0.3, 0.42)));
  const high = (height - board) / levels;
  const inner = width - 2 * board;
  const full = random.uniform(0.35, 0.95);
  for (let level = 0; level <= levels; level++) {
    const z = level * high;
    placer.box([0, depth / 2, z + board / 2], [inner, depth, board], wood);
    if (level === levels || random.uniform() > full) continue;
    fillShelf(placer.inside([0, depth / 2, z + board]), random, inner - 0.02, depth, high - board - 0.02);
  }
  return [{ placer: placer.inside([0, depth / 2, height]), width: inner, depth: depth * 0.9, headroom: 0.5 }];
}
