import { describe, expect, it } from "vitest";
import { add, gradientsOrNull, input, mul, reduceSum, type Tensor } from "../../src/graph/index.js";
import { Conv2d } from "../../src/graph/ops/conv2d.js";
import { networkPerTask } from "../../src/methods/single-task.js";
import { type Network, runNetwork } from "../../src/models/network.js";
import { RESNETS } from "../../src/models/resnet.js";
import { segnet } from "../../src/models/segnet.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { NORMS } from "../../src/nn/norms.js";
import { Forward } from "../../src/nn/scope.js";
import { infer } from "../helpers/network.js";
import { imageModels } from "../helpers/registered.js";

const HEADS = [
  { name: "segmentation", channels: 5 },
  { name: "depth", channels: 1 },
];

/** Every registered model of images, small. */
const cases: [string, Network][] = imageModels.flatMap((model) => {
  const small = (options: object) => model.create(model.options.parse({ width: 2, ...options }));
  const norms = NORMS.map((norm): [string, Network] => [`${model.name}, ${norm} norm`, small({ norm })]);
  const strides: Record<string, readonly number[]> = { deeplabv3plus: [8, 16] };
  const encoders = RESNETS.flatMap((encoder): [string, Network][] => {
    if (model.name === "xtasc-net") return [[`${model.name} ${encoder}`, small({ encoder })]];
    return (strides[model.name] ?? []).map((outputStride) => [
      `${model.name} ${encoder}/${outputStride}`,
      small({ encoder, outputStride }),
    ]);
  });
  return [...norms, ...encoders];
});

function build(network: Network, forward: Forward, batch = 2, heads = HEADS) {
  const variables = new ModuleSet();
  const [height, width] = [2 * network.sizeMultiple, 3 * network.sizeMultiple];
  const x = input("x", [batch, 3, height, width]);
  return { variables, x, ...runNetwork(network, new Layer(variables.scope(), forward), x, heads) };
}

/**
 * The inputs of the graph that `output` depends on, but not by way of the image of a convolution with a
 * filter among `filters`.
 */
function leavesBehind(output: Tensor, filters: ReadonlySet<Tensor>): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  const visit = (tensor: Tensor) => {
    if (found.has(tensor)) return;
    found.add(tensor);
    const { op, inputs } = tensor.node;
    const last = op.name === Conv2d.name && filters.has(inputs[1]);
    for (const each of last ? inputs.slice(1) : inputs) visit(each);
  };
  visit(output);
  return found;
}

/** Expects that every head's map, and the deepest map that heads read, are made of all that is `shared`. */
function expectSharedOnTheWay(
  network: Network,
  variables: ModuleSet,
  bottleneck: Tensor,
  outputs: Readonly<Record<string, Tensor>>,
): void {
  const shared = variables.trained().filter(({ name }) => network.shared!.includes(name));
  expect(shared.map(({ name }) => name).sort()).toEqual([...network.shared!].sort());
  for (const output of [bottleneck, ...HEADS.map(({ name }) => outputs[name])]) {
    const gradients = gradientsOrNull(
      [{ output: reduceSum(output) }],
      shared.map(({ tensor }) => tensor),
    );
    expect(gradients.every((gradient) => gradient !== null)).toBe(true);
  }
}

describe.each(cases)("%s", (_name, network) => {
  it("gives a map of the input's size for every head", () => {
    const { outputs, x } = build(network, new Forward("train"));
    const [batch, , height, width] = x.shape;
    for (const { name, channels } of HEADS) {
      expect(outputs[name].shape).toEqual([batch, channels, height, width]);
    }
    expect(Object.keys(outputs)).toEqual(HEADS.map(({ name }) => name));
  });

  it("takes any number of input channels and any multiple of its sizes", () => {
    const variables = new ModuleSet();
    const size = network.sizeMultiple;
    const x = input("x", [1, 9, size, 3 * size]);
    const layer = new Layer(variables.scope(), new Forward("train"));
    const { outputs } = runNetwork(network, layer, x, HEADS);
    expect(outputs.depth.shape).toEqual([1, 1, size, 3 * size]);
  });

  it("declares the same variables in training and evaluation, and all under the scope it is given", () => {
    const described = (mode: "train" | "eval") =>
      build(network, new Forward(mode))
        .variables.all()
        .map(({ name, kind, tensor }) => `${kind} ${name} [${tensor.shape}]`)
        .sort();
    expect(described("eval")).toEqual(described("train"));
    const variables = new ModuleSet();
    const x = input("x", [1, 3, network.sizeMultiple, network.sizeMultiple]);
    const inner = variables.scope({ name: "inner", kept: false });
    runNetwork(network, new Layer(inner, new Forward("train")), x, HEADS);
    expect(variables.all().every(({ name }) => name.startsWith("inner."))).toBe(true);
  });

  it("keeps running statistics of every normalisation, and none where a pass leaves state alone", () => {
    const forward = new Forward("train");
    const { variables } = build(network, forward);
    const state = variables.all().filter(({ kind }) => kind === "state");
    expect([...forward.updates().keys()].sort()).toEqual(state.map(({ name }) => name).sort());
    const still = new Forward("train", { updatesState: false });
    build(network, still);
    expect(still.updates().size).toBe(0);
  });

  it("sends gradients to every parameter but the biases that normalisation cancels", () => {
    const { variables, outputs } = build(network, new Forward("train"));
    const loss = Object.values(outputs)
      .map((map) => reduceSum(mul(map, map)))
      .reduce(add);
    const parameters = variables.trained();
    const gradients = gradientsOrNull(
      [{ output: loss }],
      parameters.map(({ tensor }) => tensor),
    );
    const without = parameters.filter((_, i) => gradients[i] === null).map(({ name }) => name);
    const norms = new Set(variables.all().flatMap(({ name }) => name.match(/.*(?=\.running_mean$)/) ?? []));
    for (const name of without) {
      expect(name.endsWith(".bias")).toBe(true);
      expect(norms.has(name.replace(/\.0\.bias$/, ".1"))).toBe(true);
    }
  });

  it("names the parameters that make its trunk, the last map before each head goes its own way", () => {
    const { variables, outputs, trunk, encoded, x } = build(network, new Forward("train"));
    const [, , height, width] = x.shape;
    if (trunk === undefined) return expectSharedOnTheWay(network, variables, encoded.bottleneck, outputs);
    expect(trunk!.shape.slice(0, 1)).toEqual([x.shape[0]]);
    expect((height % trunk!.shape[2]) + (width % trunk!.shape[3])).toBe(0);

    const parameters = variables.trained();
    const reached = (output: Tensor, from: Tensor[]) =>
      gradientsOrNull([{ output: reduceSum(output) }], from).map((gradient) => gradient !== null);
    const leaves = parameters.map(({ tensor }) => tensor);
    const byTrunk = reached(trunk!, leaves);
    const shared = parameters.filter(({ name }) => network.shared!.includes(name));
    expect(shared.map(({ name }) => name).sort()).toEqual([...network.shared!].sort());
    expect(shared.every((parameter) => byTrunk[parameters.indexOf(parameter)])).toBe(true);
    const heads = new Set(HEADS.map(({ name }) => name));
    for (const [i, { name }] of parameters.entries()) {
      const ofHead = name.split(".").filter((part) => heads.has(part)).length;
      if (byTrunk[i]) expect(ofHead, name).toBe(0);
      else expect(ofHead, name).toBeLessThanOrEqual(1);
    }
    for (const { name } of HEADS) expect(reached(outputs[name], [trunk!])).toEqual([true]);
    // Between the named layer's input and the trunk stands nothing else that is trained.
    const last = leavesBehind(trunk!, new Set(shared.map(({ tensor }) => tensor)));
    const trained = parameters.filter(({ tensor }, i) => byTrunk[i] && last.has(tensor));
    expect(trained.map(({ name }) => name).sort()).toEqual([...network.shared!].sort());
  });

  it("evaluates an image alone as it does in a batch", async () => {
    const [height, width] = [2 * network.sizeMultiple, 3 * network.sizeMultiple];
    const size = 3 * height * width;
    const pair = Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(0.3 * i) ** 2);
    const run = (batch: number, data: Float32Array) =>
      infer(
        (layer, x) => runNetwork(network, layer, x, HEADS).outputs,
        { shape: [batch, 3, height, width], data },
        (variable, variables) => variables.initialValue(variable, 3),
      );
    const [together, alone] = [await run(2, pair), await run(1, pair.slice(size))];
    for (const { name } of HEADS) {
      const second = together[name].slice(together[name].length / 2);
      expect(second.every(Number.isFinite)).toBe(true);
      const errors = second.map((value, i) => Math.abs(value - alone[name][i]) / (1 + Math.abs(value)));
      expect(Math.max(...errors)).toBeLessThan(1e-5);
      expect(new Set(second).size).toBeGreaterThan(10);
    }
  });

  it("refuses sizes that it cannot take", () => {
    const x = input("x", [1, 3, network.sizeMultiple + 4, network.sizeMultiple]);
    const encode = () => network.encode(new Layer(new ModuleSet().scope(), new Forward("eval")), x);
    expect(encode).toThrow(/multiples of/);
  });
});

it("networks of one task each share nothing", () => {
  const network = networkPerTask(segnet({ width: 2 }));
  expect(network.shared).toBeUndefined();
  expect(build(network, new Forward("train")).trunk).toBeUndefined();
});
