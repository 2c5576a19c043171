import { describe, expect, it } from "vitest";
import { directMap } from "../../src/methods/direct-map.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { perceptualMap } from "../../src/methods/perceptual-map.js";
import { buildMethod, gradientNorms, normUnder, TASKS, values } from "./helpers.js";

// Two tasks: two mapping networks instead of six.
const [DEPTH_AND_NORMALS, BOTH] = [TASKS.slice(1), ["depth", "normals"]];

describe.each([directMap, perceptualMap] as MethodDefinition<{ weight: number }>[])("$name", (method) => {
  const built = (labelled: string[][]) => buildMethod(method, { width: 2 }, labelled, DEPTH_AND_NORMALS);
  const [consistency, fit] = [`${method.name}.consistency`, `${method.name}.fit`];
  const map = (source: string, target: string) => `helper.${method.name}.${source}.${target}.`;

  it("has no pair of labels with one label an image, and no unlabelled source where all are labelled", async () => {
    const one = await values(built([["depth"], ["normals"]]));
    expect(one[fit]).toBe(0);
    expect(one[consistency]).toBeGreaterThan(0);
    const all = await values(built([BOTH, BOTH]));
    expect(all[fit]).toBeGreaterThan(0);
    expect(all[consistency]).toBe(0);
    const none = await values(built([[], []]));
    expect([none[consistency], none[fit]]).toEqual([0, 0]);
  });

  it("trains unlabelled predictions and the mappings they pass by the consistency", async () => {
    const norms = await gradientNorms(built([["depth"], ["depth"]]), consistency);
    expect(normUnder(norms, "head.normals.")).toBeGreaterThan(0);
    expect(normUnder(norms, map("normals", "depth"))).toBeGreaterThan(0);
    expect(normUnder(norms, "head.depth.")).toBe(0);
    // The way back: it judges features, and learns nothing by it.
    expect(normUnder(norms, map("depth", "normals"))).toBe(0);
  });

  it("trains mappings alone by pairs of labels", async () => {
    const norms = await gradientNorms(built([BOTH, []]), fit);
    const mappings = normUnder(norms, "helper.");
    expect(normUnder(norms, map("depth", "normals"))).toBeGreaterThan(0);
    expect(normUnder(norms, map("normals", "depth"))).toBeGreaterThan(0);
    expect(normUnder(norms, "") - mappings).toBe(0);
  });
});
