import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import * as g from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { disagreements } from "../helpers/agreement.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });
const RUNS = { numRuns: 40, seed: 1 };

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Disagreements about an operator's value and its gradients by all inputs, which have the given shapes. */
async function differences(
  shapes: Readonly<Record<string, g.Shape>>,
  build: (inputs: Record<string, g.Tensor>) => g.Tensor,
  values: (random: Random, i: number) => number = (random) => random.uniform(-1, 1),
): Promise<string[]> {
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, g.input(name, shape)]),
  );
  const value = build(inputs);
  const seed = g.input("seed", value.shape);
  const found = g.gradients(value, Object.values(inputs), seed);
  const outputs: Record<string, g.Tensor> = { value };
  Object.keys(inputs).forEach((name, i) => {
    outputs[`gradient of ${name}`] = found[i];
  });
  const feeds = Object.fromEntries(
    Object.entries({ ...shapes, seed: value.shape }).map(([name, shape]) => {
      const random = new Random(2, name);
      return [name, Float32Array.from({ length: g.sizeOf(shape) }, (_, i) => values(random, i))];
    }),
  );
  return disagreements(engine, outputs, feeds, 2e-5);
}

describe("operators over windows are the same in every spelling, whatever their windows", () => {
  it("convolutions", async () => {
    const channels = fc.constantFrom(1, 3, 8, 12, 16, 32);
    const drawn = fc.record({
      batch: fc.integer({ min: 1, max: 2 }),
      inputs: channels,
      outputs: channels,
      depthwise: fc.boolean(),
      size: pair(3, 9),
      kernel: pair(1, 3),
      // Stride 1 has spellings of its own.
      stride: fc.oneof(
        { weight: 2, arbitrary: fc.constant([1, 1] as [number, number]) },
        { weight: 1, arbitrary: pair(1, 3) },
      ),
      dilation: fc.oneof(
        { weight: 2, arbitrary: fc.constant([1, 1] as [number, number]) },
        { weight: 1, arbitrary: pair(1, 2) },
      ),
      padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
      bias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        drawn,
        async ({ batch, inputs, outputs, depthwise, size, kernel, bias, ...options }) => {
          const { padding, dilation } = options;
          const fits = [0, 1].every(
            (i) => size[i] + padding[i] + padding[i + 2] > dilation[i] * (kernel[i] - 1),
          );
          fc.pre(fits);
          const groups = depthwise ? inputs : 1;
          const filters = depthwise ? inputs : outputs;
          const shapes = {
            x: [batch, inputs, ...size],
            w: [filters, inputs / groups, ...kernel],
            ...(bias ? { b: [filters] } : {}),
          };
          const build = ({ x, w, b }: Record<string, g.Tensor>) =>
            g.conv2d(x, w, { ...options, groups, bias: b });
          expect(await differences(shapes, build)).toEqual([]);
        },
      ),
      RUNS,
    );
  });

  it("pooling and unpooling", async () => {
    const drawn = fc.record({
      size: pair(3, 8),
      kernel: pair(1, 3),
      stride: pair(1, 3),
      padded: pair(0, 1),
      counted: fc.boolean(),
    });
    // No two values alike: which of equals is the largest is tested elsewhere.
    const distinct = (random: Random, i: number) => ((i * 37) % 1009) / 500 - 1 + random.uniform(0, 1e-4);
    await fc.assert(
      fc.asyncProperty(drawn, async ({ size, kernel, stride, padded, counted }) => {
        const padding = padded.map((wanted, i) => Math.min(wanted, Math.floor(kernel[i] / 2))) as [
          number,
          number,
        ];
        const options = { kernel, stride, padding };
        const x = [2, 3, ...size];
        const largest = await differences({ x }, ({ x }) => g.maxPool2d(x, options).output, distinct);
        const unpooled = await differences(
          { x },
          ({ x }) => {
            const { output, indices } = g.maxPool2d(x, options);
            return g.maxUnpool2d(g.sin(output), indices);
          },
          distinct,
        );
        const mean = await differences({ x }, ({ x }) =>
          g.averagePool2d(x, { ...options, countPadding: counted }),
        );
        expect({ largest, unpooled, mean }).toEqual({ largest: [], unpooled: [], mean: [] });
      }),
      RUNS,
    );
  });
});
