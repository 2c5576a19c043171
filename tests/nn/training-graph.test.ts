import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { add, input, mul, reduceSum, type Tensor } from "../../src/graph/index.js";
import { zeros } from "../../src/nn/initializers.js";
import { averagedModule, helperModule, ModuleSet } from "../../src/nn/module.js";
import { adam, adamw } from "../../src/nn/optimizers/adam.js";
import type { Optimizer } from "../../src/nn/optimizers/optimizer.js";
import { sgd } from "../../src/nn/optimizers/sgd.js";
import { optimizerInputs, type ParameterGroup, parameterGroups } from "../../src/nn/parameter-groups.js";
import { feedsAt } from "../../src/nn/step-input.js";
import { gradientsOf, type TrainingGraphOptions, trainingGraph } from "../../src/nn/training-graph.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";

const golden: { start: number[]; traces: Record<string, number[][]> } = JSON.parse(
  readFileSync(new URL("../golden/optimizers.json", import.meta.url), "utf8"),
);

interface Steps {
  /** One batch. Returns the step's outputs. */
  run(feeds: Record<string, number[]>, accumulateOnly?: boolean): Promise<Record<string, Float32Array>>;
  read(name: string): Promise<number[]>;
}

/** All parameters in one group whose rate is `rate`. */
function oneGroup(modules: ModuleSet, optimizer: Optimizer, rate: () => number): ParameterGroup[] {
  return [{ name: "main", optimizer, parameters: modules.trained(), rate }];
}

/** Compiles what minimises a loss; variables start at `start`, copies where what they follow does. */
async function compile(
  modules: ModuleSet,
  loss: Tensor,
  groups: readonly ParameterGroup[],
  start: (name: string) => number[],
  options: Partial<TrainingGraphOptions> = {},
): Promise<Steps> {
  const engine = await nodeEngine();
  const graph = trainingGraph({
    modules,
    groups,
    gradients: gradientsOf(loss, modules.trained()),
    updates: new Map(),
    outputs: { loss },
    ...options,
  });
  const store = new StateStore(engine);
  for (const variable of modules.all()) {
    const { name } = modules.followed(variable) ?? variable;
    store.write(variable.name, variable.tensor.shape, Float32Array.from(start(name)));
  }
  for (const { name, leaf } of graph.slots) {
    store.write(name, leaf.shape, new Float32Array(leaf.shape.reduce((a, b) => a * b, 1)));
  }
  const update = await CompiledStep.compile(engine, store, graph.update);
  const collect = graph.accumulateOnly && (await CompiledStep.compile(engine, store, graph.accumulateOnly));
  let updates = 0;
  return {
    async run(feeds, accumulateOnly = false) {
      if (accumulateOnly) return collect!.run(feeds);
      const place = { seed: 0, step: updates, batch: updates };
      updates++;
      return update.run({ ...feeds, ...(await feedsAt(optimizerInputs(groups), place)) });
    },
    read: async (name) => Array.from(await store.read(name)),
  };
}

/** Trains p to minimise the sum of p²/2 + offset p: the gradient is p + offset. */
async function quadratic(
  optimizer: Optimizer,
  options: Partial<TrainingGraphOptions> & { readonly emaDecay?: number } = {},
) {
  const modules = new ModuleSet();
  const p = modules.scope().parameter("p", [golden.start.length], zeros);
  const offset: Tensor = input("offset", []);
  const loss = reduceSum(add(mul(mul(p, p), 0.5), mul(p, offset)));
  let rate = 0;
  const groups = oneGroup(modules, optimizer, () => rate);
  if (options.emaDecay !== undefined) modules.mirror(averagedModule(options.emaDecay));
  const { run, read } = await compile(modules, loss, groups, () => golden.start, options);
  return {
    read,
    run: (value: number, now: number, accumulateOnly = false) => {
      rate = now;
      return run({ offset: [value] }, accumulateOnly);
    },
  };
}

function expectClose(values: readonly number[], wanted: readonly number[]): void {
  for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, 5);
}

describe("optimizers against torch.optim", () => {
  const cases: [string, Optimizer, number][] = [
    ["sgd", sgd(), 0.1],
    ["sgd with momentum and weight decay", sgd({ momentum: 0.9, weightDecay: 0.01 }), 0.1],
    ["sgd with Nesterov momentum", sgd({ momentum: 0.9, nesterov: true }), 0.1],
    ["adam", adam(), 0.01],
    ["adam with weight decay", adam({ weightDecay: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }), 0.01],
    ["adamw", adamw({ weightDecay: 0.1 }), 0.01],
  ];
  it.each(cases)("%s", async (name, optimizer, rate) => {
    const { run, read } = await quadratic(optimizer);
    for (const [step, wanted] of golden.traces[name].entries()) {
      await run(step, rate);
      expectClose(await read("p"), wanted);
    }
  });
});

describe("the training step", () => {
  it("averages the gradients of accumulated batches", async () => {
    const accumulated = await quadratic(sgd(), { accumulate: 2 });
    await accumulated.run(1, 0.1, true);
    await accumulated.run(3, 0.1);
    const once = await quadratic(sgd());
    await once.run(2, 0.1);
    expectClose(await accumulated.read("p"), await once.read("p"));
    // The sums start anew after the update.
    await accumulated.run(0, 0.1, true);
    await accumulated.run(0, 0.1);
    await once.run(0, 0.1);
    expectClose(await accumulated.read("p"), await once.read("p"));
  });

  it("clips gradients to a global norm, and only where they exceed it", async () => {
    const norm = Math.hypot(...golden.start);
    const clipped = await quadratic(sgd(), { clipNorm: norm / 2 });
    const outputs = await clipped.run(0, 1);
    expect(outputs["gradient norm"][0]).toBeCloseTo(norm, 4);
    expectClose(
      await clipped.read("p"),
      golden.start.map((value) => value / 2),
    );
    const free = await quadratic(sgd(), { clipNorm: 2 * norm });
    await free.run(0, 0.5);
    expectClose(
      await free.read("p"),
      golden.start.map((value) => value / 2),
    );
  });

  it("clips each module by itself", async () => {
    const modules = new ModuleSet();
    const a = modules.scope(helperModule("other")).parameter("a", [1], zeros);
    const b = modules.scope().parameter("b", [1], zeros);
    const loss = reduceSum(add(mul(a, 30), mul(b, 0.5)));
    const groups = oneGroup(modules, sgd(), () => 1);
    const { run, read } = await compile(modules, loss, groups, () => [0], { clipNorm: 1 });
    const outputs = await run({});
    expect(outputs["gradient norm"][0]).toBeCloseTo(0.5, 5);
    expect(outputs["gradient norm other"][0]).toBeCloseTo(30, 4);
    expectClose([...(await read("helper.other.a")), ...(await read("b"))], [-1, -0.5]);
  });

  it("leaves a parameter alone that no gradient is given for", async () => {
    const modules = new ModuleSet();
    const [a, b] = ["a", "b"].map((name) => modules.scope().parameter(name, [1], zeros));
    const loss = reduceSum(add(a, b));
    const [own] = gradientsOf(loss, modules.trained());
    const groups = oneGroup(modules, sgd(), () => 1);
    const { run, read } = await compile(modules, loss, groups, () => [5], { gradients: new Map([own]) });
    await run({});
    expect([...(await read("a")), ...(await read("b"))]).toEqual([4, 5]);
  });

  it("keeps an exponential moving average that starts at the parameter", async () => {
    const { run, read } = await quadratic(sgd(), { emaDecay: 0.9 });
    let average = golden.start;
    for (let step = 0; step < 3; step++) {
      await run(0, 0.5);
      const p = await read("p");
      average = average.map((value, i) => 0.9 * value + 0.1 * p[i]);
      expectClose(await read("ema.p"), average);
    }
  });
});

describe("modules that follow another", () => {
  it("are the kept network's running statistics and parameters, averaged, and nothing of helpers", async () => {
    const modules = new ModuleSet();
    const p = modules.scope().parameter("p", [], zeros);
    const helper = modules.scope(helperModule("other"));
    const other = helper.parameter("p", [], zeros);
    const states = [modules.scope(), helper].map((scope) => scope.state("mean", [], zeros));
    modules.mirror(averagedModule(0.5));
    expect(modules.of("ema").map(({ name }) => name)).toEqual(["ema.p", "ema.mean"]);
    const next = input("next", []);
    const loss = add(mul(p, p), mul(other, other));
    const groups = oneGroup(modules, sgd(), () => 0);
    const updates = new Map(states.map((variable) => [variable.name, next]));
    const { run, read } = await compile(modules, loss, groups, () => [0], { updates });
    for (const [value, average] of [
      [8, 4],
      [16, 10],
    ]) {
      await run({ next: [value] });
      expect(await read("mean")).toEqual([value]);
      expect(await read("ema.mean")).toEqual([average]);
    }
  });

  it("are not trained, keep what their own pass changes, and stay where the original stays", async () => {
    const modules = new ModuleSet();
    const follower = { name: "helper.key", kept: false, follows: { module: "", decay: 0.75 } };
    const [query, key] = [modules.scope(), modules.scope(follower)];
    const [p, copy] = [query, key].map((scope) => scope.parameter("p", [1], zeros));
    const unreached = [query, key].map((scope) => scope.parameter("unreached", [1], zeros));
    const [, mean] = [query, key].map((scope) => scope.state("mean", [1], zeros));
    expect(modules.trained().map(({ name }) => name)).toEqual(["p", "unreached"]);
    expect(modules.followed(mean)?.name).toBe("mean");
    expect(modules.followers(modules.get("p")!).map(({ name }) => name)).toEqual(["helper.key.p"]);
    const loss = reduceSum(mul(p, copy));
    const groups = oneGroup(modules, sgd(), () => 1);
    const updates = new Map([[mean.name, add(mean.tensor, 3)]]);
    const { run, read } = await compile(modules, loss, groups, () => [8], { updates });
    await run({});
    // p goes down by its gradient, which is the copy: 8 - 8 = 0; the copy follows: 0.75 * 8 + 0.25 * 0.
    expect(await read("p")).toEqual([0]);
    expect(await read("helper.key.p")).toEqual([6]);
    expect(await read("helper.key.mean")).toEqual([11]);
    expect(await read("helper.key.unreached")).toEqual([8]);
    expect(unreached).toHaveLength(2);
  });

  it("start where the followed variable starts", () => {
    const modules = new ModuleSet();
    const draw = (_shape: unknown, random: { uniform(): number }) => Float32Array.of(random.uniform());
    modules.scope().parameter("p", [1], draw);
    modules.mirror(averagedModule(0.9));
    const [own, copy] = ["p", "ema.p"].map((name) => modules.initialValue(modules.get(name)!, 3));
    expect(copy).toEqual(own);
  });
});

describe("groups of parameters", () => {
  const plain = { optimizer: adam(), learningRate: 0.1, schedule: { name: "constant" }, steps: 10 } as const;

  it("hold what was declared in them, at rates, schedules and with optimizers of their own", () => {
    const modules = new ModuleSet();
    const scope = modules.scope();
    scope.parameter("a", [1], zeros);
    scope.inGroup("slow").child("inner").parameter("b", [1], zeros);
    scope.inGroup("other").parameter("c", [1], zeros);
    const other = sgd();
    const groups = parameterGroups(
      modules.trained(),
      [
        { name: "slow", learningRate: 0.01 },
        { name: "other", optimizer: other, schedule: { name: "step", every: 5, factor: 0.5 } },
      ],
      plain,
    );
    expect(groups.map(({ name, parameters }) => [name, parameters.map((each) => each.name)])).toEqual([
      ["main", ["a"]],
      ["slow", ["inner.b"]],
      ["other", ["c"]],
    ]);
    expect(groups.map(({ rate }) => [rate(0), rate(4), rate(5)])).toEqual([
      [0.1, 0.1, 0.1],
      [0.01, 0.01, 0.01],
      [0.1, 0.1, 0.05],
    ]);
    expect(groups.map(({ optimizer }) => optimizer)).toEqual([plain.optimizer, plain.optimizer, other]);
  });

  it("are refused where nobody planned one, or two bear one name", () => {
    const modules = new ModuleSet();
    modules.scope().inGroup("lost").parameter("a", [1], zeros);
    expect(() => parameterGroups(modules.trained(), [], plain)).toThrow("group lost");
    expect(() => parameterGroups([], [{ name: "x" }, { name: "x" }], plain)).toThrow("called x");
  });
});
