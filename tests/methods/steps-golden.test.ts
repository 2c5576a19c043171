import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { arrayName } from "../../src/fields/layout.js";
import { directMap } from "../../src/methods/direct-map.js";
import { jtr } from "../../src/methods/jtr/jtr.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { mtpsl } from "../../src/methods/mtpsl/mtpsl.js";
import { perceptualMap } from "../../src/methods/perceptual-map.js";
import { unitNormals, wave } from "../helpers/waves.js";
import { expectGradients, expectLoss, GOLDEN_TASKS, goldenStep } from "./golden-step.js";

interface Golden {
  losses: Record<string, number>;
  /** Norm, product with the direction. */
  gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/steps.json", import.meta.url), "utf8"),
);
const [WIDTH, BATCH, SIDE] = [4, 4, 64];
const PIXELS = SIDE * SIDE;
const LABELLED = [["segmentation", "depth"], ["normals"], [], ["segmentation"]];
/** A labelled sample without a valid pixel. */
const EMPTY = 3;

// The formulas of tests/golden/steps.py.
function viewFeeds(view: number, batchSize: number): Record<string, Float32Array> {
  const named = (name: string) => arrayName(name, { view });
  const shape = (channels: number) => [batchSize, channels, SIDE, SIDE];
  const feeds: Record<string, Float32Array> = {
    [named("image")]: wave(named("image"), shape(3)).map((value) => 0.5 + 0.5 * value),
    [named("segmentation.label")]: Float32Array.from(
      { length: batchSize * PIXELS },
      (_, i) => Math.floor((i * (7 + view)) / 3) % 13,
    ),
    [named("depth.label")]: wave(named("depth"), shape(1)).map((value) => 2 + value),
    [named("normals.label")]: unitNormals(wave(named("normals"), shape(3)), PIXELS),
  };
  for (const { name } of GOLDEN_TASKS) {
    const labelled = Float32Array.from(LABELLED.slice(0, batchSize), (names) => Number(names.includes(name)));
    feeds[named(`${name}.labelled`)] = labelled;
    feeds[named(`${name}.valid`)] = Float32Array.from({ length: batchSize * PIXELS }, (_, i) => {
      const sample = Math.floor(i / PIXELS);
      return i % 5 === 0 || sample === EMPTY ? 0 : labelled[sample];
    });
  }
  return feeds;
}

function results<O>(method: MethodDefinition<O>, options: Record<string, unknown>, batchSize = BATCH) {
  const feeds = { ...viewFeeds(0, batchSize), ...viewFeeds(1, batchSize), ...viewFeeds(2, batchSize) };
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
