import { describe, expect, it } from "vitest";
import { z } from "zod";
import { methods } from "../../src/methods/index.js";
import { jtr } from "../../src/methods/jtr.js";
import { supervised } from "../../src/methods/supervised.js";
import { buildMethod, reach, TASKS, values } from "./helpers.js";

const ALL = TASKS.map(({ name }) => name);
// The conformance suite: whatever holds of every method.
describe.each(
  Object.values(methods).flatMap((method) =>
    ["paper", "released"].map((variant) => ({ name: `${method.name}, ${variant}`, method, variant })),
  ),
)("$name", ({ method, variant }) => {
  const known = z.toJSONSchema(method.options, { io: "input" }).properties ?? {};
  const options = Object.fromEntries(
    Object.entries({ variant, width: 2 }).filter(([option]) => option in known),
  );

  it("gives finite terms for one label an image, and none", async () => {
    for (const labelled of [
      [["depth"], ["segmentation"]],
      [[], []],
    ]) {
      for (const [name, value] of Object.entries(await values(buildMethod(method, options, labelled)))) {
        expect(Number.isFinite(value), name).toBe(true);
      }
    }
  });

  it("takes its supervised terms only from labelled tasks", async () => {
    const terms = await values(buildMethod(method, options, [["depth"], ["depth"]]));
    expect(terms.depth).toBeGreaterThan(0);
    expect(terms.segmentation).toBe(0);
    expect(terms.normals).toBe(0);
  });
});

describe("supervised (eq. 1)", () => {
  it("averages over the labelled tasks of each sample; released sums them", async () => {
    const one = await values(buildMethod(supervised, {}, [["depth"], []]));
    const both = await values(buildMethod(supervised, {}, [["depth", "segmentation"], []]));
    const summed = await values(
      buildMethod(supervised, { variant: "released" }, [["depth", "segmentation"], []]),
    );
    expect(both.depth).toBeCloseTo(one.depth / 2, 5);
    expect(summed.depth).toBeCloseTo(one.depth, 5);
    expect(summed.segmentation).toBeCloseTo(2 * both.segmentation, 5);
  });
});

describe("jtr by the paper (eq. 5)", () => {
  const built = (labelled: string[][], options = {}) => buildMethod(jtr, { width: 2, ...options }, labelled);

  it("has no distance where nothing is labelled: both stacks are the prediction", async () => {
    expect((await values(built([[], []])))["jtr.distance"]).toBeCloseTo(0, 5);
    expect((await values(built([ALL, ALL])))["jtr.distance"]).toBeGreaterThan(1e-4);
  });

  it("sends the distance's gradient to both networks, the reconstruction's to the auto-encoder alone", async () => {
    const method = built([["depth"], ["segmentation"]]);
    const distance = await reach(method, "jtr.distance");
    expect(distance.kept).toBeGreaterThan(0);
    expect(distance.helper).toBeGreaterThan(0);
    const reconstruction = await reach(method, "jtr.reconstruction");
    expect(reconstruction.kept).toBe(0);
    expect(reconstruction.helper).toBeGreaterThan(0);
  });

  it("has no reconstruction term at weight 0", () => {
    const { terms } = built([ALL, ALL], { reconstructionWeight: 0 });
    expect(terms.map(({ name }) => name)).toEqual([...ALL, "jtr.distance"]);
  });

  it("knows L1 and L2 distances", async () => {
    const [cosine, l1, l2] = await Promise.all(
      ["cosine", "l1", "l2"].map(
        async (distance) => (await values(built([ALL, ALL], { distance })))["jtr.distance"],
      ),
    );
    expect(new Set([cosine, l1, l2]).size).toBe(3);
  });
});

describe("jtr as released", () => {
  const built = (labelled: string[][]) => buildMethod(jtr, { width: 2, variant: "released" }, labelled);

  it("sends the distance's gradient to predictions of unlabelled tasks only, never to the auto-encoder", async () => {
    const partly = await reach(built([["depth"], ["segmentation"]]), "jtr.distance");
    expect(partly.kept).toBeGreaterThan(0);
    expect(partly.helper).toBe(0);
    expect((await reach(built([ALL, ALL]), "jtr.distance")).kept).toBe(0);
  });

  it("trains the auto-encoder by the second distance and the reconstructions alone", async () => {
    for (const term of ["jtr.distance.encoder", "jtr.reconstruction"]) {
      const { kept, helper } = await reach(built([["depth"], ["segmentation"]]), term);
      expect(kept, term).toBe(0);
      expect(helper, term).toBeGreaterThan(0);
    }
  });

  it("differs in segmentation stacks even where nothing is labelled: each draw is its own", async () => {
    expect((await values(built([[], []])))["jtr.distance"]).toBeGreaterThan(1e-6);
  });
});
