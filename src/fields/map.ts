/** @file Maps: one value, or vector, for every pixel, with what is valid of it. The labels of dense tasks. */
import type { Field } from "./field.js";
import { sizeAfter } from "./move.js";
import { cutPlanes, mirroredRows, turnedPlanes } from "./planes.js";
import { poolLabel } from "./pool.js";
import { resampleLabel } from "./resample.js";
import { type Resampling, type Taps, tapsOf } from "./taps.js";

/** A dense label in memory, planar. */
export interface LabelMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /**
   * [channels, height, width]; what the values mean is the task's business (class index, metres, unit
   * vector).
   */
  readonly data: Float32Array;
  /**
   * 1 where the label holds, 0 where it is to be ignored, [height, width]. Values under 0 are finite but
   * meaningless.
   */
  readonly valid: Uint8Array;
}

/** How a kind of map is sampled, and how its values are mended when their places have changed. */
export interface MapRules {
  readonly channels: number;
  readonly resampling: Resampling;
  /** After the map was mirrored left-right. */
  mirrored(map: LabelMap): LabelMap;
  /** After it was turned counter-clockwise. */
  turned(map: LabelMap, quarters: number): LabelMap;
  /** After it was resampled and things look `factor` times as large. */
  scaled(map: LabelMap, factor: number): LabelMap;
}

function resampled(map: LabelMap, rows: Taps, columns: Taps, rule: Resampling): LabelMap {
  const pools = rule === "thin" || rule === "pooled";
  return pools ? poolLabel(map, rows, columns, rule) : resampleLabel(map, rows, columns);
}

/**
 * Arrays `.label` [N,C,H,W] (zeros where there is none), `.valid` [N,1,H,W] and `.labelled` [N], of zeros and
 * ones.
 */
export function mapField(rules: MapRules): Field<LabelMap> {
  return {
    kind: "map",
    moved(map, move, size) {
      const through = (move_: <T extends Float32Array | Uint8Array>(planes: T) => T): LabelMap => ({
        channels: map.channels,
        ...sizeAfter(size, move),
        data: move_(map.data),
        valid: move_(map.valid),
      });
      switch (move.kind) {
        case "mirror":
          return rules.mirrored(through((planes) => mirroredRows(planes, size)));
        case "turn":
          return rules.turned(
            through((planes) => turnedPlanes(planes, size, move.quarters)),
            move.quarters,
          );
        case "cut":
          return through((planes) => cutPlanes(planes, size, move, () => 0));
        case "window":
        case "stretch": {
          const { rows, columns } = tapsOf(move, size, rules.resampling);
          return rules.scaled(resampled(map, rows, columns, rules.resampling), move.enlargement);
        }
      }
    },
    arrays: (count, { height, width }) => ({
      ".label": [count, rules.channels, height, width],
      ".valid": [count, 1, height, width],
      ".labelled": [count],
    }),
    write(map, arrays, n) {
      arrays[".label"].set(map.data, n * map.data.length);
      arrays[".valid"].set(map.valid, n * map.valid.length);
      arrays[".labelled"][n] = 1;
    },
  };
}
