/** @file Maps made smaller by pooling: what falls into a pixel counts, not what lies at its centre. */
import type { LabelMap } from "./map.js";
import type { Taps } from "./taps.js";

/** The positions with weight that an output position is made of. */
function members(taps: Taps): number[][] {
  return Array.from({ length: taps.length }, (_, out) => {
    const places = Array.from({ length: taps.count }, (_, k) => out * taps.count + k);
    return places.filter((place) => taps.weight[place] !== 0).map((place) => taps.index[place]);
  });
}

/** Of the values at some places of a plane. */
function largest(data: Float32Array, plane: number, places: readonly number[]): number {
  let most = data[plane + places[0]];
  for (const place of places) most = Math.max(most, data[plane + place]);
  return most;
}

function mean(data: Float32Array, plane: number, places: readonly number[]): number {
  let sum = 0;
  for (const place of places) sum += data[plane + place];
  return sum / places.length;
}

/**
 * A map whose every pixel is made of the valid ones of several, by taps (weights do not matter).
 * `thin`: the largest value, so that a line of one pixel's width stays whole; valid where that is not 0, or
 * where at least half of the pixels are valid. `pooled`: the mean; valid where one of them is.
 */
export function poolLabel(label: LabelMap, tapsY: Taps, tapsX: Taps, rule: "thin" | "pooled"): LabelMap {
  const { channels, width } = label;
  const [rows, columns] = [members(tapsY), members(tapsX)];
  const size = rows.length * columns.length;
  const plane = label.height * width;
  const data = new Float32Array(channels * size);
  const valid = new Uint8Array(size);
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      const to = y * columns.length + x;
      const known: number[] = [];
      for (const row of rows[y]) {
        for (const column of columns[x])
          if (label.valid[row * width + column] === 1) known.push(row * width + column);
      }
      if (known.length === 0) continue;
      let set = false;
      for (let c = 0; c < channels; c++) {
        const value =
          rule === "thin" ? largest(label.data, c * plane, known) : mean(label.data, c * plane, known);
        data[c * size + to] = value;
        set ||= value !== 0;
      }
      const mostly = 2 * known.length >= rows[y].length * columns[x].length;
      if (rule === "pooled" || set || mostly) valid[to] = 1;
    }
  }
  return { channels, height: rows.length, width: columns.length, data, valid };
}
