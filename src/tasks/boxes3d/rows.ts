/** @file Labelled boxes as rows of numbers. */
import type { ListRules } from "../../fields/list.js";
import { listedThing } from "../../fields/list.js";
import { turnedPoint } from "../../fields/sweep.js";
import { type UprightBox, wrapAngle } from "../../geometry/boxes/box.js";
import type { LabelMap } from "../task.js";
import type { LabelledBox, Level, SeenFacts } from "./frames.js";
import type { BoxesSpec } from "./spec.js";

/** What the numbers of a row are, in their order. Metres and radians; -1 for what is not known. */
export const ROW = [
  ...["x", "y", "z", "length", "width", "height", "yaw"],
  ...["class", "frame", "track", "points", "level"],
  ...["imageHeight", "occlusion", "truncation"],
] as const;
export const ROW_LENGTH = ROW.length;
const YAW = 6;
export const [CLASS, FRAME, TRACK, POINTS, LEVEL] = [7, 8, 9, 10, 11];
/** The first of the three numbers of how a camera sees the box. */
const SEEN = 12;

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
  readonly seen?: SeenFacts;
}

export function rowOf({ centre, size, yaw }: UprightBox, facts: RowFacts): number[] {
  const { class: index, frame, track = -1, points = -1, level = -1, seen } = facts;
  const { imageHeight = -1, occlusion = -1, truncation = -1 } = seen ?? {};
  return [...centre, ...size, yaw, index, frame, track, points, level, imageHeight, occlusion, truncation];
}

/** A row, read. */
export interface ReadRow {
  /** Index into the dataset's classes. */
  readonly class: number;
  readonly box: UprightBox;
  readonly points?: number;
  readonly level?: Level;
  readonly seen?: SeenFacts;
}

/** The rows of one frame. */
export function frameRows(label: LabelMap, frame: number): ReadRow[] {
  return Array.from({ length: label.height }, (_, row) => listedThing(label, row)).flatMap((thing, row) => {
    if (label.valid[row] !== 1 || thing[FRAME] !== frame) return [];
    const [x, y, z, l, w, h, yaw] = thing;
    const [points, level] = [thing[POINTS], thing[LEVEL]];
    const [imageHeight, occlusion, truncation] = thing.subarray(SEEN);
    return [
      {
        class: thing[CLASS],
        box: { centre: [x, y, z], size: [l, w, h], yaw },
        ...(points >= 0 && { points }),
        ...((level === 1 || level === 2) && { level }),
        ...(imageHeight >= 0 && { seen: { imageHeight, occlusion, truncation } }),
      } satisfies ReadRow,
    ];
  });
}

/** The boxes of one frame, by the classes that they are detected as; others are left out. */
export function labelledBoxes(label: LabelMap, spec: BoxesSpec, frame = 0): LabelledBox[] {
  const detected = detectedOf(spec);
  return frameRows(label, frame).flatMap(({ class: index, box, points, level }) => {
    const found = detected[index];
    if (found === undefined || found < 0) return [];
    const facts = { ...(points !== undefined && { points }), ...(level !== undefined && { level }) };
    return [{ class: Object.keys(spec.detect)[found], box, ...facts }];
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
