/**
 * @file A method's step on the parameters of tests/golden/waves.py: its losses and the gradient of their sum.
 */
import { expect } from "vitest";
import { arrayName } from "../../src/fields/layout.js";
import { gradientsOrNull, type Tensor } from "../../src/graph/index.js";
import { add, mul } from "../../src/graph/ops/arithmetic.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { segnet } from "../../src/models/segnet.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { buildTerms, type MethodTerms } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";
import type { Task } from "../../src/tasks/task.js";
import { gradientError, parameterValue, unitNormals, wave } from "../helpers/waves.js";

export const GOLDEN_TASKS = resolveTasks({
  segmentation: { kind: "segmentation", classes: Array.from({ length: 13 }, (_, i) => `class ${i}`) },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
});

type Arrays = Record<string, Float32Array>;

export interface GoldenBatch {
  /** `GOLDEN_TASKS` if left out. */
  readonly tasks?: readonly Task[];
  readonly batchSize: number;
  readonly size: readonly [number, number];
  readonly feeds: Readonly<Arrays>;
}

/**
 * A view of images of `side` pixels and their labels, by formula: every fifth pixel is invalid, and all of
 * sample `empty`. `labelled[sample]` lists its tasks.
 */
export function goldenFeeds(
  side: number,
  labelled: readonly (readonly string[])[],
  { view = 0, empty }: { readonly view?: number; readonly empty?: number } = {},
): Record<string, Float32Array> {
  const [count, pixels] = [labelled.length, side * side];
  const named = (name: string) => arrayName(name, { view });
  const shape = (channels: number) => [count, channels, side, side];
  const feeds: Record<string, Float32Array> = {
    [named("image")]: wave(named("image"), shape(3)).map((value) => 0.5 + 0.5 * value),
    [named("segmentation.label")]: Float32Array.from(
      { length: count * pixels },
      (_, i) => Math.floor((i * (7 + view)) / 3) % 13,
    ),
    [named("depth.label")]: wave(named("depth"), shape(1)).map((value) => 2 + value),
    [named("normals.label")]: unitNormals(wave(named("normals"), shape(3)), pixels),
  };
  for (const { name } of GOLDEN_TASKS) {
    const flags = Float32Array.from(labelled, (names) => Number(names.includes(name)));
    feeds[named(`${name}.labelled`)] = flags;
    feeds[named(`${name}.valid`)] = Float32Array.from({ length: count * pixels }, (_, i) => {
      const sample = Math.floor(i / pixels);
      return i % 5 === 0 || sample === empty ? 0 : flags[sample];
    });
  }
  return feeds;
}

/**
 * Computes `loss <term>` and `gradient <parameter>` (absent where none reaches it) on SegNets of width
 * `options.width`, and what `further` asks for.
 */
export async function goldenStep<O>(
  method: MethodDefinition<O>,
  options: { readonly width: number } & Record<string, unknown>,
  { tasks = GOLDEN_TASKS, batchSize, size, feeds }: GoldenBatch,
  further: (built: MethodTerms) => Record<string, Tensor> = () => ({}),
): Promise<Arrays> {
  const fed: Arrays = { ...feeds };
  const built = buildTerms({
    ...{ tasks, batchSize, size },
    network: segnet({ width: options.width }),
    method: { method: method as MethodDefinition, options: method.options.parse(options) },
  });
  const { terms, modules: variables } = built;
  for (const { name, shape } of built.inputs.all()) {
    fed[name] = wave(name, shape).map((value) => -Math.log(-Math.log(0.5 + 0.45 * value)));
  }
  const loss = terms.map(({ value, weight }) => mul(value, weight)).reduce((sum, term) => add(sum, term));
  const parameters = variables.trained();
  const gradients = gradientsOrNull(
    [{ output: loss }],
    parameters.map(({ tensor }) => tensor),
  );
  const outputs = further(built);
  for (const { name, value } of terms) outputs[`loss ${name}`] = value;
  parameters.forEach(({ name }, i) => {
    const gradient = gradients[i];
    if (gradient !== null) outputs[`gradient ${name}`] = gradient;
  });
  for (const { name, kind, tensor, initialize } of variables.all()) {
    fed[name] =
      kind === "parameter" ? parameterValue(name, tensor.shape) : initialize(tensor.shape, null as never);
  }
  return evaluate(await nodeEngine(), outputs, fed);
}

/** Expects a loss up to single precision: one minus a cosine of nearly one keeps few of its digits. */
export function expectLoss(result: Arrays, term: string, wanted: number): void {
  const error = Math.abs(result[`loss ${term}`][0] - wanted);
  expect(error, term).toBeLessThan(1e-4 * Math.abs(wanted) + 1e-5);
}

/**
 * Expects gradients by their norm and their product with the parameter's direction: all to 1 %, three
 * quarters of them to 0.2 %.
 */
export function expectGradients(
  result: Arrays,
  golden: Readonly<Record<string, readonly [norm: number, product: number, ...rest: number[]]>>,
): void {
  const errors = Object.entries(golden).map(([name, [norm, product]]) => {
    const gradient = result[`gradient ${name}`];
    expect(gradient, name).toBeDefined();
    const error = gradientError(name, gradient, norm, product);
    expect(error, name).toBeLessThan(1e-2);
    return error;
  });
  errors.sort((a, b) => a - b);
  expect(errors[Math.floor(0.75 * errors.length)]).toBeLessThan(2e-3);
}
