/** @file Resampling of planar maps along rows and columns, by taps. */
import type { LabelMap } from "./map.js";
import type { Taps } from "./taps.js";

/** Resamples one line by `tapsX`, into `out` from `at` on. */
function resampleLine(line: Float32Array, tapsX: Taps, out: Float32Array, at: number): void {
  for (let x = 0; x < tapsX.length; x++) {
    let sum = 0;
    for (let k = x * tapsX.count; k < (x + 1) * tapsX.count; k++) {
      sum += tapsX.weight[k] * line[tapsX.index[k]];
    }
    out[at + x] = sum;
  }
}

/** Resamples one plane of `width` columns: rows by `tapsY`, columns by `tapsX`. */
function resamplePlane(
  plane: ArrayLike<number>,
  width: number,
  tapsY: Taps,
  tapsX: Taps,
  out: Float32Array,
): void {
  const line = new Float32Array(width);
  for (let y = 0; y < tapsY.length; y++) {
    line.fill(0);
    for (let k = y * tapsY.count; k < (y + 1) * tapsY.count; k++) {
      const weight = tapsY.weight[k];
      if (weight === 0) continue;
      const row = tapsY.index[k] * width;
      for (let x = 0; x < width; x++) line[x] += weight * plane[row + x];
    }
    resampleLine(line, tapsX, out, y * tapsX.length);
  }
}

/**
 * `resample` of planes that exist row by row: `readRow` writes row y of a channel, of `width` columns. The
 * whole is never in memory.
 */
export function resampleRows(
  readRow: (channel: number, y: number, out: Float32Array) => void,
  channels: number,
  width: number,
  tapsY: Taps,
  tapsX: Taps,
): Float32Array {
  const size = tapsY.length * tapsX.length;
  const out = new Float32Array(channels * size);
  const [line, row] = [new Float32Array(width), new Float32Array(width)];
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < tapsY.length; y++) {
      line.fill(0);
      for (let k = y * tapsY.count; k < (y + 1) * tapsY.count; k++) {
        const weight = tapsY.weight[k];
        if (weight === 0) continue;
        readRow(c, tapsY.index[k], row);
        for (let x = 0; x < width; x++) line[x] += weight * row[x];
      }
      resampleLine(line, tapsX, out, c * size + y * tapsX.length);
    }
  }
  return out;
}

/** Resamples planar data [channels, height, width] to [channels, tapsY.length, tapsX.length]. */
export function resample(
  data: Float32Array,
  channels: number,
  height: number,
  width: number,
  tapsY: Taps,
  tapsX: Taps,
): Float32Array {
  const size = tapsY.length * tapsX.length;
  const out = new Float32Array(channels * size);
  for (let c = 0; c < channels; c++) {
    const plane = data.subarray(c * height * width, (c + 1) * height * width);
    resamplePlane(plane, width, tapsY, tapsX, out.subarray(c * size, (c + 1) * size));
  }
  return out;
}

/** A label whose every pixel is a copy of one pixel: both taps have one weight of 1. */
function pickLabel(label: LabelMap, tapsY: Taps, tapsX: Taps): LabelMap {
  const { channels, height, width } = label;
  const size = tapsY.length * tapsX.length;
  const data = new Float32Array(channels * size);
  const valid = new Uint8Array(size);
  for (let y = 0; y < tapsY.length; y++) {
    for (let x = 0; x < tapsX.length; x++) {
      const from = tapsY.index[y] * width + tapsX.index[x];
      const to = y * tapsX.length + x;
      if (label.valid[from] !== 1) continue;
      valid[to] = 1;
      for (let c = 0; c < channels; c++) data[c * size + to] = label.data[c * height * width + from];
    }
  }
  return { channels, height: tapsY.length, width: tapsX.length, data, valid };
}

/**
 * Resamples a label: invalid pixels weigh nothing, so they never bleed into valid ones. A result is valid
 * where at least half of its weight lies on valid pixels; elsewhere the values are 0.
 */
export function resampleLabel(label: LabelMap, tapsY: Taps, tapsX: Taps): LabelMap {
  if (tapsY.count === 1 && tapsX.count === 1) return pickLabel(label, tapsY, tapsX);
  const { channels, height, width } = label;
  const count = height * width;
  const masked = new Float32Array(channels * count);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < count; i++)
      if (label.valid[i] === 1) masked[c * count + i] = label.data[c * count + i];
  }
  const share = new Float32Array(tapsY.length * tapsX.length);
  resamplePlane(label.valid, width, tapsY, tapsX, share);
  const data = resample(masked, channels, height, width, tapsY, tapsX);
  const valid = new Uint8Array(share.length);
  for (let i = 0; i < share.length; i++) {
    // Half up to rounding: the weights are 32-bit.
    valid[i] = share[i] > 0.4999 ? 1 : 0;
    for (let c = 0; c < channels; c++) {
      const at = c * share.length + i;
      data[at] = valid[i] === 1 ? data[at] / share[i] : 0;
    }
  }
  return { channels, height: tapsY.length, width: tapsX.length, data, valid };
}
