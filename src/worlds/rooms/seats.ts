/** @file Sofas and chairs. */
import { Random } from "../../common/random.js";
import { rotationX, rotationZ } from "../../geometry/rotation.js";
import type { Placer } from "../scene.js";
import { finish, plain } from "../surface/finish.js";
import { weighted } from "../weighted.js";
import { CHAIR, OBJECTS, SOFA } from "./classes.js";
import { addLegs, type Item } from "./item.js";

/** A sofa of one to three seats. */
export function sofa(random: Random): Item {
  const seats = 1 + random.integer(3);
  const arm = random.uniform() < 0.9 ? random.uniform(0.12, 0.26) : 0;
  const seat = random.uniform(0.55, 0.75);
  const width = seats * seat + 2 * arm;
  const depth = random.uniform(0.8, 1.0);
  const height = random.uniform(0.7, 0.98);
  return {
    classIndex: SOFA,
    width,
    depth,
    height,
    build: (placer) => {
      const cloth = finish(random, "upholstery");
      const base = random.uniform(0.22, 0.32);
      const top = random.uniform(0.4, 0.48);
      const legs = random.uniform() < 0.6 ? random.uniform(0.05, 0.16) : 0;
      if (legs > 0) addLegs(placer, random, { width, depth, height: legs }, finish(random, "furniture"));
      placer.box([0, depth / 2, (base + legs) / 2], [width, depth, base - legs], cloth);
      placer.box([0, 0.1, height / 2 + 0.05], [width - arm, 0.2, height - 0.1], cloth);
      const armTop = top + random.uniform(0.08, 0.25);
      const round = random.uniform() < 0.4;
      for (const side of arm > 0 ? [-1, 1] : []) {
        const x = (side * (width - arm)) / 2;
        placer.box([x, depth / 2, (armTop + legs) / 2], [arm, depth - 0.02, armTop - legs], cloth);
        if (round) {
          const roll = placer.inside([x, 0.01, armTop]);
          roll.cylinder([0, depth / 2, -depth / 2 + 0.015], arm * 0.6, depth - 0.03, cloth, {
            turn: rotationX(Math.PI / 2),
          });
        }
      }
      const cushion = random.uniform() < 0.7 ? cloth : finish(random, "fabric");
      const plump = random.uniform() < 0.35;
      for (let i = 0; i < seats; i++) {
        const x = (i - (seats - 1) / 2) * seat;
        placer.box([x, depth / 2 + 0.1, (base + top) / 2], [seat - 0.015, depth - 0.2, top - base], cushion);
        const back: [number, number, number] = [x, 0.26, top + (height - top) / 2 + 0.02];
        const size: [number, number, number] = [seat - 0.02, 0.2, height - top + 0.03];
        if (plump)
          placer.ellipsoid(back, [size[0] * 1.15, 0.3, size[2] * 1.2], cushion, { turn: rotationX(0.2) });
        else placer.box(back, size, cushion, { turn: rotationX(0.15) });
      }
      for (let i = random.integer(seats + 1); i > 0; i--) {
        const x = random.uniform(-0.5, 0.5) * (width - 2 * arm - 0.3);
        const pillow = placer.other(OBJECTS, [x, 0.42, top + 0.19], random.uniform(-0.4, 0.4));
        pillow.ellipsoid([0, 0, 0], [0.44, 0.18, 0.42], finish(random, "fabric"), { turn: rotationX(0.35) });
      }
      return [];
    },
  };
}

/**
 * A chair; its back is at the back, so it faces +y. Built again, it comes out the same: chairs go in sets.
 */
export function chair(maker: Random): Item {
  const look = maker.uint32();
  const random = new Random(look, "shape");
  const width = random.uniform(0.4, 0.56);
  const depth = random.uniform(0.42, 0.56);
  const seat = random.uniform(0.42, 0.5);
  const height = seat + random.uniform(0.36, 0.62);
  const kind = weighted(random, { dining: 4, office: 1.5, stool: 1, shell: 1.5 });
  return {
    classIndex: CHAIR,
    width,
    depth,
    height: kind === "stool" ? seat : height,
    build: (placer) => {
      const random = new Random(look, "build");
      const wood = finish(random, random.uniform() < 0.7 ? "furniture" : "thing");
      const cover = random.uniform() < 0.5 ? wood : finish(random, "fabric");
      if (kind === "office") addSwivelFoot(placer, random, depth, seat);
      else addLegs(placer, random, { width, depth, height: seat - 0.02 }, wood, random.uniform(0.025, 0.05));
      const thick = random.uniform(0.03, 0.09);
      if (kind === "stool" && random.uniform() < 0.6)
        placer.cylinder([0, depth / 2, seat - thick], width / 2, thick, cover);
      else placer.box([0, depth / 2, seat - thick / 2], [width, depth, thick], cover);
      if (kind === "shell" || kind === "office") {
        const lift = kind === "office" ? 0.1 : 0;
        const high = height - seat - lift;
        placer.box([0, 0.03, seat + lift + high / 2], [width * 0.95, 0.05, high], cover, {
          turn: rotationX(0.14),
        });
        if (kind === "office" || random.uniform() < 0.5) addArms(placer, random, width, depth, seat, wood);
      } else if (kind === "dining") addBack(placer, random, { width, seat, height }, wood);
      return [];
    },
  };
}

type Finish = ReturnType<typeof finish>;

function addBack(
  placer: Placer,
  random: Random,
  size: { width: number; seat: number; height: number },
  wood: Finish,
): void {
  const { width, seat, height } = size;
  const post = random.uniform(0.025, 0.045);
  const high = height - seat;
  const lean = { turn: rotationX(random.uniform(0.02, 0.15)) };
  for (const side of [-1, 1]) {
    placer.box([(side * (width - post)) / 2, 0.02, seat + high / 2], [post, post, high], wood, lean);
  }
  placer.box([0, 0.01, height - 0.05], [width, 0.03, 0.1], wood, lean);
  const upright = random.uniform() < 0.5;
  const count = 1 + random.integer(4);
  for (let i = 0; i < count; i++) {
    const share = (i + 1) / (count + 1);
    if (upright) placer.box([(share - 0.5) * width, 0.018, seat + high / 2], [0.03, 0.015, high], wood, lean);
    else placer.box([0, 0.018, seat + share * (high - 0.1)], [width - 0.03, 0.015, 0.05], wood, lean);
  }
}

function addArms(
  placer: Placer,
  random: Random,
  width: number,
  depth: number,
  seat: number,
  wood: Finish,
): void {
  const high = random.uniform(0.18, 0.26);
  for (const side of [-1, 1]) {
    const x = side * (width / 2 + 0.01);
    placer.box([x, depth * 0.5, seat + high], [0.04, depth * 0.6, 0.03], wood);
    placer.box([x, depth * 0.6, seat + high / 2 - 0.02], [0.03, 0.04, high], wood);
  }
}

/** A column on five spokes with castors. */
function addSwivelFoot(placer: Placer, random: Random, depth: number, seat: number): void {
  const metal = plain(random, random.uniform() < 0.6 ? "dark" : "neutral");
  placer.cylinder([0, depth / 2, 0.07], 0.03, seat - 0.09, metal);
  for (let i = 0; i < 5; i++) {
    const turn = (i * 2 * Math.PI) / 5;
    const [x, y] = [0.13 * Math.cos(turn), 0.13 * Math.sin(turn)];
    placer.box([x, depth / 2 + y, 0.085], [0.26, 0.04, 0.03], metal, { turn: rotationZ(turn) });
    placer.ellipsoid([2 * x, depth / 2 + 2 * y, 0.03], [0.06, 0.06, 0.06], metal);
  }
}
