/** @file A case of an operator: inputs with values that keep away from kinks, and the tensor made of them. */
import { Random } from "../../src/common/random.js";
import {
  add,
  concat,
  type DType,
  gradients,
  input,
  reshape,
  type Shape,
  sizeOf,
  square,
  type Tensor,
} from "../../src/graph/index.js";
import type { Feeds } from "./compile.js";

export interface InputSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether the gradient with respect to it is checked. */
  readonly varied: boolean;
  values(random: Random, count: number): number[];
}

export interface OperatorCase {
  readonly name: string;
  /** Names of the operators whose gradient this case checks. They must occur in the graph. */
  readonly covers: readonly string[];
  readonly inputs: Readonly<Record<string, InputSpec>>;
  build(inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** How many times in a row it is differentiated; 2 if left out. */
  readonly order?: 1 | 2;
  /** Inputs of one shape must not be one tensor: their values keep away from kinks in ranges of their own. */
  readonly untied?: boolean;
  /** Its point is a spelling of the CPU's alone: not worth its time on a software GPU. */
  readonly cpuOnly?: boolean;
  /** On WebGPU some node of it runs on the CPU. */
  readonly fallback?: boolean;
  /** Allowed relative error on WebGPU instead of 2e-5. */
  readonly webgpuTolerance?: number;
}

const draw = (make: (random: Random, i: number) => number) => (random: Random, count: number) =>
  Array.from({ length: count }, (_, i) => make(random, i));

/** Uniform values. */
export function uniform(shape: Shape, low = -1, high = 1): InputSpec {
  return { shape, dtype: "float32", varied: true, values: draw((random) => random.uniform(low, high)) };
}

/** Values of both signs, at least 0.2 from zero. */
export function signed(shape: Shape): InputSpec {
  const value = (random: Random) => random.uniform(0.2, 1.2) * (random.uniform() < 0.5 ? -1 : 1);
  return { shape, dtype: "float32", varied: true, values: draw(value) };
}

/** Values no two of which are closer than 0.1, in random order. */
export function distinct(shape: Shape): InputSpec {
  const values = (random: Random, count: number) =>
    random.shuffle(Array.from({ length: count }, (_, i) => 0.1 * (i - count / 2)));
  return { shape, dtype: "float32", varied: true, values };
}

/** Whole numbers 0..below-1 that are not differentiated. */
export function whole(shape: Shape, below: number, dtype: DType = "int64"): InputSpec {
  return { shape, dtype, varied: false, values: draw((random) => random.integer(below)) };
}

/** Given values. */
export function fixed(shape: Shape, values: readonly number[], varied = true): InputSpec {
  return { shape, dtype: "float32", varied, values: () => [...values] };
}

export function symbols(operatorCase: OperatorCase): Record<string, Tensor> {
  const entries = Object.entries(operatorCase.inputs);
  return Object.fromEntries(entries.map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]));
}

/** The case's values: equal names give equal values. */
export function feedsOf(operatorCase: OperatorCase): Feeds {
  const entries = Object.entries(operatorCase.inputs).map(([name, spec]) => {
    const random = new Random(0, operatorCase.name, name);
    return [name, spec.values(random, sizeOf(spec.shape))] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The case whose value is (y + 0.7)² of this one's y: a second derivative that this one may lack, and whose
 * factor is not zero where y is, so that it hides nothing.
 */
export function bentCase(operatorCase: OperatorCase): OperatorCase {
  return {
    ...operatorCase,
    name: `bent ${operatorCase.name}`,
    build: (inputs) => square(add(operatorCase.build(inputs), 0.7)),
  };
}

/**
 * The case in which the first of two inputs that are alike stands for the second, too, or null where no two
 * are. An operator may treat one tensor in two places differently from two.
 */
export function tiedCase(operatorCase: OperatorCase): OperatorCase | null {
  if (operatorCase.untied === true) return null;
  const alike = (spec: InputSpec) => `${spec.varied} ${spec.dtype} ${spec.shape}`;
  const entries = Object.entries(operatorCase.inputs).filter(([, { varied }]) => varied);
  for (const [i, [kept, spec]] of entries.entries()) {
    const twin = entries.slice(i + 1).find(([, other]) => alike(other) === alike(spec));
    if (twin === undefined) continue;
    const { [twin[0]]: _, ...inputs } = operatorCase.inputs;
    const build: OperatorCase["build"] = (given) => operatorCase.build({ ...given, [twin[0]]: given[kept] });
    return { ...operatorCase, name: `${operatorCase.name}, ${kept} standing for ${twin[0]}`, inputs, build };
  }
  return null;
}

/**
 * The case whose value is this one's gradient, all parts in one row; its inputs are this one's and the
 * cotangent `seed`.
 */
export function gradientCase(operatorCase: OperatorCase): OperatorCase {
  const output = operatorCase.build(symbols(operatorCase));
  const seed = `seed of ${operatorCase.name}`;
  return {
    ...operatorCase,
    name: `gradient of ${operatorCase.name}`,
    inputs: { ...operatorCase.inputs, [seed]: uniform(output.shape) },
    build: (inputs) => {
      const varied = Object.keys(operatorCase.inputs).filter((name) => operatorCase.inputs[name].varied);
      const wrt = varied.map((name) => inputs[name]);
      return concat(
        gradients(operatorCase.build(inputs), wrt, inputs[seed]).map((gradient) => reshape(gradient, [-1])),
        0,
      );
    },
  };
}
