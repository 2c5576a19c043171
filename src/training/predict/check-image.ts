/** @file What a program hands in as an image: refused where a network would make nonsense of it. */
import type { RgbImage } from "../../data/files/raster.js";

/** A float beyond [0, 1] by no more than this is what resampling leaves, not a wrong unit. */
const OVERSHOOT = 0.01;

const WANTED = "planar RGB [3, height, width] as a Float32Array of values from 0 to 1";

function typeName(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : String(value);
}

/**
 * @throws TypeError unless `data` is a Float32Array; RangeError unless `width` and `height` are whole numbers
 * from 1 on, `data` has 3·height·width values, and those lie in [0, 1].
 */
export function checkImage({ width, height, data }: RgbImage): void {
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isInteger(side) && side >= 1) continue;
    throw new RangeError(`an image's ${name} is a whole number from 1 on, not ${String(side)}`);
  }
  if (!(data instanceof Float32Array)) {
    throw new TypeError(`an image is ${WANTED}, not ${typeName(data)}; readImage and decodeImage give one`);
  }
  const count = 3 * height * width;
  if (data.length !== count) {
    throw new RangeError(`an image is ${WANTED}: ${count} values at ${height}x${width}, not ${data.length}`);
  }
  const outside = data.findIndex((value) => !(value >= -OVERSHOOT && value <= 1 + OVERSHOOT));
  if (outside < 0) return;
  const advice = data[outside] > 1 ? "; divide 8-bit values by 255" : "";
  throw new RangeError(`an image is ${WANTED}: value ${outside} is ${data[outside]}${advice}`);
}
