import { expect, it } from "vitest";
import { add, gradientsOrNull, input, mul } from "../../src/graph/index.js";
import { zeros } from "../../src/nn/initializers.js";
import { ModuleSet } from "../../src/nn/module.js";

it("no gradient reaches a frozen place's parameters, its children's included; what they are applied to gets its own", () => {
  const modules = new ModuleSet();
  const open = modules.scope();
  const x = input("x", [2]);
  const frozen = open.frozen();
  const used = [frozen.parameter("w", [2], zeros), frozen.child("inner").parameter("v", [2], zeros)];
  const trained = open.child("own").parameter("u", [2], zeros);
  const loss = [...used, trained].reduce((sum, parameter) => add(sum, mul(x, parameter)), x);
  const wrt = ["w", "inner.v", "own.u"].map((name) => modules.get(name)!.tensor);
  const found = gradientsOrNull([{ output: loss }], [...wrt, x]);
  expect(found.map((gradient) => gradient !== null)).toEqual([false, false, true, true]);
  // The same variable, open: one value, and it is trained where it is not frozen.
  const again = open.parameter("w", [2], zeros);
  expect(gradientsOrNull([{ output: add(loss, again) }], [wrt[0]])[0]).not.toBeNull();
});
