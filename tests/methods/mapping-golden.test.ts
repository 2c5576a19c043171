import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { gradientsOrNull, input, type Tensor } from "../../src/graph/index.js";
import { add, mul } from "../../src/graph/ops/arithmetic.js";
import { directMap } from "../../src/methods/direct-map.js";
import { batchLeaves, batchName, type MethodDefinition } from "../../src/methods/method.js";
import { mtpsl } from "../../src/methods/mtpsl.js";
import { perceptualMap } from "../../src/methods/perceptual-map.js";
import { segnet } from "../../src/models/segnet.js";
import { Forward, Scope, VariableStore } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { gradientError, parameterValue, unitNormals, wave } from "./waves.js";

interface Golden {
  losses: Record<string, number>;
  /** Norm, product with the direction. */
  gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/mapping.json", import.meta.url), "utf8"),
);
const [WIDTH, BATCH, SIDE] = [4, 4, 64];
const PIXELS = SIDE * SIDE;
const LABELLED = [["segmentation", "depth"], ["normals"], [], ["segmentation"]];
/** A labelled sample without a valid pixel. */
const EMPTY = 3;
const TASKS = resolveTasks({
  segmentation: { kind: "segmentation", classes: Array.from({ length: 13 }, (_, i) => `class ${i}`) },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
});

// The formulas of tests/golden/mapping.py.
function viewFeeds(view: number): Record<string, Float32Array> {
  const named = (name: string) => batchName(name, view);
  const shape = (channels: number) => [BATCH, channels, SIDE, SIDE];
  const feeds: Record<string, Float32Array> = {
    [named("image")]: wave(named("image"), shape(3)).map((value) => 0.5 + 0.5 * value),
    [named("segmentation.label")]: Float32Array.from(
      { length: BATCH * PIXELS },
      (_, i) => Math.floor((i * (7 + view)) / 3) % 13,
    ),
    [named("depth.label")]: wave(named("depth"), shape(1)).map((value) => 2 + value),
    [named("normals.label")]: unitNormals(wave(named("normals"), shape(3)), PIXELS),
  };
  for (const { name } of TASKS) {
    const labelled = Float32Array.from(LABELLED, (names) => Number(names.includes(name)));
    feeds[named(`${name}.labelled`)] = labelled;
    feeds[named(`${name}.valid`)] = Float32Array.from({ length: BATCH * PIXELS }, (_, i) => {
      const sample = Math.floor(i / PIXELS);
      return i % 5 === 0 || sample === EMPTY ? 0 : labelled[sample];
    });
  }
  return feeds;
}

async function results<O>(method: MethodDefinition<O>, options: Record<string, unknown>) {
  const variables = new VariableStore();
  const feeds: Record<string, Float32Array> = { ...viewFeeds(0), ...viewFeeds(1) };
  const { terms } = method.build(
    {
      ...batchLeaves(BATCH, [SIDE, SIDE]),
      tasks: TASKS,
      network: segnet({ width: WIDTH }),
      scope: new Scope(variables),
      helper: (name) => new Scope(variables, `helper.${name}`),
      forward: new Forward("train"),
      batchSize: BATCH,
      size: [SIDE, SIDE],
      passes: new Map(),
      noise: ({ name, shape }) => {
        feeds[name] = wave(name, shape).map((value) => -Math.log(-Math.log(0.5 + 0.45 * value)));
        return input(name, shape);
      },
    },
    method.options.parse({ width: WIDTH, ...options }),
  );
  const loss = terms.map(({ value, weight }) => mul(value, weight)).reduce((sum, term) => add(sum, term));
  const parameters = variables.parameters();
  const gradients = gradientsOrNull(
    [{ output: loss }],
    parameters.map(({ tensor }) => tensor),
  );
  const outputs: Record<string, Tensor> = {};
  for (const { name, value } of terms) outputs[`loss ${name}`] = value;
  parameters.forEach(({ name }, i) => {
    const gradient = gradients[i];
    if (gradient !== null) outputs[`gradient ${name}`] = gradient;
  });
  for (const { name, kind, tensor, initialize } of variables.all()) {
    feeds[name] =
      kind === "parameter" ? parameterValue(name, tensor.shape) : initialize(tensor.shape, null as never);
  }
  return evaluate(await nodeEngine(), outputs, feeds);
}

const cases: Record<string, () => Promise<Record<string, Float32Array>>> = {
  mtpsl: () => results(mtpsl, {}),
  "mtpsl all": () => results(mtpsl, { pairs: "all" }),
  "mtpsl released": () => results(mtpsl, { variant: "released" }),
  "direct-map": () => results(directMap, {}),
  "perceptual-map": () => results(perceptualMap, {}),
};

describe.each(Object.entries(cases))("%s against PyTorch", (name, compute) => {
  const { losses, gradients } = golden[name];
  let result: Record<string, Float32Array>;
  beforeAll(async () => {
    result = await compute();
  });

  it("has the same losses", () => {
    for (const [term, wanted] of Object.entries(losses)) {
      // One minus a cosine of nearly one keeps few of single precision's digits.
      const allowed = 1e-4 * Math.abs(wanted) + 1e-5;
      expect(Math.abs(result[`loss ${term}`][0] - wanted), term).toBeLessThan(allowed);
    }
  });

  it("has the same gradient of every parameter", () => {
    const computed = Object.keys(result).filter((output) => output.startsWith("gradient "));
    expect(computed.map((output) => output.slice("gradient ".length)).sort()).toEqual(
      Object.keys(gradients).sort(),
    );
    const errors = Object.entries(gradients).map(([parameter, [norm, product]]) => {
      const error = gradientError(parameter, result[`gradient ${parameter}`], norm, product);
      expect(error, parameter).toBeLessThan(1e-2);
      return error;
    });
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(0.75 * errors.length)]).toBeLessThan(2e-3);
  });
});
