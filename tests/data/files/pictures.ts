/** @file The small pictures of tests/golden/pictures.py and exr.cpp, and the values they hold. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Raster, RasterData } from "../../../src/tasks/contract/maps.js";

const FOLDER = fileURLToPath(new URL("../../golden/pictures/", import.meta.url));

export const goldenPicture = (name: string): Uint8Array => readFileSync(FOLDER + name);

/** n = 7x + 13y + 29c, brought to a type; 64-bit types come out as 32-bit ones, floats as float32. */
const VALUES: Readonly<Record<string, (n: number) => number>> = {
  uint8: (n) => n % 256,
  int8: (n) => (n % 256) - 128,
  uint16: (n) => (n * 257) % 65536,
  int16: (n) => ((n * 257) % 65536) - 32768,
  uint32: (n) => (n * 5000011) % 2 ** 32,
  int32: (n) => ((n * 5000011) % 2 ** 32) - 2 ** 31,
  float: (n) => (n - 100) / 8,
};
const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: Uint32Array,
  int64: Int32Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float32Array,
} as const;
export type NumberType = keyof typeof TYPES;
export const numberTypes = Object.keys(TYPES) as NumberType[];

export function sampleValue(type: NumberType, x: number, y: number, c: number): number {
  const rule = type.startsWith("float") ? "float" : type.replace("64", "32");
  return VALUES[rule](7 * x + 13 * y + 29 * c);
}

/** The raster that a golden picture must come out as. */
export function expectedRaster(type: NumberType, channels = 1, width = 19, height = 13): Raster {
  const values = Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return sampleValue(type, pixel % width, Math.floor(pixel / width), i % channels);
  });
  return { width, height, channels, data: TYPES[type].from(values) as RasterData };
}

/** The same with every value replaced. */
export function changed(raster: Raster, change: (value: number) => number): Raster {
  return { ...raster, data: raster.data.map(change) };
}
