/** @file sequences.json of rendered snippets. */
import type { Sequences } from "../sequences.js";
import type { Pose } from "../types.js";
import { sampleId } from "./write-sample.js";
import type { WriteItem } from "./write-worker.js";

function rows({ rotation: r, position: p }: Pose): number[] {
  return [0, 1, 2].flatMap((row) => [r[3 * row], r[3 * row + 1], r[3 * row + 2], p[row]]);
}

/**
 * The snippets of each split in order, with the time and the camera's pose of each frame.
 * @param poses by split and index, joined by a space; @param rate frames a second.
 */
export function snippetSequences(
  items: readonly WriteItem[],
  poses: ReadonlyMap<string, readonly Pose[]>,
  rate: number,
): Sequences {
  const sequences: Record<string, Sequences[string][number][]> = {};
  for (const [split, index] of items) {
    const own = poses.get(`${split} ${index}`) ?? [];
    sequences[split] ??= [];
    sequences[split].push({
      name: sampleId(index),
      frames: own.map((_, frame) => sampleId(index, frame)),
      timestamps: own.map((_, frame) => frame / rate),
      poses: own.map(rows),
    });
  }
  return sequences;
}
