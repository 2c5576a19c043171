import { describe, expect, it } from "vitest";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { disagreements } from "../helpers/agreement.js";
import { bentCase, feedsOf, gradientCase, type OperatorCase, symbols } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

describe("values and gradients are the same, simplified or not, in the CPU's spellings and the portable ones", () => {
  for (const operatorCase of operatorCases) {
    it(operatorCase.name, async () => {
      const once = gradientCase(operatorCase);
      // The last case has the inputs and seeds of the others.
      const cases: Record<string, OperatorCase> = { value: operatorCase, gradient: once };
      if (operatorCase.order !== 1)
        cases["second gradient"] = gradientCase(gradientCase(bentCase(operatorCase)));
      const outputs = Object.entries(cases).map(([name, each]) => [name, each.build(symbols(each))] as const);
      const feeds = Object.assign({}, ...Object.values(cases).map(feedsOf));
      expect(await disagreements(engine, Object.fromEntries(outputs), feeds, 1e-5)).toEqual([]);
    });
  }
});
