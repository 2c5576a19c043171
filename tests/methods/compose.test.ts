import { describe, expect, it } from "vitest";
import { compose, jtr, type MethodDefinition, supervised } from "../../src/methods/index.js";
import { buildMethod, values } from "./helpers.js";

const LABELLED = [["depth"], ["segmentation"]];
const configured = <O>(method: MethodDefinition<O>, options: Record<string, unknown> = {}) => ({
  method: method as MethodDefinition,
  options: method.options.parse(options),
});

describe("compose", () => {
  it("of nothing is the method itself", () => {
    const base = configured(supervised);
    expect(compose(base, [])).toBe(base);
  });

  it("adds what the other has beyond its supervised terms: supervised with jtr is jtr", async () => {
    const options = { width: 2 };
    const { method } = compose(configured(supervised), [configured(jtr, options)]);
    const together = buildMethod(method, {}, LABELLED);
    const alone = buildMethod(jtr, options, LABELLED);
    expect(together.terms.map(({ name, weight }) => [name, weight])).toEqual(
      alone.terms.map(({ name, weight }) => [name, weight]),
    );
    expect(await values(together)).toEqual(await values(alone));
  });

  it("shares views planned alike, once each, and renumbers the others", () => {
    const viewed = (name: string, views: ReturnType<NonNullable<MethodDefinition["views"]>>) =>
      configured<unknown>({
        ...(supervised as MethodDefinition),
        name,
        views: () => views,
        build: (context) => ({
          predictions: {},
          terms: views.map((_, view) => ({ name: `${name}${view}`, value: context.image(view), weight: 1 })),
        }),
      });
    const sample = { from: "sample", photometric: true } as const;
    const { method } = compose(viewed("a", [sample, { from: 0, photometric: true }]), [
      viewed("b", [sample, sample, { from: 1, photometric: true }]),
    ]);
    expect(method.views!(undefined)).toEqual([
      sample,
      { from: 0, photometric: true },
      sample,
      { from: 2, photometric: true },
    ]);
    const { terms } = buildMethod(method, {}, LABELLED);
    const leafOf = (name: string) => terms.find((term) => term.name === name)!.value;
    expect(leafOf("b0")).toBe(leafOf("a0"));
    expect(leafOf("b1")).not.toBe(leafOf("a1"));
    expect(leafOf("b2").node.attributes).toMatchObject({ name: "view3.image" });
  });
});
