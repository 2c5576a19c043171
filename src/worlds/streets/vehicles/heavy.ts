/** @file Trucks, buses and trams. */
import type { Random } from "../../../common/random.js";
import { rotationX } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import type { Material } from "../../surface/material.js";
import { type Body, makeBody } from "../../things.js";
import { BUS, TRAIN, TRUCK } from "../classes.js";
import { glass, rubber, solid, streetFinish } from "../finishes.js";
import { addLights, addWheels } from "./car.js";

/** A row of panes along both sides from `x0` to `x1`, with posts between them. */
function sidePanes(
  place: Placer,
  [x0, x1]: readonly [number, number],
  [z0, z1]: readonly [number, number],
  halfWidth: number,
  pitch: number,
  panes: Material,
): void {
  const count = Math.max(1, Math.round((x1 - x0) / pitch));
  const step = (x1 - x0) / count;
  for (let i = 0; i < count; i++) {
    const x = x0 + (i + 0.5) * step;
    place.box([x, 0, (z0 + z1) / 2], [step - 0.12, 2 * halfWidth + 0.03, z1 - z0], panes);
  }
}

/** A truck with a box, a tank, a tipper or an open load. */
export function truck(random: Random, lit: number): Body {
  const paint = streetFinish(random, "paint");
  const load = streetFinish(random, random.uniform() < 0.5 ? "paint" : "wall");
  const panes = glass(random);
  const dark = rubber(random);
  const width = random.uniform(2.2, 2.5);
  const cab = random.uniform(1.6, 2.1);
  const cabHeight = random.uniform(1.7, 2.3);
  const back = random.uniform(3.6, 6.2);
  const length = cab + back + 0.15;
  const low = random.uniform(0.75, 1);
  return makeBody(TRUCK, (place) => {
    const cabX = length / 2 - cab / 2;
    const backX = -length / 2 + back / 2;
    place.box([0, 0, low - 0.15], [length * 0.97, 0.9, 0.3], dark);
    const cabTop = low - 0.35 + cabHeight;
    place.frustum([cabX, 0, low - 0.35 + cabHeight / 2], [cab, width * 0.96, cabHeight], paint, {
      ...{ taper: 0.86, taperY: 0.94, lean: -0.12 },
    });
    // Wind screen and side windows: a slice of the cab, a little larger.
    const slant = { taper: 0.94, taperY: 0.98, lean: -0.05 };
    place.frustum([cabX, 0, cabTop - 0.62], [cab * 0.965, width * 0.87, 0.72], panes, slant);
    place.frustum([cabX + 0.12, 0, cabTop - 0.62], [cab * 0.55, width * 0.965, 0.66], panes, {
      ...{ taper: 0.85, taperY: 0.97 },
    });
    const kind = random.pick(["box", "box", "tank", "tipper", "open"]);
    const deck = low + 0.03;
    if (kind === "box") {
      const high = random.uniform(1.9, 2.6);
      place.box([backX, 0, deck + high / 2], [back, width, high], load);
      place.box([backX - back / 2, 0, deck + high / 2], [0.04, 0.05, high * 0.96], dark);
      if (random.uniform() < 0.5) {
        const sign = streetFinish(random, "paint");
        place.box([backX, 0, deck + 0.55 * high], [back * 0.6, width + 0.02, high * 0.4], sign);
      }
    } else if (kind === "tank") {
      const radius = 0.48 * width;
      place.bar([backX - back / 2, 0, deck + radius], [backX + back / 2, 0, deck + radius], radius, load);
    } else {
      const high = kind === "tipper" ? random.uniform(0.9, 1.4) : 0.5;
      place.frustum([backX, 0, deck + high / 2], [back * 0.94, width * 0.9, high], load, {
        taper: 1.05,
        taperY: 1.1,
      });
      const heap = streetFinish(random, "wall");
      place.ellipsoid([backX, 0, deck + high], [back * 0.8, width * 0.8, random.uniform(0.5, 1.4)], heap);
    }
    const hub = streetFinish(random, "metal");
    const axles = [length / 2 - 0.62 * cab, -length / 2 + 0.2 * back, -length / 2 + 0.2 * back + 1.1];
    addWheels(place, random, axles.slice(0, back > 4.6 ? 3 : 2), width / 2, 0.48, hub);
    addLights(place, random, { length, width, height: low - 0.05 }, lit);
    place.box([length / 2, 0, low], [0.05, width * 0.7, 0.3], dark);
    place.box([-length / 2 + 0.02, 0, low - 0.25], [0.06, width * 0.9, 0.12], dark);
  });
}

/** A bus. */
export function bus(random: Random, lit: number): Body {
  const paint = streetFinish(random, "paint");
  const stripe = streetFinish(random, "paint");
  const panes = glass(random);
  const [length, width, height] = [random.uniform(8.5, 12.5), 2.5, random.uniform(2.9, 3.2)];
  return makeBody(BUS, (place) => {
    place.box([0, 0, (height + 0.3) / 2], [length, width, height - 0.3], paint);
    place.frustum([0, 0, height + 0.05], [length * 0.96, width * 0.9, 0.14], paint, {
      taper: 0.97,
      taperY: 0.8,
    });
    place.box([0, 0, 0.62], [length + 0.01, width + 0.015, random.uniform(0.2, 0.5)], stripe);
    sidePanes(place, [-length / 2 + 0.3, length / 2 - 0.2], [1.25, 2.4], width / 2, 1.5, panes);
    for (const at of [0.1, 0.62]) {
      place.box([length * (0.42 - at), -width / 2, 1.25], [1.1, 0.05, 2], panes);
    }
    place.box([length / 2, 0, 1.75], [0.05, width * 0.92, 1.4], panes);
    place.box([-length / 2, 0, 1.95], [0.05, width * 0.8, 0.9], panes);
    const sign = solid([0.9, 0.5, 0.08], 0.4 + lit);
    place.box([length / 2 + 0.01, 0, height - 0.25], [0.05, width * 0.7, 0.28], sign);
    const hub = streetFinish(random, "metal");
    addWheels(place, random, [length / 2 - 2.4, -length / 2 + 2.7], width / 2, 0.48, hub);
    addLights(place, random, { length, width, height: 0.75 }, lit);
    for (const side of [-1, 1]) {
      place.box([length / 2 + 0.15, side * (width / 2 + 0.1), 2.3], [0.1, 0.22, 0.4], rubber(random));
    }
  });
}

/** A tram of two or three cars. */
export function tram(random: Random, lit: number): Body {
  const paint = streetFinish(random, "paint");
  const second = streetFinish(random, "paint");
  const panes = glass(random);
  const dark = rubber(random);
  const cars = 2 + random.integer(2);
  const [long, width, height] = [random.uniform(7.5, 9.5), 2.4, random.uniform(3.2, 3.5)];
  const length = cars * long + (cars - 1) * 0.7;
  return makeBody(TRAIN, (place) => {
    for (let i = 0; i < cars; i++) {
      const x = -length / 2 + long / 2 + i * (long + 0.7);
      const first = i === cars - 1;
      place.box([x, 0, (height + 0.35) / 2], [long, width, height - 0.35], paint);
      place.box([x, 0, 0.75], [long + 0.005, width + 0.012, 0.75], second);
      sidePanes(place, [x - long / 2 + 0.4, x + long / 2 - 0.4], [1.35, 2.6], width / 2, 1.4, panes);
      place.box([x, 0, 0.25], [long * 0.5, width * 0.8, 0.4], dark);
      place.box([x, 0, height + 0.1], [long * 0.4, width * 0.6, 0.25], dark);
      if (i > 0) place.box([x - long / 2 - 0.35, 0, 1.8], [0.72, width * 0.86, 2.6], dark);
      if (first || i === 0) {
        const end = first ? x + long / 2 : x - long / 2;
        place.box([end, 0, 2.05], [0.06, width * 0.86, 1.35], panes);
        place.box([end, 0, height - 0.3], [0.08, width * 0.6, 0.3], solid([0.9, 0.55, 0.1], 0.4 + lit));
      }
    }
    // The current collector.
    const top = height + 0.2;
    place.bar([0, 0, top], [0.9, 0, top + 0.6], 0.035, dark);
    place.bar([0.9, 0, top + 0.6], [0, 0, top + 1.2], 0.035, dark);
    place.cylinder([0, -0.7, top + 1.2], 0.03, 1.4, dark, { turn: rotationX(Math.PI / 2) });
    addLights(place, random, { length, width, height: 0.85 }, lit);
  });
}
