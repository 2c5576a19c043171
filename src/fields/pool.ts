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
  rows.forEach((sourceRows, y) => {
    columns.forEach((sourceColumns, x) => {
      const to = y * columns.length + x;
      const sources = sourceRows.flatMap((row) => sourceColumns.map((column) => row * width + column));
      const known = sources.filter((from) => label.valid[from] === 1);
      if (known.length === 0) return;
      let set = false;
      for (let c = 0; c < channels; c++) {
        const values = known.map((from) => label.data[c * plane + from]);
        const sum = () => values.reduce((total, value) => total + value, 0);
        data[c * size + to] = rule === "thin" ? Math.max(...values) : sum() / values.length;
        set ||= data[c * size + to] !== 0;
      }
      if (rule === "pooled" || set || 2 * known.length >= sources.length) valid[to] = 1;
    });
  });
  return { channels, height: rows.length, width: columns.length, data, valid };
}
