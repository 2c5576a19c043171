import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { directMap } from "../../src/methods/direct-map.js";
import { jtr } from "../../src/methods/jtr/jtr.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { mtpsl } from "../../src/methods/mtpsl/mtpsl.js";
import { perceptualMap } from "../../src/methods/perceptual-map.js";
import { expectGradients, expectLoss, goldenFeeds, goldenStep } from "./golden-step.js";

interface Golden {
  losses: Record<string, number>;
  /** Norm, product with the direction. */
  gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/steps.json", import.meta.url), "utf8"),
);
const [WIDTH, BATCH, SIDE] = [4, 4, 64];
const LABELLED = [["segmentation", "depth"], ["normals"], [], ["segmentation"]];
/** A labelled sample without a valid pixel. */
const EMPTY = 3;

function results<O>(method: MethodDefinition<O>, options: Record<string, unknown>, batchSize = BATCH) {
  // The formulas of tests/golden/steps.py.
  const views = [0, 1, 2].map((view) =>
    goldenFeeds(SIDE, LABELLED.slice(0, batchSize), { view, empty: EMPTY }),
  );
  const feeds = Object.assign({}, ...views);
  return goldenStep(method, { width: WIDTH, ...options }, { batchSize, size: [SIDE, SIDE], feeds });
}

const cases: Record<string, () => Promise<Record<string, Float32Array>>> = {
  mtpsl: () => results(mtpsl, {}),
  "mtpsl all": () => results(mtpsl, { pairs: "all" }),
  "mtpsl released": () => results(mtpsl, { variant: "released" }),
  // Not the sample without a valid pixel: the published code has NaN there.
  "jtr released": () => results(jtr, { variant: "released" }, EMPTY),
  "direct-map": () => results(directMap, {}),
  "perceptual-map": () => results(perceptualMap, {}),
};

describe.each(Object.entries(cases))("%s against PyTorch", (name, compute) => {
  const { losses, gradients } = golden[name];
  let result: Record<string, Float32Array>;
  beforeAll(async () => {
    result = await compute();
  });

  it("has the same losses", () => {
    for (const [term, wanted] of Object.entries(losses)) expectLoss(result, term, wanted);
  });

  it("has the same gradient of every parameter", () => {
    const computed = Object.keys(result).filter((output) => output.startsWith("gradient "));
    expect(computed.map((output) => output.slice("gradient ".length)).sort()).toEqual(
      Object.keys(gradients).sort(),
    );
    expectGradients(result, gradients);
  });
});
