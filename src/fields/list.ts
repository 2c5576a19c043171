/**
 * @file Lists: any number of things in a sample, each some numbers, padded to a capacity in batches. A list
 * is a map [channels, things, 1]; one of no things says that there are none.
 */
import type { Field } from "./field.js";
import type { LabelMap } from "./map.js";
import { refuseMove } from "./sweep.js";

/** What the things of a list are. */
export interface ListRules {
  /** Numbers of a thing. */
  readonly channels: number;
  /** Things stand in blocks of a batch, e.g. one a frame: how many, and the most things of one. */
  readonly blocks: number;
  readonly capacity: number;
  /** The block of a thing, by its numbers; others than 0 to blocks - 1 are left out. */
  blockOf(thing: Float32Array): number;
  /** A thing's numbers after left and right changed places. */
  mirrored(thing: Float32Array): Float32Array;
  /** After quarter turns, counter-clockwise, seen from above. */
  turned(thing: Float32Array, quarters: number): Float32Array;
}

/** The numbers of thing number `row` of a list. */
export function listedThing({ channels, height, data }: LabelMap, row: number): Float32Array {
  return Float32Array.from({ length: channels }, (_, c) => data[c * height + row]);
}

/** A list of things of `channels` numbers each. */
export function listOf(channels: number, things: readonly ArrayLike<number>[]): LabelMap {
  const height = things.length;
  const data = new Float32Array(channels * height);
  things.forEach((thing, row) => {
    for (let c = 0; c < channels; c++) data[c * height + row] = thing[c];
  });
  return { channels, height, width: 1, data, valid: new Uint8Array(height).fill(1) };
}

function changed(list: LabelMap, change: (thing: Float32Array) => Float32Array): LabelMap {
  const things = Array.from({ length: list.height }, (_, row) => change(listedThing(list, row)));
  return { ...listOf(list.channels, things), valid: list.valid };
}

/**
 * Arrays `.label` [N, channels, blocks * capacity, 1], `.valid` [N, 1, blocks * capacity, 1] and `.labelled`
 * [N], of zeros where there is nothing. Of more things than a block holds the first ones are taken.
 */
export function listField(rules: ListRules): Field<LabelMap> {
  const { channels, blocks, capacity } = rules;
  const rows = blocks * capacity;
  return {
    kind: "list",
    moved(list, move) {
      if (move.kind === "mirror") return changed(list, rules.mirrored);
      if (move.kind === "turn") return changed(list, (thing) => rules.turned(thing, move.quarters));
      return refuseMove(move.kind);
    },
    arrays: (count) => ({
      ".label": [count, channels, rows, 1],
      ".valid": [count, 1, rows, 1],
      ".labelled": [count],
    }),
    write(list, arrays, n) {
      const filled = new Array<number>(blocks).fill(0);
      for (let row = 0; row < list.height; row++) {
        const thing = listedThing(list, row);
        const block = rules.blockOf(thing);
        if (list.valid[row] !== 1 || !(block in filled) || filled[block] >= capacity) continue;
        const at = block * capacity + filled[block]++;
        for (let c = 0; c < channels; c++) arrays[".label"][(n * channels + c) * rows + at] = thing[c];
        arrays[".valid"][n * rows + at] = 1;
      }
      arrays[".labelled"][n] = 1;
    },
  };
}
