/**
 * @file Small things: books, and objects that stand about. Each is centred on the origin of its placer and
 * stands on z = 0.
 */
import type { Random } from "../../common/random.js";
import { rotationX, rotationY } from "../../geometry/rotation.js";
import type { Placer } from "../scene.js";
import { finish, plain } from "../surface/finish.js";
import { BOOKS, OBJECTS } from "./classes.js";
import type { Top } from "./item.js";

/** Upright books side by side from x = -width/2 for `width` metres, the last ones leaning now and then. */
export function bookRow(
  placer: Placer,
  random: Random,
  width: number,
  depth: number,
  headroom: number,
): void {
  let x = -width / 2;
  while (true) {
    const thick = random.uniform(0.018, 0.06);
    if (x + thick > width / 2) return;
    const high = Math.min(headroom, random.uniform(0.17, 0.32));
    const deep = Math.min(depth, random.uniform(0.13, 0.24));
    const lean = random.uniform() < 0.08 && x > -width / 2 ? random.uniform(-0.25, 0) : 0;
    placer.box(
      [x + thick / 2, depth / 2 - deep / 2 - 0.02, high / 2],
      [thick, deep, high],
      finish(random, "thing", 0.4),
      {
        turn: rotationY(lean),
      },
    );
    x += thick + 0.002 - lean * 0.1;
  }
}

/** Books lying on one another. */
export function bookStack(placer: Placer, random: Random, headroom: number): void {
  let z = 0;
  for (let count = 1 + random.integer(7); count > 0; count--) {
    const thick = random.uniform(0.015, 0.055);
    if (z + thick > headroom) return;
    const size = [random.uniform(0.15, 0.24), random.uniform(0.2, 0.32), thick] as const;
    const book = placer.inside(
      [random.uniform(-0.02, 0.02), random.uniform(-0.02, 0.02), z],
      random.uniform(-0.3, 0.3),
    );
    book.box([0, 0, thick / 2], size, finish(random, "thing", 0.4));
    z += thick;
  }
}

type Maker = (placer: Placer, random: Random, size: number) => void;

/** Objects by a typical size in metres; every maker stays within about that size. */
const makers: readonly Maker[] = [
  function vase(placer, random, size) {
    const clay = finish(random, "thing", 0.4);
    placer.cylinder([0, 0, 0], size * 0.16, size * 0.4, clay, { taper: random.uniform(1.2, 1.8) });
    placer.cylinder([0, 0, size * 0.4], size * 0.25, size * 0.3, clay, { taper: random.uniform(0.35, 0.8) });
  },
  function bowl(placer, random, size) {
    placer.cylinder([0, 0, 0], size * 0.2, size * 0.25, finish(random, "thing", 0.4), { taper: 2 });
    for (let i = 0; i < 3; i++) {
      const at = [0.15 * size * Math.cos(2.1 * i), 0.15 * size * Math.sin(2.1 * i), size * 0.28] as const;
      placer.ellipsoid(at, [size * 0.25, size * 0.25, size * 0.25], plain(random, "vivid"));
    }
  },
  function carton(placer, random, size) {
    const wide = size * random.uniform(0.5, 1);
    const high = size * random.uniform(0.3, 0.8);
    placer.box([0, 0, high / 2], [wide, size * random.uniform(0.4, 0.8), high], finish(random, "thing"));
    if (random.uniform() < 0.5)
      placer.box([0, 0, high], [wide * 1.03, size * 0.1, 0.01], plain(random, "neutral"));
  },
  function bottle(placer, random, size) {
    const glass = finish(random, "thing", 0.3);
    placer.cylinder([0, 0, 0], size * 0.14, size * 0.6, glass);
    placer.cylinder([0, 0, size * 0.6], size * 0.14, size * 0.15, glass, { taper: 0.35 });
    placer.cylinder([0, 0, size * 0.75], size * 0.05, size * 0.2, plain(random, "dark"));
  },
  function cup(placer, random, size) {
    const clay = finish(random, "thing", 0.3);
    placer.cylinder([0, 0, 0], size * 0.22, size * 0.5, clay, { taper: random.uniform(1, 1.25) });
    placer.box([size * 0.28, 0, size * 0.27], [size * 0.16, size * 0.06, size * 0.3], clay);
  },
  function ball(placer, random, size) {
    placer.ellipsoid([0, 0, size * 0.35], [size * 0.7, size * 0.7, size * 0.7], finish(random, "thing"));
  },
  function plant(placer, random, size) {
    placer.cylinder([0, 0, 0], size * 0.15, size * 0.28, finish(random, "thing", 0.5), { taper: 1.35 });
    const leaf = finish(random, random.uniform() < 0.5 ? "thing" : "fabric", 0.3);
    const slim = random.uniform(0.1, 0.24);
    for (let i = 4 + random.integer(5); i > 0; i--) {
      const branch = placer.inside([0, 0, size * 0.28], random.uniform(0, 6.283));
      const tilt = random.uniform(0.1, 0.9);
      const long = size * random.uniform(0.35, 0.7);
      const at = [0, (long / 2) * Math.sin(tilt), (long / 2) * Math.cos(tilt)] as const;
      branch.ellipsoid(at, [size * slim, size * 0.06, long], leaf, { turn: rotationX(-tilt) });
    }
  },
  function bin(placer, random, size) {
    placer.cylinder([0, 0, 0], size * 0.3, size * 0.75, finish(random, "thing"), {
      taper: random.uniform(1, 1.3),
    });
  },
  function bag(placer, random, size) {
    const cloth = finish(random, "fabric", 0.6);
    placer.ellipsoid([0, 0, size * 0.3], [size * 0.8, size * 0.4, size * 0.65], cloth);
    placer.box([0, size * 0.15, size * 0.28], [size * 0.4, size * 0.15, size * 0.3], cloth);
    placer.box([0, 0, size * 0.66], [size * 0.25, 0.02, size * 0.12], cloth);
  },
  function laptop(placer, random, size) {
    const shell = plain(random, random.uniform() < 0.5 ? "neutral" : "dark");
    placer.box([0, 0, 0.01], [size, size * 0.7, 0.02], shell);
    placer.box([0, -size * 0.42, size * 0.32], [size, 0.015, size * 0.65], shell, { turn: rotationX(0.3) });
  },
  function tableLamp(placer, random, size) {
    placer.cylinder([0, 0, 0], size * 0.18, size * 0.05, finish(random, "thing"));
    placer.cylinder([0, 0, 0], size * 0.03, size * 0.6, finish(random, "thing"));
    const shade = finish(random, "fabric");
    const lit = random.uniform() < 0.4 ? random.uniform(0.5, 1.5) : 0;
    placer.cylinder(
      [0, 0, size * 0.55],
      size * 0.3,
      size * 0.4,
      { ...shade, emission: lit },
      { taper: 0.6, blocksLight: false },
    );
  },
  function toy(placer, random, size) {
    const fur = finish(random, "fabric", 0.3);
    placer.ellipsoid([0, 0, size * 0.25], [size * 0.45, size * 0.4, size * 0.5], fur);
    placer.ellipsoid([0, 0, size * 0.6], [size * 0.36, size * 0.34, size * 0.34], fur);
    for (const side of [-1, 1]) {
      placer.ellipsoid([side * size * 0.15, 0, size * 0.76], [size * 0.14, size * 0.08, size * 0.14], fur);
      placer.ellipsoid(
        [side * size * 0.2, size * 0.2, size * 0.1],
        [size * 0.16, size * 0.32, size * 0.16],
        fur,
      );
    }
  },
];

/** One random object about `size` metres large. */
export function object(placer: Placer, random: Random, size: number): void {
  random.pick(makers)(placer, random, size);
}

/**
 * Fills a board of a bookcase: mostly books, or a few objects. The placer's origin is the middle of the
 * board.
 */
export function fillShelf(
  placer: Placer,
  random: Random,
  width: number,
  depth: number,
  headroom: number,
): void {
  const kind = random.uniform();
  if (kind < 0.6) {
    const filled = width * random.uniform(0.4, 1);
    const shift = (random.uniform() < 0.5 ? -1 : 1) * ((width - filled) / 2);
    bookRow(placer.other(BOOKS, [shift, 0, 0]), random, filled, depth, headroom);
  } else {
    const size = Math.min(0.3, headroom, depth);
    for (let x = -width / 2 + size / 2; x < width / 2 - size / 2; x += size * random.uniform(1.1, 2.5)) {
      if (random.uniform() < 0.3) bookStack(placer.other(BOOKS, [x, 0, 0]), random, headroom);
      else object(placer.other(OBJECTS, [x, 0, 0], random.uniform(-0.5, 0.5)), random, size);
    }
  }
}

/** Puts a few things on a top, without two in one place. */
export function clutterTop({ placer, width, depth, headroom }: Top, random: Random, busyness: number): void {
  const columns = Math.max(1, Math.floor(width / 0.32));
  for (let column = 0; column < columns; column++) {
    if (random.uniform() > busyness) continue;
    const x = ((column + random.uniform(0.35, 0.65)) / columns - 0.5) * width;
    const y = random.uniform(-0.3, 0.3) * depth;
    const kind = random.uniform();
    if (kind < 0.3) bookStack(placer.other(BOOKS, [x, y, 0], random.uniform(0, 6.283)), random, headroom);
    else if (kind < 0.4)
      bookRow(placer.other(BOOKS, [x, y, 0]), random, 0.28, Math.min(depth, 0.26), headroom);
    else {
      const size = Math.min(headroom, depth * 0.8, random.uniform(0.14, 0.42));
      object(placer.other(OBJECTS, [x, y, 0], random.uniform(0, 6.283)), random, size);
    }
  }
}
