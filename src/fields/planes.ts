/** @file Planar data [planes, height, width] moved without a change of values: mirrored, turned, cut. */
import type { Size } from "./size.js";

type Data = Float32Array | Uint8Array;

function like<T extends Data>(data: T, length: number): T {
  return (data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length)) as T;
}

/** Every row reversed. */
export function mirroredRows<T extends Data>(data: T, { width }: Size): T {
  const out = data.slice() as T;
  for (let row = 0; row < out.length; row += width) out.subarray(row, row + width).reverse();
  return out;
}

/** Quarter turns counter-clockwise: the right-hand column becomes the first row. */
export function turnedPlanes<T extends Data>(data: T, size: Size, quarters: number): T {
  if (quarters === 0) return data;
  const { width, height } = size;
  const area = width * height;
  const out = like(data, data.length);
  for (let plane = 0; plane < data.length; plane += area) {
    let at = plane;
    for (let y = 0; y < width; y++) {
      for (let x = 0; x < height; x++) out[at++] = data[plane + x * width + (width - 1 - y)];
    }
  }
  return turnedPlanes(out, { width: height, height: width }, quarters - 1);
}

/** The frame whose corner lies at (`left`, `top`); `fill` beyond the data, by plane. */
export function cutPlanes<T extends Data>(
  data: T,
  { width, height }: Size,
  frame: Size & { readonly top: number; readonly left: number },
  fill: (plane: number) => number,
): T {
  const planes = data.length / (width * height);
  const out = like(data, planes * frame.height * frame.width);
  const from = Math.max(0, -frame.left);
  const to = Math.min(frame.width, width - frame.left);
  for (let plane = 0; plane < planes; plane++) {
    const value = fill(plane);
    if (value !== 0)
      out.fill(value, plane * frame.height * frame.width, (plane + 1) * frame.height * frame.width);
    for (let y = Math.max(0, -frame.top); y < Math.min(frame.height, height - frame.top) && from < to; y++) {
      const row = (plane * height + y + frame.top) * width + frame.left;
      out.set(data.subarray(row + from, row + to), (plane * frame.height + y) * frame.width + from);
    }
  }
  return out;
}

/** The same, each pixel beyond the data being the nearest one of it. */
export function edgedPlanes<T extends Data>(
  data: T,
  { width, height }: Size,
  frame: Size & { readonly top: number; readonly left: number },
): T {
  const planes = data.length / (width * height);
  const out = like(data, planes * frame.height * frame.width);
  const inside = (place: number, side: number) => Math.min(side - 1, Math.max(0, place));
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < frame.height; y++) {
      const row = (plane * height + inside(frame.top + y, height)) * width;
      for (let x = 0; x < frame.width; x++) out[at++] = data[row + inside(frame.left + x, width)];
    }
  }
  return out;
}
