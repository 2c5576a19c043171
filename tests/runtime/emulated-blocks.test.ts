import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../../src/graph/onnx.js";
import { type Shape, sizeOf } from "../../src/graph/tensor.js";
import { probeBlockSize } from "../../src/runtime/block-size.js";
import { fromOrtTensor, type OrtModule, toOrtTensor } from "../../src/runtime/engine.js";
import { loadOrtNode } from "../../src/runtime/engine.node.js";
import { emulatingBlocks } from "../helpers/emulated-blocks.js";

const ort = await loadOrtNode();
const own = await probeBlockSize(ort);

interface Node {
  readonly opType: string;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  readonly attributes?: Record<string, number | string | readonly number[]>;
}

/** The value of one blocked node on a ramp of numbers that are not whole. */
async function run(
  runtime: OrtModule,
  { opType, inputs, output, attributes = {} }: Node,
): Promise<Float32Array> {
  const types = inputs.map((shape, i) => ({ name: `x${i}`, type: { shape, dtype: "float32" as const } }));
  const names = types.map(({ name, type }) => (sizeOf(type.shape) === 0 ? "" : name));
  const session = await runtime.InferenceSession.create(
    encodeModel({
      nodes: [
        { opType, domain: "com.microsoft.nchwc", name: "node", inputs: names, outputs: ["y"], attributes },
      ],
      initializers: [],
      inputs: types.filter(({ type }) => sizeOf(type.shape) > 0),
      outputs: [{ name: "y", type: { shape: output, dtype: "float32" } }],
    }),
    { executionProviders: ["cpu"], graphOptimizationLevel: "disabled" },
  );
  const engine = { ort: runtime, target: { provider: "cpu", blockSize: own }, threads: 1 } as const;
  const feeds = types
    .filter(({ type }) => sizeOf(type.shape) > 0)
    .map(({ name, type }, k) => {
      const data = Float32Array.from({ length: sizeOf(type.shape) }, (_, i) => Math.sin(0.7 * i + k));
      return [name, toOrtTensor(engine, type, data)] as const;
    });
  const { y } = await session.run(Object.fromEntries(feeds));
  const values = fromOrtTensor(y).slice();
  await session.release();
  return values;
}

describe("blocked kernels in plain ONNX", () => {
  it.each([8, 16])("have blocks of the size they are asked for: %i", async (size) => {
    expect(await probeBlockSize(emulatingBlocks(ort, size))).toBe(size);
  });

  // Where ONNX Runtime has no blocked kernels there is nothing to compare with.
  it.skipIf(own === 0)("compute what this CPU's own kernels do", async () => {
    const blocks = fc.integer({ min: 1, max: 3 }).map((count) => count * own);
    const side = fc.integer({ min: 1, max: 5 });
    const batch = fc.integer({ min: 1, max: 2 });
    const reorder = fc.record({ n: batch, c: blocks, h: side, w: side, last: fc.boolean() });
    const convolution = fc.record({
      n: batch,
      c: blocks,
      o: blocks,
      h: fc.integer({ min: 3, max: 6 }),
      w: fc.integer({ min: 3, max: 6 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      pads: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1), fc.nat(1)),
      depthwise: fc.boolean(),
      bias: fc.boolean(),
      plus: fc.boolean(),
      relu: fc.boolean(),
    });
    const nodes = fc.oneof(
      reorder.map(({ n, c, h, w, last }): Node => {
        const input = last ? [n, h, w, c] : [n, c, h, w];
        const attributes: Node["attributes"] = last ? { channels_last: 1 } : {};
        return { opType: "ReorderInput", inputs: [input], output: [n, c, h, w], attributes };
      }),
      reorder.map(({ n, c, h, w, last }): Node => {
        const channels = c - 4;
        const output = last ? [n, h, w, channels] : [n, channels, h, w];
        const attributes = { channels, ...(last ? { channels_last: 1 } : {}) };
        return { opType: "ReorderOutput", inputs: [[n, c, h, w]], output, attributes };
      }),
      convolution.map((drawn): Node => {
        const { n, c, h, w, stride, pads, depthwise } = drawn;
        const o = depthwise ? c : drawn.o;
        const kernel = depthwise ? [1, 1] : drawn.kernel;
        const length = (size: number, axis: number) =>
          Math.floor((size + pads[axis] + pads[axis + 2] - kernel[axis]) / stride[axis]) + 1;
        const output = [n, o, length(h, 0), length(w, 1)];
        const filter = [o, depthwise ? 1 : c, ...kernel];
        return {
          opType: "Conv",
          inputs: [[n, c, h, w], filter, drawn.bias ? [o] : [0], ...(drawn.plus ? [output] : [])],
          output,
          attributes: {
            group: depthwise ? c : 1,
            kernel_shape: kernel,
            strides: stride,
            pads,
            ...(drawn.relu ? { activation: "Relu" } : {}),
          },
        };
      }),
    );
    const emulated = emulatingBlocks(ort, own);
    await fc.assert(
      fc.asyncProperty(nodes, async (node) => {
        const [expected, got] = [await run(ort, node), await run(emulated, node)];
        expect(got).toHaveLength(expected.length);
        got.forEach((value, i) => {
          expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(2e-5);
        });
      }),
      { numRuns: 60 },
    );
  });
});
