import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { compile } from "../helpers/compile.js";

interface Packed {
  shape: number[];
  data: number[];
}

interface GoldenCase {
  op: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operator's own options, as JSON.
  options: any;
  inputs: Record<string, Packed & { dtype: g.DType }>;
  output: Packed;
  gradients: Record<string, number[]>;
}

const { cases }: { cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL("../golden/operators.json", import.meta.url), "utf8"),
);

/** The stored cases in this library's words: inputs in the script's order, then its options. */
const builders: Record<string, (t: Record<string, g.Tensor>, options: GoldenCase["options"]) => g.Tensor> = {
  conv2d: ({ x, w, b }, options) => g.conv2d(x, w, { ...options, bias: b }),
  convTranspose2d: ({ x, w }, options) => g.convTranspose2d(x, w, options),
  poolUnpool: ({ x, v }, options) => {
    const { output, indices } = g.maxPool2d(g.relu(x), options);
    return g.maxUnpool2d(g.mul(output, v), indices);
  },
  maxPool2d: ({ x }, options) => g.maxPool2d(g.relu(x), options).output,
  averagePool2d: ({ x }, options) => g.averagePool2d(x, options),
  resizeBilinear: ({ x }, { size, alignCorners }) => g.resizeBilinear(x, size, { alignCorners }),
  resizeNearest: ({ x }, { size }) => g.resizeNearest(x, size),
  gridSample: ({ x, grid }, options) => g.gridSample(x, grid, options),
  batchNorm: ({ x, w, b }) => g.batchNormTraining(x, w, b).output,
  groupNorm: ({ x, w, b }, { groups }) => g.groupNorm(x, groups, w, b),
  instanceNorm: ({ x, w, b }) => g.instanceNorm(x, w, b),
  layerNorm: ({ x, w, b }) => g.layerNorm(x, w, b),
  l2Normalise: ({ x }, { axis }) => g.l2Normalise(x, axis),
  softmax: ({ x }, { axis }) => g.softmax(x, axis),
  logSoftmax: ({ x }, { axis }) => g.logSoftmax(x, axis),
  crossEntropy: ({ x, labels }) => {
    const places = g.reshape(labels, [labels.shape[0], 1, ...labels.shape.slice(1)]);
    return g.neg(g.reduceMean(g.gatherElements(g.logSoftmax(x, 1), places, 1)));
  },
  gather: ({ x, i }, { axis }) => g.gather(x, i, axis),
  gatherElements: ({ x, i }, { axis }) => g.gatherElements(x, i, axis),
  scatterAdd: ({ x, i, u }, { axis }) => g.scatterAdd(x, i, u, axis),
};

function expectClose(what: string, got: Float32Array, expected: readonly number[], tolerance: number): void {
  expect(got).toHaveLength(expected.length);
  const allowed = tolerance * Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `${what}[${i}]: ${got[i]} against ${value}`).toBeLessThanOrEqual(
      allowed,
    );
  });
}

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

describe("values and gradients are PyTorch's", () => {
  for (const { op, name, options, inputs, output, gradients } of cases) {
    it(`${op}: ${name}`, async () => {
      const entries = Object.entries(inputs);
      const symbols = Object.fromEntries(
        entries.map(([key, { shape, dtype }]) => [key, g.input(key, shape, dtype)]),
      );
      const result = builders[op](symbols, options);
      expect(result.shape).toEqual(output.shape);
      const seed = g.constant(
        Float32Array.from(output.data, (_, i) => Math.cos(i)),
        output.shape,
      );
      const varied = Object.keys(inputs).filter((key) => inputs[key].dtype === "float32");
      const found = g.gradients(
        result,
        varied.map((key) => symbols[key]),
        seed,
      );
      const outputs = Object.fromEntries(varied.map((key, i) => [`gradient of ${key}`, found[i]]));
      const compiled = await compile(engine, { ...outputs, result });
      const got = await compiled.run(Object.fromEntries(entries.map(([key, { data }]) => [key, data])));
      await compiled.release();
      // Inputs of about 100 carry a float32 rounding of 4e-6, which batch normalisation magnifies.
      const tolerance = name.startsWith("mean much larger") ? 1e-4 : 1e-5;
      expectClose("value", got.result, output.data, tolerance);
      for (const key of varied) {
        const zeros = new Array(inputs[key].data.length).fill(0);
        expectClose(`gradient of ${key}`, got[`gradient of ${key}`], gradients[key] ?? zeros, tolerance);
      }
    });
  }
});
