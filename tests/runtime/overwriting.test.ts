import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  gradients,
  input,
  matmul,
  mul,
  reduceSum,
  relu,
  sub,
  type Tensor,
} from "../../src/graph/index.js";
import type { OnnxGraph, OnnxNode } from "../../src/graph/onnx-graph.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { orderOverwriting, type StateValue } from "../../src/runtime/overwriting.js";
import { StateStore } from "../../src/runtime/state-store.js";

function node(opType: string, inputs: string[], output: string): OnnxNode {
  return { opType, domain: "", name: output, inputs, outputs: [output], attributes: {} };
}

function graphOf(nodes: OnnxNode[], leaves: string[], outputs: string[]): OnnxGraph {
  const value = (name: string) => ({ name, type: { shape: [2], dtype: "float32" as const } });
  return { nodes, initializers: [], inputs: leaves.map(value), outputs: outputs.map(value) };
}

function producersOf({ nodes }: OnnxGraph): Map<string, OnnxNode> {
  return new Map(nodes.flatMap((each) => each.outputs.map((value) => [value, each])));
}

/** Names of all nodes that must have run before the one that makes `value` does. */
function ancestors(graph: OnnxGraph, value: string): Set<string> {
  const producers = producersOf(graph);
  const found = new Set<OnnxNode>();
  const visit = (from: OnnxNode | undefined) => {
    if (from === undefined || found.has(from)) return;
    found.add(from);
    for (const each of from.inputs) visit(producers.get(each));
  };
  for (const each of producers.get(value)!.inputs) visit(producers.get(each));
  return new Set([...found].map(({ name }) => name));
}

/** Names of the nodes that read the memory of `value`. */
function readers(graph: OnnxGraph, value: string): string[] {
  return graph.nodes.flatMap(({ name, opType, inputs }) => {
    if (!inputs.includes(value)) return [];
    return opType === "Reshape" && inputs[0] === value ? readers(graph, name) : [name];
  });
}

describe("which values are overwritten", () => {
  const state: StateValue[] = [{ leaf: "p", next: "next" }];

  it("a slot, as its only reader comes before its writer: the graph stays as it is", () => {
    const graph = graphOf(
      [node("Mul", ["p", "x"], "a"), node("Add", ["a", "x"], "next")],
      ["p", "x"],
      ["next"],
    );
    const ordered = orderOverwriting(graph, state);
    expect(ordered.graph).toBe(graph);
    expect([...ordered.inPlace]).toEqual(["p"]);
  });

  it("a parameter that something else reads: its writer waits, also for readers of a view", () => {
    const nodes = [
      node("Mul", ["x", "x"], "gradient"),
      node("Sub", ["p", "gradient"], "next"),
      node("Reshape", ["p", "shape"], "view"),
      node("Relu", ["view"], "loss"),
    ];
    const { graph, inPlace } = orderOverwriting(graphOf(nodes, ["p", "x", "shape"], ["next", "loss"]), state);
    expect([...inPlace]).toEqual(["p"]);
    expect(ancestors(graph, "next")).toContain("loss");
  });

  it("a parameter that the branch of a node reads: its writer waits for that node", () => {
    const inner = node("Relu", ["p"], "inner");
    const branch = { nodes: [inner], outputs: [{ name: "inner", type: { shape: [2], dtype: "float32" } }] };
    const choice = { ...node("If", ["x"], "loss"), attributes: { then_branch: { branch } } } as OnnxNode;
    const nodes = [node("Mul", ["x", "x"], "gradient"), node("Sub", ["p", "gradient"], "next"), choice];
    const { graph, inPlace } = orderOverwriting(graphOf(nodes, ["p", "x"], ["next", "loss"]), state);
    expect([...inPlace]).toEqual(["p"]);
    expect(ancestors(graph, "next")).toContain("loss");
  });

  it.each<[string, OnnxNode[], string[]]>([
    [
      "not where its old value is an output",
      [node("Sub", ["p", "x"], "next"), node("Identity", ["p"], "old")],
      ["next", "old"],
    ],
    ["not where its writer mixes places", [node("MatMul", ["p", "x"], "next")], ["next"]],
    [
      "not where a reader depends on the new value",
      [node("Relu", ["x"], "a"), node("Sub", ["p", "a"], "next"), node("Add", ["next", "p"], "late")],
      ["next", "late"],
    ],
    [
      "not where no operand can be made to wait",
      [node("Sub", ["p", "x"], "next"), node("Relu", ["p"], "loss")],
      ["next", "loss"],
    ],
  ])("%s", (_, nodes, outputs) => {
    const graph = graphOf(nodes, ["p", "x"], outputs);
    const ordered = orderOverwriting(graph, state);
    expect(ordered.graph).toBe(graph);
    expect([...ordered.inPlace]).toEqual([]);
  });
});

it("in any graph, readers of what is overwritten run first, and inputs come before their use", () => {
  const random = fc.array(
    fc.record({
      opType: fc.constantFrom("Add", "Sub", "Mul", "MatMul", "Reshape"),
      from: fc.tuple(fc.nat(), fc.nat()),
    }),
    { minLength: 4, maxLength: 30 },
  );
  fc.assert(
    fc.property(random, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (drawn, picks) => {
      const values = ["p0", "p1", "p2", "p3", "x"];
      const nodes = drawn.map(({ opType, from }, i) => {
        const inputs = from.map((at) => values[at % values.length]);
        values.push(`v${i}`);
        return node(opType, inputs, `v${i}`);
      });
      const chosen = [...new Set(picks.map((at) => `v${at % drawn.length}`))];
      const states = chosen.map((next, i) => ({ leaf: `p${i}`, next }));
      const leaves = ["p0", "p1", "p2", "p3", "x"];
      const plain = graphOf(nodes, leaves, [...chosen, `v${drawn.length - 1}`]);
      const { graph, inPlace } = orderOverwriting(plain, states);

      const ready = new Set([...leaves, ...graph.initializers.map(({ name }) => name)]);
      for (const each of graph.nodes) {
        for (const value of each.inputs) expect(ready).toContain(value);
        for (const value of each.outputs) ready.add(value);
      }
      for (const { name } of plain.nodes) expect(ready).toContain(name);
      for (const { leaf, next } of states) {
        if (!inPlace.has(leaf)) continue;
        const first = ancestors(graph, next);
        for (const name of readers(plain, leaf)) if (name !== next) expect(first).toContain(name);
      }
    }),
    { numRuns: 300 },
  );
});

it("a step that overwrites its parameters computes what its tensors say", async () => {
  const engine = await nodeEngine();
  const x = input("x", [4, 3]);
  const parameters: Record<string, Tensor> = { w1: input("w1", [3, 5]), w2: input("w2", [5, 2]) };
  const y = matmul(relu(matmul(x, parameters.w1)), parameters.w2);
  const loss = reduceSum(mul(y, y));
  const leaves = Object.values(parameters);
  const state = gradients(loss, leaves).map((gradient, i) => ({
    name: Object.keys(parameters)[i],
    leaf: leaves[i],
    next: sub(leaves[i], mul(gradient, 0.01)),
  }));
  const outputs = { loss, sum: add(reduceSum(parameters.w1), reduceSum(parameters.w2)) };
  const values: Record<string, Float32Array> = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }], k) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3 * i + k)),
    ]),
  );
  const feeds = { x: Float32Array.from({ length: 12 }, (_, i) => Math.cos(i)) };
  const store = new StateStore(engine);
  for (const [name, { shape }] of Object.entries(parameters)) store.write(name, shape, values[name].slice());
  const step = await CompiledStep.compile(engine, store, { outputs, state });
  for (let i = 0; i < 5; i++) {
    const expected = await evaluate(
      engine,
      { ...outputs, ...Object.fromEntries(state.map(({ name, next }) => [`next ${name}`, next])) },
      { ...feeds, ...values },
    );
    const memory = (name: string) => (store.feed(name).data as Float32Array).buffer;
    const buffers = Object.keys(parameters).map(memory);
    const { loss: measured, sum } = await step.run(feeds);
    expect([measured, sum]).toEqual([expected.loss, expected.sum]);
    for (const [k, name] of Object.keys(parameters).entries()) {
      values[name] = expected[`next ${name}`];
      expect(await store.read(name)).toEqual(values[name]);
      expect(memory(name) === buffers[k]).toBe(true);
    }
  }
  await step.release();
});
