import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import {
  add,
  conv2d,
  convTranspose2d,
  gradients,
  input,
  mul,
  reduceMax,
  reduceSum,
  relu,
  sqrt,
  sub,
  type Tensor,
} from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";

const random = new Random(4);
const values = (shape: readonly number[]) =>
  Float32Array.from({ length: sizeOf(shape) }, () => random.uniform() - 0.5);

/**
 * Filters used in every way there is: the first by one plain convolution, the second by a strided and a
 * transposed one too, the third by no convolution.
 */
const filters = { same: [32, 16, 3, 3], shared: [16, 32, 3, 3], idle: [16, 16, 3, 3] } as const;
const start = Object.fromEntries(
  Object.entries(filters).flatMap(([name, shape]) => [
    [name, values(shape)],
    [`${name}.m`, new Float32Array(sizeOf(shape))],
  ]),
);
const images = [0, 1, 2].map(() => values([2, 16, 8, 16]));

async function trained(engine: Engine) {
  const x = input("x", [2, 16, 8, 16]);
  const leaf = Object.fromEntries(
    Object.entries(filters).flatMap(([name, shape]) => [
      [name, input(name, shape)],
      [`${name}.m`, input(`${name}.m`, shape)],
    ]),
  ) as Record<string, Tensor>;
  const inner = relu(conv2d(x, leaf.same, { padding: 1 }));
  const ways = [
    conv2d(inner, leaf.shared, { padding: 1 }),
    conv2d(inner, leaf.shared, { padding: 1, stride: 2 }),
    convTranspose2d(x, leaf.shared, { padding: 1 }),
  ];
  const squares = [...ways, leaf.idle].map((y) => reduceSum(mul(y, y)));
  const loss = mul(
    squares.reduce((sum, each) => add(sum, each)),
    1e-3,
  );
  const names = Object.keys(filters);
  const found = gradients(
    loss,
    names.map((name) => leaf[name]),
  );
  const norm = sqrt(found.map((g) => reduceSum(mul(g, g))).reduce((sum, each) => add(sum, each)));
  const store = new StateStore(engine);
  for (const [name, data] of Object.entries(start)) store.write(name, leaf[name].shape, data.slice());
  const step = await CompiledStep.compile(engine, store, {
    outputs: { loss, norm, largest: reduceMax(leaf.same, { axes: [1, 2, 3] }), filter: leaf.shared },
    state: names.flatMap((name, i) => {
      const next = add(mul(leaf[`${name}.m`], 0.9), found[i]);
      return [
        { name: `${name}.m`, leaf: leaf[`${name}.m`], next },
        { name, leaf: leaf[name], next: sub(leaf[name], mul(next, 0.05)) },
      ];
    }),
  });
  const outputs: Record<string, Float32Array>[] = [];
  for (const image of images) outputs.push(await step.run({ x: image }));
  await step.release();
  return { store, outputs };
}

/** Largest difference, relative to the largest value. */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / largest;
}

describe("filters kept in blocked order", async () => {
  const engine = await nodeEngine();
  const plainEngine: Engine = { ...engine, target: { ...engine.target, blockSize: 0 } };

  it("train as those in plain order do", async () => {
    const [blocked, plain] = [await trained(engine), await trained(plainEngine)];
    for (const name of blocked.store.names()) {
      expect(blocked.store.isBlocked(name), name).toBe(engine.target.blockSize > 0);
      expect(plain.store.isBlocked(name), name).toBe(false);
      expect(difference(await blocked.store.read(name), await plain.store.read(name)), name).toBeLessThan(
        1e-5,
      );
    }
    for (const [i, outputs] of plain.outputs.entries()) {
      for (const [name, expected] of Object.entries(outputs)) {
        expect(difference(blocked.outputs[i][name], expected), `${name} of step ${i}`).toBeLessThan(1e-5);
      }
    }
  });

  it("are written and read in plain order, as copies", async () => {
    const store = new StateStore(engine);
    const data = values(filters.same);
    store.write("w", filters.same, data.slice());
    expect(await store.read("w")).toEqual(data);
    expect(store.plain("w")).toEqual(data);
    (await store.read("w")).fill(0);
    expect(await store.read("w")).toEqual(data);
  });
});
