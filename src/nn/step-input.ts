/**
 * @file What the host feeds to a step besides its batch: random arrays, ramps, optimizer scalars, gates,
 * peers' predictions.
 */
import { Random } from "../common/random.js";
import { input } from "../graph/ops/leaf.js";
import { type Shape, sizeOf, type Tensor } from "../graph/tensor.js";

/**
 * Where a run stands when a value is asked for. Values are functions of this alone, so that a resumed run
 * repeats them.
 */
export interface StepPlace {
  readonly seed: number;
  /** Updates done before this one. */
  readonly step: number;
  /** Batches trained on before this one: `accumulate` times as many as steps, and those of this step. */
  readonly batch: number;
}

/** One array that the host gives a step. */
export interface StepInput {
  /** Name of the leaf; unique within a step. */
  readonly name: string;
  readonly shape: Shape;
  value(at: StepPlace): Float32Array | Promise<Float32Array>;
}

/** The inputs that a step's tensors ask for; the same name is the same leaf. */
export class StepInputs {
  readonly #inputs = new Map<string, StepInput>();

  /** The leaf that stands for an input. */
  leaf(wanted: StepInput): Tensor {
    this.#inputs.set(wanted.name, wanted);
    return input(wanted.name, wanted.shape);
  }

  all(): StepInput[] {
    return [...this.#inputs.values()];
  }
}

/** Values of inputs at a place in the run, by name. */
export async function feedsAt(
  inputs: readonly StepInput[],
  at: StepPlace,
): Promise<Record<string, Float32Array>> {
  const feeds: Record<string, Float32Array> = {};
  for (const { name, value } of inputs) feeds[name] = await value(at);
  return feeds;
}

/** A random array, drawn anew for each batch. */
export interface NoiseInput {
  readonly name: string;
  readonly shape: Shape;
  readonly distribution: "gumbel" | "normal" | "uniform";
}

/** Random numbers by the run's seed, the input's name and the batch. */
export function noiseInput({ name, shape, distribution }: NoiseInput): StepInput {
  return {
    name,
    shape,
    value: ({ seed, batch }) => {
      const random = new Random(seed, "noise", name, batch);
      const draw = {
        normal: () => random.normal(),
        uniform: () => random.uniform(),
        gumbel: () => random.gumbel(),
      }[distribution];
      return Float32Array.from({ length: sizeOf(shape) }, draw);
    },
  };
}

/** A scalar that is 1 where a term counts in this step and 0 where it is skipped. */
export function gateInput(name: string, isOpen: (at: StepPlace) => boolean): StepInput {
  return { name, shape: [], value: (at) => Float32Array.of(isOpen(at) ? 1 : 0) };
}
