/** @file Beds. */
import type { Random } from "../../common/random.js";
import { rotationX } from "../../geometry/rotation.js";
import type { Placer } from "../scene.js";
import { finish } from "../surface/finish.js";
import { BED, OBJECTS } from "./classes.js";
import { addLegs, type Item, type Top } from "./item.js";

/** A single or double bed, its head at the back; now and then a bunk bed. */
export function bed(random: Random): Item {
  const bunk = random.uniform() < 0.1;
  const width = bunk ? random.uniform(0.9, 1.05) : random.uniform(0.9, 1.9);
  const depth = random.uniform(1.95, 2.2);
  const headboard = bunk || random.uniform() < 0.75 ? random.uniform(0.75, 1.25) : 0;
  const top = random.uniform(0.38, 0.62);
  const size = { width, depth, top, headboard };
  return {
    classIndex: BED,
    width,
    depth,
    height: bunk ? 1.95 : Math.max(headboard, top + 0.15),
    build: (placer) => {
      const tops = build(placer, random, size);
      if (bunk) addBunk(placer, random, size);
      return tops;
    },
  };
}

interface BedSize {
  readonly width: number;
  readonly depth: number;
  readonly top: number;
  readonly headboard: number;
}

function build(placer: Placer, random: Random, { width, depth, top, headboard }: BedSize): Top[] {
  const frame = finish(random, random.uniform() < 0.7 ? "furniture" : "upholstery");
  const legs = random.uniform() < 0.6 ? random.uniform(0.06, 0.2) : 0;
  if (legs > 0) addLegs(placer, random, { width, depth, height: legs }, frame);
  const mattress = random.uniform(0.14, 0.26);
  placer.box([0, depth / 2, (legs + top - mattress) / 2], [width, depth, top - mattress - legs], frame);
  placer.box(
    [0, depth / 2, top - mattress / 2],
    [width - 0.04, depth - 0.06, mattress],
    finish(random, "linen"),
  );
  if (headboard > 0) {
    placer.box([0, 0.035, headboard / 2], [width, 0.07, headboard], frame);
    if (random.uniform() < 0.5)
      placer.box([0, depth - 0.03, top / 2 + 0.06], [width, 0.06, top + 0.12], frame);
  }

  // The blanket hangs over the sides; a folded throw may lie across the foot.
  const blanketFrom = random.uniform(0.45, 0.9);
  const hang = random.uniform(0.05, top - 0.08);
  const blanket = finish(random, "linen");
  const long = depth - blanketFrom - 0.01;
  placer.box([0, blanketFrom + long / 2, top + 0.03 - hang / 2], [width + 0.05, long, hang + 0.04], blanket);
  if (random.uniform() < 0.4) {
    placer.box(
      [0, depth - 0.45, top + 0.055],
      [width + 0.07, random.uniform(0.3, 0.6), 0.03],
      finish(random, "linen"),
    );
  }

  const pillows = width > 1.25 ? 2 : 1;
  const cloth = finish(random, "linen");
  for (let i = 0; i < pillows; i++) {
    const x = ((i + 0.5) / pillows - 0.5) * width;
    const pillow = placer.other(
      OBJECTS,
      [x + random.uniform(-0.04, 0.04), 0.32, top + 0.1],
      random.uniform(-0.2, 0.2),
    );
    pillow.ellipsoid([0, 0, 0], [Math.min(0.75, width / pillows - 0.1), 0.42, 0.2], cloth, {
      turn: rotationX(0.3),
    });
  }
  return [
    {
      placer: placer.inside([0, depth * 0.65, top + 0.05]),
      width: width * 0.8,
      depth: depth * 0.4,
      headroom: 0.8,
    },
  ];
}

function addBunk(placer: Placer, random: Random, { width, depth, headboard }: BedSize): void {
  const wood = finish(random, "furniture");
  const z = Math.max(1.35, headboard + 0.1);
  for (const x of [-width / 2 + 0.04, width / 2 - 0.04]) {
    for (const y of [0.04, depth - 0.04]) placer.box([x, y, 0.975], [0.08, 0.08, 1.95], wood);
  }
  placer.box([0, depth / 2, z], [width, depth, 0.1], wood);
  placer.box([0, depth / 2, z + 0.12], [width - 0.08, depth - 0.1, 0.16], finish(random, "linen"));
  placer.box([width / 2 - 0.02, depth / 2, z + 0.32], [0.04, depth, 0.1], wood);
  for (let step = 1; step < 5; step++) placer.box([0, depth, (step * z) / 5], [width, 0.04, 0.05], wood);
}
