/** @file Doors and windows: holes in walls and what fills them. */
import type { Random } from "../../common/random.js";
import { apply3, scale3 } from "../../geometry/rotation.js";
import type { Placer } from "../scene.js";
import { dim, hsv, type Rgb } from "../surface/colour.js";
import { finish, plain } from "../surface/finish.js";
import { type Material, makeMaterial } from "../surface/material.js";
import { toWorld } from "../trace/primitive.js";
import { WALL, WINDOW } from "./classes.js";
import type { Room, Span, Wall } from "./room.js";

/** What the windows of a room share. */
export interface Daylight {
  /** Radiance of the sky as the lights of the scene count it; near 0 at night. */
  readonly radiance: Rgb;
  readonly brightness: number;
}

/** Finds place for an opening of the given size and takes it; undefined where there is none. */
export function takeOpening(
  random: Random,
  wall: Wall,
  width: number,
  z0: number,
  z1: number,
): Span | undefined {
  for (let i = 0; i < 8; i++) {
    const x0 = random.uniform(0.15, wall.length - width - 0.15);
    const span = { x0, x1: x0 + width, z0, z1 };
    // Openings may not lie one above the other, so the whole height is asked for.
    if (x0 >= 0.15 && wall.free({ ...span, z0: 0, z1: 9 }, 0.15)) {
      wall.spans.push(span);
      return span;
    }
  }
  return undefined;
}

function addFrame(
  placer: Placer,
  { x0, x1, z0, z1 }: Span,
  material: Material,
  width: number,
  sill: boolean,
): void {
  const [x, z] = [(x0 + x1) / 2, (z0 + z1) / 2];
  placer.box([x0, 0, z], [width, 0.05, z1 - z0], material);
  placer.box([x1, 0, z], [width, 0.05, z1 - z0], material);
  placer.box([x, 0, z1], [x1 - x0 + width, 0.05, width], material);
  if (sill) placer.box([x, 0.03, z0], [x1 - x0 + width, 0.14, width * 0.7], material);
}

export function buildDoor(room: Room, random: Random, wall: Wall, span: Span): void {
  const placer = room.thing(wall.frame, WALL);
  const leaf = finish(random, "furniture");
  const [x, z] = [(span.x0 + span.x1) / 2, span.z1 / 2];
  const width = span.x1 - span.x0;
  placer.box([x, -0.08, z], [width + 0.02, 0.05, span.z1 + 0.02], leaf);
  addFrame(
    placer,
    span,
    random.uniform() < 0.5 ? leaf : plain(random, "white"),
    random.uniform(0.06, 0.11),
    false,
  );
  const panels = random.integer(4);
  for (let i = 0; i < panels; i++) {
    const high = (span.z1 - 0.3) / panels;
    placer.box([x, -0.05, 0.15 + (i + 0.5) * high], [width * 0.7, 0.02, high * 0.8], leaf);
  }
  const handle = plain(random, random.uniform() < 0.5 ? "neutral" : "dark");
  const side = random.uniform() < 0.5 ? -1 : 1;
  placer.box([x + side * (width / 2 - 0.1), 0, 1.02], [0.13, 0.03, 0.025], handle);
}

/** Frame, bars, pane with the view outside, perhaps a blind or curtains; and its light. */
export function buildWindow(room: Room, random: Random, wall: Wall, span: Span, day: Daylight): void {
  const placer = room.thing(wall.frame, WINDOW);
  const [x, z] = [(span.x0 + span.x1) / 2, (span.z0 + span.z1) / 2];
  const [width, height] = [span.x1 - span.x0, span.z1 - span.z0];
  const frame = random.uniform() < 0.55 ? plain(random, "white") : finish(random, "furniture");
  addFrame(placer, span, frame, random.uniform(0.05, 0.1), span.z0 > 0.1);

  const sky = hsv(random.uniform(0.52, 0.65), random.uniform(0.05, 0.55), random.uniform(0.7, 1));
  const view = makeMaterial({
    colours: [sky, hsv(random.uniform(0.2, 0.45), 0.4, 0.35), hsv(random.uniform(0, 0.4), 0.3, 0.5)],
    painting: random.uniform() < 0.75 ? "outdoors" : "blank",
    seed: random.uint32() & 0xffffff,
    emission: day.brightness * random.uniform(0.25, 0.8),
  });
  placer.box([x, -0.14, z], [width + 0.02, 0.02, height + 0.02], view, { blocksLight: false });
  const [columns, rows] = [1 + random.integer(width > 1.2 ? 4 : 2), 1 + random.integer(3)];
  const bar = random.uniform(0.025, 0.06);
  for (let i = 1; i < columns; i++) {
    placer.box([span.x0 + (i / columns) * width, -0.1, z], [bar, 0.05, height], frame);
  }
  for (let i = 1; i < rows; i++)
    placer.box([x, -0.1, span.z0 + (i / rows) * height], [width, 0.05, bar], frame);

  let open = height;
  const dressing = random.uniform();
  if (dressing < 0.2) {
    const drop = random.uniform(0.15, 0.6) * height;
    placer.box([x, -0.04, span.z1 - drop / 2], [width - 0.02, 0.015, drop], finish(random, "fabric"));
    open -= drop;
  } else if (dressing < 0.55) addCurtains(room, placer, random, wall, span);

  const facing = apply3(wall.frame.rotation, [0, 1, 0]);
  room.scene.lights.push({
    centre: toWorld(wall.frame, [x, -0.02, span.z0 + open / 2]),
    edgeU: scale3(apply3(wall.frame.rotation, [1, 0, 0]), width / 2.1),
    edgeV: [0, 0, open / 2.1],
    normal: facing,
    colour: dim(day.radiance, width * open),
  });
}

/** Two curtains of upright folds beside the window, from a rod to the sill or to the floor. */
function addCurtains(room: Room, placer: Placer, random: Random, wall: Wall, span: Span): void {
  const bottom = random.uniform() < 0.5 ? 0.04 : Math.max(0.04, span.z0 - 0.15);
  const top = Math.min(room.height - 0.06, span.z1 + random.uniform(0.08, 0.25));
  const reach = random.uniform(0.2, 0.4);
  const fold = random.uniform(0.035, 0.06);
  const cloth = finish(random, "fabric");
  const [from, to] = [Math.max(0.05, span.x0 - reach), Math.min(wall.length - 0.05, span.x1 + reach)];
  if (!wall.free({ x0: from, x1: span.x0 - 0.01, z0: bottom, z1: top }, 0)) return;
  if (!wall.free({ x0: span.x1 + 0.01, x1: to, z0: bottom, z1: top }, 0)) return;
  wall.spans.push({ x0: from, x1: to, z0: bottom, z1: top });
  placer.box([(from + to) / 2, 0.11, top], [to - from + 0.1, 0.025, 0.025], plain(random, "dark"));
  const drawn = random.uniform(0, 0.25) * (span.x1 - span.x0);
  for (const [left, right] of [
    [from, span.x0 + drawn],
    [span.x1 - drawn, to],
  ]) {
    for (let x = left + fold; x < right; x += 1.6 * fold) {
      const wobble = random.uniform(-0.015, 0.015);
      placer.cylinder([x, 0.1 + wobble, bottom], fold, top - bottom, cloth, {
        taper: random.uniform(0.85, 1),
      });
    }
  }
}
