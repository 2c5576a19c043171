/** @file The formulas of tests/golden/waves.py: parameters and batches that need not be stored. */
import { hashString } from "../../src/common/random.js";
import { sizeOf } from "../../src/graph/tensor.js";

export function wave(name: string, shape: readonly number[]): Float32Array {
  const start = hashString(name) % 1000;
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.sin(start + 0.7 * i + 0.1 * (i % 13) ** 2),
  );
}

export function parameterValue(name: string, shape: readonly number[]): Float32Array {
  if (shape.length === 4) {
    const fan = (shape[1] + shape[0]) * shape[2] * shape[3];
    return wave(name, shape).map((value) => (value * 2) / Math.sqrt(fan));
  }
  if (name.endsWith("1.weight") || name.endsWith("gamma")) {
    return wave(name, shape).map((value) => 1 + 0.2 * value);
  }
  const shift = /block|input/.test(name) && name.endsWith("1.bias") ? 1 : 0;
  return wave(name, shape).map((value) => shift + 0.1 * value);
}

/** Unit vectors [N,3,...pixels] that all face the camera. */
export function unitNormals(waves: Float32Array, pixels: number): Float32Array {
  const offset = [0.1, 0.2, -1.5];
  const normals = waves.map((value, i) => value + offset[Math.floor(i / pixels) % 3]);
  for (let first = 0; first < normals.length; first += 3 * pixels) {
    for (let p = first; p < first + pixels; p++) {
      const length = Math.hypot(normals[p], normals[p + pixels], normals[p + 2 * pixels]);
      for (let c = 0; c < 3; c++) normals[p + c * pixels] /= length;
    }
  }
  return normals;
}

/** Relative error of a gradient by its norm and its product with the parameter's direction. */
export function gradientError(name: string, gradient: Float32Array, norm: number, product: number): number {
  const direction = wave(`direction ${name}`, [gradient.length]);
  const dot = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
  const lengthOf = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return Math.max(
    Math.abs(lengthOf(gradient) - norm) / norm,
    Math.abs(dot - product) / (norm * lengthOf(direction)),
  );
}
