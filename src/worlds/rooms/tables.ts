/** @file Tables: dining tables with their chairs, coffee tables, desks. */
import type { Random } from "../../common/random.js";
import type { Placer } from "../scene.js";
import { finish } from "../surface/finish.js";
import { CHAIR, TABLE } from "./classes.js";
import { addLegs, type Item, type Top } from "./item.js";
import { chair } from "./seats.js";

interface TableSize {
  readonly width: number;
  readonly depth: number;
  readonly height: number;
}

/** A table whose back edge lies at y = `back`. */
function buildTable(placer: Placer, random: Random, { width, depth, height }: TableSize, back = 0): Top {
  const top = finish(random, "furniture");
  const foot = random.uniform() < 0.65 ? top : finish(random, "furniture");
  const thick = random.uniform(0.02, 0.06);
  const round = random.uniform() < (Math.abs(width - depth) < 0.35 ? 0.6 : 0);
  const middle = back + depth / 2;
  const radius = Math.min(width, depth) / 2;
  if (round) placer.cylinder([0, middle, height - thick], radius, thick, top);
  else placer.box([0, middle, height - thick / 2], [width, depth, thick], top);
  const style = random.uniform();
  if (round && style < 0.7) {
    placer.cylinder([0, middle, 0], random.uniform(0.03, 0.08), height - thick, foot);
    placer.cylinder([0, middle, 0], radius * 0.55, 0.04, foot, { taper: 0.8 });
  } else if (!round && style < 0.2) {
    for (const side of [-1, 1]) {
      placer.box(
        [side * (width / 2 - 0.1), middle, (height - thick) / 2],
        [0.05, depth * 0.85, height - thick],
        foot,
      );
    }
    placer.box([0, middle, height * 0.3], [width - 0.2, 0.04, 0.1], foot);
  } else {
    const shrink = round ? 0.62 : 1;
    const size = { width: width * shrink, depth: depth * shrink, height: height - thick };
    addLegs(placer, random, { ...size, back: middle - size.depth / 2 }, foot);
    if (!round && random.uniform() < 0.6) {
      placer.box([0, middle, height - thick - 0.04], [width - 0.12, depth - 0.12, 0.08], foot);
    }
  }
  const usable = round ? 0.7 : 0.94;
  return {
    placer: placer.inside([0, middle, height]),
    width: width * usable,
    depth: depth * usable,
    headroom: 1,
  };
}

/** A dining table, usually with chairs at some of its sides. */
export function diningSet(random: Random): Item {
  const square = random.uniform() < 0.4;
  const depth = random.uniform(0.7, 1.05);
  const width = square ? depth : random.uniform(1.1, 2.1);
  const height = random.uniform(0.7, 0.78);
  const margin = 0.55;
  return {
    classIndex: TABLE,
    width: width + 2 * margin,
    depth: depth + 2 * margin,
    height: 1,
    build: (placer) => {
      const top = buildTable(placer, random, { width, depth, height }, margin);
      const seat = chair(random);
      const motley = random.uniform() < 0.2;
      const perSide = width > 1.35 ? 2 : 1;
      const places: [number, number, number][] = [];
      for (let i = 0; i < perSide; i++) {
        const x = ((i + 0.5) / perSide - 0.5) * width;
        places.push([x, margin, 0], [x, margin + depth, Math.PI]);
      }
      places.push(
        [-width / 2, margin + depth / 2, -Math.PI / 2],
        [width / 2, margin + depth / 2, Math.PI / 2],
      );
      for (const [x, y, yaw] of places) {
        if (random.uniform() < 0.25) continue;
        // Pushed in more or less; the chair's front points at the table.
        const out = random.uniform(seat.depth * 0.45, seat.depth * 1.05);
        const [dx, dy] = [Math.sin(yaw) * out, -Math.cos(yaw) * out];
        const twist = random.uniform(-0.25, 0.25);
        const next = motley ? chair(random) : seat;
        next.build(placer.other(CHAIR, [x + dx, y + dy, 0], yaw + twist));
      }
      return [top];
    },
  };
}

export function coffeeTable(random: Random): Item {
  const depth = random.uniform(0.45, 0.8);
  const size = { width: random.uniform(0.5, 1.2), depth, height: random.uniform(0.32, 0.5) };
  return { classIndex: TABLE, ...size, build: (placer) => [buildTable(placer, random, size)] };
}

/** A desk with its back to the wall and a chair before it. */
export function desk(random: Random): Item {
  const width = random.uniform(1.0, 1.8);
  const depth = random.uniform(0.5, 0.8);
  const height = random.uniform(0.7, 0.78);
  return {
    classIndex: TABLE,
    width,
    depth: depth + 0.5,
    height: 0.95,
    build: (placer) => {
      const top = buildTable(placer, random, { width, depth, height });
      if (random.uniform() < 0.5) {
        const side = random.uniform() < 0.5 ? -1 : 1;
        const drawers = finish(random, "furniture");
        const x = side * (width / 2 - 0.26);
        placer.box([x, depth / 2, 0.32], [0.4, depth - 0.1, 0.56], drawers);
        for (let i = 0; i < 3; i++)
          placer.box([x, depth - 0.04, 0.14 + 0.18 * i], [0.36, 0.02, 0.15], drawers);
      }
      if (random.uniform() < 0.85) {
        const x = random.uniform(-0.2, 0.2) * width;
        const twist = random.uniform(-0.7, 0.7);
        chair(random).build(placer.other(CHAIR, [x, depth + random.uniform(0.2, 0.5), 0], Math.PI + twist));
      }
      return [top];
    },
  };
}
