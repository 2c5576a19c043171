/** @file Labelled boxes as rows of numbers. */
import type { ListRules } from "../../fields/list.js";
import { listedThing } from "../../fields/list.js";
import { turnedPoint } from "../../fields/sweep.js";
import { type UprightBox, wrapAngle } from "../../geometry/boxes/box.js";
import type { LabelMap } from "../task.js";
import type { LabelledBox, Level } from "./frames.js";
import type { BoxesSpec } from "./spec.js";

/** What the numbers of a row are, in their order. Metres and radians; -1 for what is not known. */
export const ROW = [
  ...["x", "y", "z", "length", "width", "height", "yaw"],
  ...["class", "frame", "track", "points", "level"],
] as const;
export const ROW_LENGTH = ROW.length;
const YAW = 6;
export const [CLASS, FRAME, TRACK, POINTS, LEVEL] = [7, 8, 9, 10, 11];

/** What is known of a box besides where it is. */
export interface RowFacts {
  /** Index into the dataset's classes. */
  readonly class: number;
  /** 0 the present frame, 1 the one before, ... */
  readonly frame: number;
  /** Number of the thing, the same in all frames of a sample. */
  readonly track?: number;
  readonly points?: number;
  readonly level?: Level;
}

export function rowOf({ centre, size, yaw }: UprightBox, facts: RowFacts): number[] {
  const { class: index, frame, track = -1, points = -1, level = -1 } = facts;
  return [...centre, ...size, yaw, index, frame, track, points, level];
}

/** The boxes of one frame, by the classes that they are detected as; others are left out. */
export function labelledBoxes(label: LabelMap, spec: BoxesSpec, frame = 0): LabelledBox[] {
  return Array.from({ length: label.height }, (_, row) => listedThing(label, row)).flatMap((thing, row) => {
    const found = detectedOf(spec)[thing[CLASS]];
    if (label.valid[row] !== 1 || thing[FRAME] !== frame || found === undefined || found < 0) return [];
    const [x, y, z, l, w, h, yaw] = thing;
    const points = thing[POINTS];
    const level = thing[LEVEL];
    return [
      {
        class: Object.keys(spec.detect)[found],
        box: { centre: [x, y, z], size: [l, w, h], yaw },
        ...(points >= 0 && { points }),
        ...((level === 1 || level === 2) && { level }),
      } satisfies LabelledBox,
    ];
  });
}

/** By the dataset's class: the number of the detected class that it is, or -1. */
export function detectedOf({ things, detect }: BoxesSpec): number[] {
  return things.map((name) => Object.values(detect).findIndex(({ of }) => of.includes(name)));
}

function withPlace(row: Float32Array, [x, y]: readonly [number, number], yaw: number): Float32Array {
  const out = row.slice();
  out[0] = x;
  out[1] = y;
  out[YAW] = wrapAngle(yaw);
  return out;
}

/** Lists of boxes in batches: those of each frame together, the first ones where there are too many. */
export function boxList({ frames, most }: Pick<BoxesSpec, "frames" | "most">): ListRules {
  return {
    channels: ROW_LENGTH,
    blocks: frames,
    capacity: most,
    blockOf: (row) => row[FRAME],
    mirrored: (row) => withPlace(row, [row[0], -row[1]], -row[YAW]),
    turned: (row, quarters) =>
      withPlace(row, turnedPoint(row[0], row[1], quarters), row[YAW] + (quarters * Math.PI) / 2),
  };
}
