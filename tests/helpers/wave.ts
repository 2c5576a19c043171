import { hashString } from "../../src/common/random.js";
import { sizeOf } from "../../src/graph/tensor.js";

/** Values from -1 to 1 by a formula that the scripts of tests/golden repeat. */
export function wave(name: string, shape: readonly number[]): Float32Array {
  const start = hashString(name) % 1000;
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.sin(start + 0.7 * i + 0.1 * (i % 13) ** 2),
  );
}
