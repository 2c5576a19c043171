import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import * as g from "../../src/graph/index.js";
import { PORTABLE } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { disagreements } from "../helpers/agreement.js";
import { compile } from "../helpers/compile.js";
import { build, type Expression, expressions, leaves } from "../helpers/expressions.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });
const names = Object.keys(leaves) as (keyof typeof leaves)[];
const random = new Random(5);
const feeds = Object.fromEntries(
  names.map((name) => [name, leaves[name].values(random, g.sizeOf(leaves[name].shape))]),
);

/** Value, gradient and gradient of the gradient of an expression, and what must keep away from zero. */
function outputsOf(expression: Expression): { outputs: Record<string, g.Tensor>; margins: g.Tensor[] } {
  const leaf = Object.fromEntries(names.map((name) => [name, g.input(name, leaves[name].shape)])) as Record<
    keyof typeof leaves,
    g.Tensor
  >;
  const { value, margins } = build(expression, leaf);
  const wrt = names.map((name) => leaf[name]);
  const weights = (count: number) =>
    g.constant(
      Float32Array.from({ length: count }, (_, i) => Math.cos(i)),
      [count],
    );
  const weighed = (tensors: readonly g.Tensor[]) => {
    const all = g.concat(
      tensors.map((tensor) => g.reshape(tensor, [-1])),
      0,
    );
    return g.reduceSum(g.mul(all, weights(all.shape[0])));
  };
  const first = g.gradients(weighed([value]), wrt);
  const second = g.gradients(weighed(first), wrt);
  const outputs: Record<string, g.Tensor> = { value };
  names.forEach((name, i) => {
    outputs[`gradient of ${name}`] = first[i];
    outputs[`second gradient of ${name}`] = second[i];
  });
  return { outputs, margins };
}

/** Whether some kink is so near that rounding may decide which side of it a value is on. */
async function isUndecided(margins: readonly g.Tensor[]): Promise<boolean> {
  if (margins.length === 0) return false;
  const smallest = margins.map((margin) => g.reshape(g.reduceMin(g.abs(margin)), [1]));
  const compiled = await compile(
    engine,
    { smallest: g.concat(smallest, 0) },
    { target: PORTABLE, simplified: false },
  );
  const { smallest: values } = await compiled.run(feeds);
  await compiled.release();
  return values.some((value) => !(value > 1e-4));
}

it("random expressions and their first and second gradients are the same however they are computed", async () => {
  await fc.assert(
    fc.asyncProperty(expressions, async (expression) => {
      const { outputs, margins } = outputsOf(expression);
      fc.pre(!(await isUndecided(margins)));
      expect(await disagreements(engine, outputs, feeds, 2e-4)).toEqual([]);
    }),
    { numRuns: 40, seed: 1 },
  );
});
