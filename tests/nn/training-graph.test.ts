import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { add, input, mul, reduceSum, type Tensor } from "../../src/graph/index.js";
import { zeros } from "../../src/nn/initializers.js";
import { adam, adamw } from "../../src/nn/optimizers/adam.js";
import type { Optimizer } from "../../src/nn/optimizers/optimizer.js";
import { sgd } from "../../src/nn/optimizers/sgd.js";
import { Scope, VariableStore } from "../../src/nn/scope.js";
import {
  emaName,
  optimizerFeeds,
  type ParameterGroup,
  type TrainingGraphOptions,
  trainingGraph,
} from "../../src/nn/training-graph.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";

const golden: { start: number[]; traces: Record<string, number[][]> } = JSON.parse(
  readFileSync(new URL("../golden/optimizers.json", import.meta.url), "utf8"),
);

interface Trainer {
  /** One batch: the gradient of the parameter is p + offset. Returns the step's outputs. */
  run(offset: number, rate: number, accumulateOnly?: boolean): Promise<Record<string, Float32Array>>;
  read(name: string): Promise<number[]>;
}

/** Trains p to minimise the sum of p²/2 + offset p. */
async function trainer(
  optimizer: Optimizer,
  options: Partial<Pick<TrainingGraphOptions, "clipNorm" | "accumulate" | "emaDecay">> = {},
): Promise<Trainer> {
  const engine = await nodeEngine();
  const variables = new VariableStore();
  const p = new Scope(variables).parameter("p", [golden.start.length], zeros);
  const offset: Tensor = input("offset", []);
  const loss = reduceSum(add(mul(mul(p, p), 0.5), mul(p, offset)));
  const groups: ParameterGroup[] = [{ name: "main", optimizer, parameters: variables.parameters() }];
  const graph = trainingGraph({
    loss,
    groups,
    variables: variables.all(),
    updates: new Map(),
    outputs: { loss },
    ...options,
  });
  const store = new StateStore(engine);
  store.write("p", p.shape, Float32Array.from(golden.start));
  for (const { name, leaf, startsAs } of graph.slots) {
    store.write(name, leaf.shape, startsAs === null ? new Float32Array(4) : await store.read(startsAs));
  }
  const update = await CompiledStep.compile(engine, store, graph.update);
  const collect = graph.accumulateOnly && (await CompiledStep.compile(engine, store, graph.accumulateOnly));
  let updates = 0;
  return {
    async run(value, rate, accumulateOnly = false) {
      const feeds = { offset: [value], ...optimizerFeeds(groups, () => rate, updates) };
      if (accumulateOnly) return collect!.run(feeds);
      updates++;
      return update.run(feeds);
    },
    read: async (name) => Array.from(await store.read(name)),
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
    const { run, read } = await trainer(optimizer);
    for (const [step, wanted] of golden.traces[name].entries()) {
      await run(step, rate);
      expectClose(await read("p"), wanted);
    }
  });
});

describe("the training step", () => {
  it("averages the gradients of accumulated batches", async () => {
    const accumulated = await trainer(sgd(), { accumulate: 2 });
    await accumulated.run(1, 0.1, true);
    await accumulated.run(3, 0.1);
    const once = await trainer(sgd());
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
    const clipped = await trainer(sgd(), { clipNorm: norm / 2 });
    const outputs = await clipped.run(0, 1);
    expect(outputs["gradient norm"][0]).toBeCloseTo(norm, 4);
    expectClose(
      await clipped.read("p"),
      golden.start.map((value) => value / 2),
    );
    const free = await trainer(sgd(), { clipNorm: 2 * norm });
    await free.run(0, 0.5);
    expectClose(
      await free.read("p"),
      golden.start.map((value) => value / 2),
    );
  });

  it("clips each network by itself", async () => {
    const engine = await nodeEngine();
    const variables = new VariableStore();
    const scope = new Scope(variables);
    const [a, b] = ["a", "b"].map((name) => scope.parameter(name, [1], zeros));
    const loss = reduceSum(add(mul(a, 30), mul(b, 0.5)));
    const groups: ParameterGroup[] = [{ name: "main", optimizer: sgd(), parameters: variables.parameters() }];
    const { update } = trainingGraph({
      loss,
      groups,
      variables: variables.all(),
      updates: new Map(),
      outputs: {},
      clipNorm: 1,
      networkOf: (name) => (name === "a" ? "helper" : ""),
    });
    const store = new StateStore(engine);
    for (const { name, tensor } of variables.all()) store.write(name, tensor.shape, new Float32Array(1));
    const step = await CompiledStep.compile(engine, store, update);
    const outputs = await step.run(optimizerFeeds(groups, () => 1, 0));
    expect(outputs["gradient norm"][0]).toBeCloseTo(0.5, 5);
    expect(outputs["gradient norm helper"][0]).toBeCloseTo(30, 4);
    expectClose([(await store.read("a"))[0], (await store.read("b"))[0]], [-1, -0.5]);
  });

  it("keeps an exponential moving average that starts at the parameter", async () => {
    const { run, read } = await trainer(sgd(), { emaDecay: 0.9 });
    let average = golden.start;
    for (let step = 0; step < 3; step++) {
      await run(0, 0.5);
      const p = await read("p");
      average = average.map((value, i) => 0.9 * value + 0.1 * p[i]);
      expectClose(await read(emaName("p")), average);
    }
  });

  it("averages the kept network's running statistics with its parameters, and nothing of helpers", async () => {
    const engine = await nodeEngine();
    const variables = new VariableStore();
    const p = new Scope(variables).parameter("p", [], zeros);
    const helper = new Scope(variables).parameter("helper.p", [], zeros);
    const statistic = new Scope(variables).state("mean", [], zeros);
    const helpers = new Scope(variables).state("helper.mean", [], zeros);
    const next = input("next", []);
    const { update, slots } = trainingGraph({
      loss: add(mul(p, p), mul(helper, helper)),
      groups: [{ name: "main", optimizer: sgd(), parameters: variables.parameters() }],
      variables: variables.all(),
      updates: new Map([statistic, helpers].map((variable) => [variable.name, next])),
      outputs: {},
      networkOf: (name) => (name.startsWith("helper.") ? "helper" : ""),
      emaDecay: 0.5,
    });
    expect(slots.filter(({ name }) => name.startsWith(emaName(""))).map(({ startsAs }) => startsAs)).toEqual([
      "p",
      "mean",
    ]);
    const store = new StateStore(engine);
    for (const name of [...variables.all(), ...slots].map((each) => each.name)) {
      store.write(name, [], new Float32Array(1));
    }
    const step = await CompiledStep.compile(engine, store, update);
    const groups: ParameterGroup[] = [{ name: "main", optimizer: sgd(), parameters: [] }];
    for (const [value, average] of [
      [8, 4],
      [16, 10],
    ]) {
      await step.run({ next: [value], ...optimizerFeeds(groups, () => 1, 0) });
      expect([...(await store.read("mean"))]).toEqual([value]);
      expect([...(await store.read(emaName("mean")))]).toEqual([average]);
    }
  });
});
