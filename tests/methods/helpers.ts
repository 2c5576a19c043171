/** @file Builds a method on a small network with three tasks, and feeds for it. */
import { Random } from "../../src/common/random.js";
import { arrayName } from "../../src/fields/layout.js";
import { gradientsOrNull, reduceSum, square, type Tensor } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import type { LossTerm, MethodDefinition } from "../../src/methods/method.js";
import { segnet } from "../../src/models/segnet.js";
import type { ModuleSet } from "../../src/nn/module.js";
import type { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { buildTerms } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";

export const BATCH = 2;
export const SIZE = [64, 64] as const;
/** Images that the stream draws from. */
export const SAMPLES = 7;
export const TASKS = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["wall", "floor", "chair"] },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
});

export interface BuiltMethod {
  readonly terms: readonly LossTerm[];
  readonly variables: ModuleSet;
  readonly forward: Forward;
  readonly feeds: Record<string, Float32Array>;
  /** Gradients of a term with respect to all parameters, by name; null where it does not reach one. */
  gradients(term: string): Map<string, Tensor | null>;
}

/** `labelled[sample]` lists the tasks that sample has labels of. */
export function buildMethod<O>(
  method: MethodDefinition<O>,
  options: Record<string, unknown>,
  labelled: readonly (readonly string[])[],
  tasks = TASKS,
): BuiltMethod {
  const random = new Random(3);
  const feeds: Record<string, Float32Array> = {};
  const parsed = method.options.parse(options);
  const network = segnet({ width: 2 });
  const built = buildTerms({
    ...{ tasks, batchSize: BATCH, size: SIZE, samples: { main: SAMPLES } },
    network: method.network?.(network, parsed) ?? network,
    method: { method: method as MethodDefinition, options: parsed },
  });
  const { terms, modules: variables, forward } = built;
  for (const { name, shape } of built.inputs.all()) {
    feeds[name] = Float32Array.from({ length: sizeOf(shape) }, () => random.gumbel());
  }
  const views = method.views?.(parsed).length ?? 1;
  for (let view = 0; view < views; view++) Object.assign(feeds, batchFeeds(random, labelled, view));
  for (const variable of variables.all()) feeds[variable.name] = variables.initialValue(variable, 0);
  const parameters = variables.trained();
  return {
    terms,
    variables,
    forward,
    feeds,
    gradients(term) {
      const { value } = terms.find(({ name }) => name === term)!;
      const found = gradientsOrNull(
        [{ output: value }],
        parameters.map(({ tensor }) => tensor),
      );
      return new Map(parameters.map(({ name }, i) => [name, found[i]]));
    },
  };
}

function batchFeeds(
  random: Random,
  labelled: readonly (readonly string[])[],
  view: number,
): Record<string, Float32Array> {
  const pixels = SIZE[0] * SIZE[1];
  const draw = (count: number, next: () => number) => Float32Array.from({ length: count }, next);
  const feeds: Record<string, Float32Array> = {
    index: Float32Array.of(4, 1),
    [arrayName("turns", { view })]: Float32Array.of(3, 0),
    [arrayName("image", { view })]: draw(BATCH * 3 * pixels, () => random.uniform()),
    [arrayName("segmentation.label", { view })]: draw(BATCH * pixels, () => random.integer(3)),
    [arrayName("depth.label", { view })]: draw(BATCH * pixels, () => random.uniform(1, 5)),
    // All facing the camera: unit vectors without further ado.
    [arrayName("normals.label", { view })]: Float32Array.from({ length: BATCH * 3 * pixels }, (_, i) =>
      Math.floor(i / pixels) % 3 === 2 ? -1 : 0,
    ),
  };
  // Mirrored, enlarged by 1.5.
  if (view > 0) {
    const placement = [-0.6, SIZE[1] - 5, 0.6, 8, 1.5];
    feeds[arrayName("placement", { view })] = Float32Array.from([...placement, ...placement]);
  }
  for (const { name } of TASKS) {
    const flags = Float32Array.from(labelled, (names) => Number(names.includes(name)));
    feeds[arrayName(`${name}.labelled`, { view })] = flags;
    feeds[arrayName(`${name}.valid`, { view })] = Float32Array.from(
      { length: BATCH * pixels },
      (_, i) => flags[Math.floor(i / pixels)],
    );
  }
  return feeds;
}

/** Values of all terms. */
export async function values({ terms, feeds }: BuiltMethod): Promise<Record<string, number>> {
  const outputs = Object.fromEntries(terms.map(({ name, value }) => [name, value]));
  const result = await evaluate(await nodeEngine(), outputs, feeds);
  return Object.fromEntries(Object.entries(result).map(([name, [value]]) => [name, value]));
}

/** Squared norm of a term's gradient by parameter; parameters it does not reach are left out. */
export async function gradientNorms(built: BuiltMethod, term: string): Promise<Map<string, number>> {
  const sums: Record<string, Tensor> = {};
  for (const [name, gradient] of built.gradients(term)) {
    if (gradient !== null) sums[`of ${name}`] = reduceSum(square(gradient));
  }
  const result = Object.keys(sums).length === 0 ? {} : await evaluate(await nodeEngine(), sums, built.feeds);
  return new Map(Object.entries(result).map(([name, [value]]) => [name.slice("of ".length), value]));
}

/** Sum of squared gradient norms over the parameters whose names start so. */
export function normUnder(norms: ReadonlyMap<string, number>, prefix: string): number {
  return [...norms].reduce((sum, [name, value]) => sum + (name.startsWith(prefix) ? value : 0), 0);
}

/** Squared gradient norms of a term over the network that is kept and over helpers. */
export async function reach(built: BuiltMethod, term: string): Promise<{ kept: number; helper: number }> {
  const norms = await gradientNorms(built, term);
  const helper = normUnder(norms, "helper.");
  return { kept: normUnder(norms, "") - helper, helper };
}
