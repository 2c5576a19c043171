import { describe, expect, it } from "vitest";
import { PORTABLE } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { compile } from "../helpers/compile.js";
import { feedsOf, gradientCase, symbols } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

describe("the portable spelling gives the CPU spelling's values and gradients", () => {
  for (const operatorCase of operatorCases) {
    it(operatorCase.name, async () => {
      const differentiated = gradientCase(operatorCase);
      const inputs = symbols(differentiated);
      const outputs = { value: operatorCase.build(inputs), gradient: differentiated.build(inputs) };
      const feeds = feedsOf(differentiated);
      const here = await compile(engine, outputs);
      const portable = await compile(engine, outputs, PORTABLE);
      const [expected, got] = [await here.run(feeds), await portable.run(feeds)];
      await here.release();
      await portable.release();
      for (const [name, values] of Object.entries(expected)) {
        const allowed = 1e-5 * Math.max(1, ...values.map(Math.abs));
        values.forEach((value, i) => {
          expect(Math.abs(got[name][i] - value), `${name}[${i}]`).toBeLessThanOrEqual(allowed);
        });
      }
    });
  }
});
