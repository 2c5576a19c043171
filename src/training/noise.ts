/** @file The random arrays that a method draws in its step: a function of seed, name and batch alone, so a resumed run repeats them. */
import { Random } from "../common/random.js";
import type { NoiseInput } from "../methods/method.js";

/** Values of the noise inputs for the run's batch number `batch` (from 0), by input name. */
export function noiseFeeds(
  inputs: readonly NoiseInput[],
  seed: number,
  batch: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    inputs.map((input) => [input.name, drawNoise(input, new Random(seed, "noise", input.name, batch))]),
  );
}

function drawNoise({ shape, distribution }: NoiseInput, random: Random): Float32Array {
  const length = shape.reduce((product, dim) => product * dim, 1);
  const draw = {
    gumbel: () => random.gumbel(),
    normal: () => random.normal(),
    uniform: () => random.uniform(),
  };
  return Float32Array.from({ length }, draw[distribution]);
}
