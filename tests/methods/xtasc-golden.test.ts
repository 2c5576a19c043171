import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { xtasc } from "../../src/methods/xtasc/xtasc.js";
import { expectGradients, expectLoss, GOLDEN_TASKS, goldenFeeds, goldenStep } from "./golden-step.js";

interface Golden {
  losses: Record<string, number>;
  /** Norm, product with the direction. */
  gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/xtasc.json", import.meta.url), "utf8"),
);
const [WIDTH, SIDE] = [4, 64];
const PARTLY = [["segmentation", "depth"], ["normals"], [], ["segmentation"]];
const TWO = GOLDEN_TASKS.filter(({ name }) => name !== "normals");
const FULL = PARTLY.map(() => GOLDEN_TASKS.map(({ name }) => name));

const cases: Record<string, Record<string, unknown>> = {
  pairs: { lambda: 0.3 },
  hub: {
    ...{ transfer: "hub", hub: "depth", unlabelled: false },
    lambda: { segmentation: 0.1, depth: 0.3, normals: 0.5 },
  },
  graph: {
    ...{ transfer: "graph", loss: "align", lambda: 0.3 },
    edges: [
      ["segmentation", "depth"],
      ["depth", "normals"],
    ],
  },
  none: { loss: "none", lambda: 0.3 },
  released: { variant: "released", lambda: 0.3 },
  "released align": { variant: "released", loss: "align", lambda: 0.3 },
};

describe.each(Object.entries(cases))("%s against PyTorch", (name, options) => {
  it("has the same losses, and the same gradient of every parameter", async () => {
    const { losses, gradients } = golden[name];
    const released = name.startsWith("released");
    const result = await goldenStep(
      xtasc,
      { width: WIDTH, ...options },
      {
        ...{ tasks: released ? TWO : GOLDEN_TASKS, batchSize: PARTLY.length, size: [SIDE, SIDE] },
        feeds: released ? goldenFeeds(SIDE, FULL) : goldenFeeds(SIDE, PARTLY, { empty: 3 }),
      },
    );
    const outputs = (prefix: string) =>
      Object.keys(result)
        .filter((output) => output.startsWith(prefix))
        .map((output) => output.slice(prefix.length))
        .sort();
    expect(outputs("loss ")).toEqual(Object.keys(losses).sort());
    for (const [term, wanted] of Object.entries(losses)) expectLoss(result, term, wanted);
    expect(outputs("gradient ")).toEqual(Object.keys(gradients).sort());
    expectGradients(result, gradients);
  });
});
