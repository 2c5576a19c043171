/** @file Labelled boxes that can be learned from, and why others cannot. */

import { type BirdGrid, cellOf } from "../../geometry/boxes/bird-grid.js";
import { hasSize } from "../../geometry/boxes/box.js";
import type { SweepBox } from "./source.js";

export interface SoundBoxes {
  /** The nearest first. */
  readonly boxes: readonly SweepBox[];
  /** Boxes with a size of nothing, or a number that is none. */
  readonly sizeless: number;
  /** Boxes whose middle lies outside the grid. */
  readonly outside: number;
  /** The farthest ones of too many. */
  readonly tooMany: number;
}

/** At most `most` boxes whose middles lie over the grid. */
export function soundBoxes(all: readonly SweepBox[], grid: BirdGrid, most: number): SoundBoxes {
  const sized = all.filter(hasSize);
  const inside = sized.filter(({ centre }) => cellOf(grid, centre[0], centre[1]) !== null);
  const far = ({ centre }: SweepBox) => Math.hypot(centre[0], centre[1]);
  const sorted = [...inside].sort((a, b) => far(a) - far(b));
  return {
    boxes: sorted.slice(0, most),
    sizeless: all.length - sized.length,
    outside: sized.length - inside.length,
    tooMany: Math.max(0, inside.length - most),
  };
}
