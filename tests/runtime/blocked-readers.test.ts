import { expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import * as g from "../../src/graph/index.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";

const SHAPE = [32, 16, 3, 2];
const random = new Random(8);
const draw = () => Float32Array.from({ length: g.sizeOf(SHAPE) }, () => random.uniform(0.5, 1.5));
const start = { p: draw(), q: draw() };

const subsets = [...Array(16).keys()].map((bits) => [0, 1, 2, 3].filter((axis) => (bits >> axis) & 1));
/** A tensor that broadcasts to the filters': their extent along some axes, 1 along the others. */
const ramp = (axes: readonly number[]) => {
  const shape = SHAPE.map((dim, axis) => (axes.includes(axis) ? dim : 1));
  return g.constant(
    Float32Array.from({ length: g.sizeOf(shape) }, (_, i) => 1 + Math.sin(i) / 2),
    shape,
  );
};

type Reading = (p: g.Tensor, q: g.Tensor) => g.Tensor;
const binary = { add: g.add, sub: g.sub, mul: g.mul, div: g.div, maximum: g.maximum, pow: g.pow };
/** Those whose operands change places are told apart by one of them. */
const broadcast = { sub: g.sub, mul: g.mul };

/** What may be made of two filters that are kept in blocked order, by name. */
const readings: Record<string, Reading> = {
  itself: (p) => p,
  root: (p) => g.sqrt(p),
  "root and square": (p, q) => g.sqrt(g.add(g.mul(p, p), g.mul(q, q))),
  exp: (p) => g.exp(p),
  reshape: (p) => g.reshape(p, [16, -1]),
  transpose: (p) => g.transpose(p, [1, 0, 3, 2]),
  slice: (p) => g.slice(p, { axes: [0, 1], starts: [3, 1], ends: [30, 9] }),
  concat: (p, q) => g.concat([p, q], 1),
  gather: (p) => g.gather(p, g.constant([5, 0, 31], [3], "int64"), 0),
  where: (p, q) => g.where(g.greater(p, q), p, 0),
  matmul: (p, q) => g.matmul(p, g.swapLast(q)),
  "scalar in front": (p) => g.sub(2, p),
  "scalar of rank 4": (p) => g.div(p, g.filled(3, 4)),
  "scalar made of it": (p) => g.mul(p, g.reduceSum(p)),
  ...binary,
  ...Object.fromEntries(
    Object.entries(broadcast).flatMap(([name, operator]) =>
      subsets.flatMap((axes): [string, Reading][] => [
        [`${name} of a tensor along [${axes}]`, (p) => operator(p, ramp(axes))],
        [`${name} to a tensor along [${axes}]`, (p) => operator(ramp(axes), p)],
      ]),
    ),
  ),
  ...Object.fromEntries(
    subsets
      .filter((axes) => axes.length > 0)
      .flatMap((axes, i): [string, Reading][] => {
        const options = { axes, keepDims: i % 2 === 0 };
        return [
          [`sum over [${axes}]`, (p) => g.reduceSum(p, options)],
          [`largest over [${axes}]`, (p) => g.reduceMax(g.sub(p, 1), options)],
        ];
      }),
  ),
};

async function valuesOf(engine: Engine): Promise<Record<string, Float32Array>> {
  const store = new StateStore(engine);
  const leaves = Object.entries(start).map(([name, data]) => {
    store.write(name, SHAPE, data.slice());
    return g.input(name, SHAPE);
  });
  const outputs = Object.fromEntries(
    Object.entries(readings).map(([name, reading]) => [name, reading(leaves[0], leaves[1])]),
  );
  const step = await CompiledStep.compile(engine, store, { outputs, state: [] });
  const values = await step.run({});
  await step.release();
  return values;
}

it("filters kept in blocked order are read right by whatever reads them", async () => {
  const engine = await nodeEngine();
  const plain: Engine = { ...engine, target: { ...engine.target, blockSize: 0 } };
  const [got, expected] = [await valuesOf(engine), await valuesOf(plain)];
  const wrong = Object.keys(readings).filter((name) => {
    const allowed = 1e-5 * expected[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return expected[name].some((value, i) => !(Math.abs(got[name][i] - value) <= allowed));
  });
  expect(wrong).toEqual([]);
});
