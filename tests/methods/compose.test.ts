import { describe, expect, it } from "vitest";
import { arrayName } from "../../src/fields/layout.js";
import { filled, type Tensor } from "../../src/graph/index.js";
import { compose, jtr, type MethodDefinition, supervised, type ViewPlan } from "../../src/methods/index.js";
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

  it("shows an added method everything of a view under its own number, and enough frames for all", () => {
    const seen: Record<string, string> = {};
    const leafName = ({ node }: Tensor) => String(node.attributes.name);
    const reader = (name: string, first: ViewPlan, frames: number): MethodDefinition => ({
      ...(supervised as MethodDefinition),
      name,
      arrays: () => ["camera", "pose", "turns"],
      frames: () => ({ count: frames, step: 2 }),
      views: () => [first, { from: 0, photometric: true }],
      build(context) {
        const frame = frames - 1;
        for (const view of [0, 1]) {
          const { label, valid, labelled } = context.labels(context.tasks[0], view, frame);
          Object.assign(seen, {
            [`${name} image ${view}`]: leafName(context.image(view, frame)),
            [`${name} label ${view}`]: leafName(label),
            [`${name} valid ${view}`]: leafName(valid),
            [`${name} labelled ${view}`]: leafName(labelled),
            [`${name} camera ${view}`]: leafName(context.camera(view, frame)),
            [`${name} pose ${view}`]: leafName(context.pose(view, frame)),
            [`${name} turns ${view}`]: leafName(context.turns(view)),
          });
        }
        seen[`${name} placement`] = leafName(context.placement(1));
        return { terms: [{ name, value: filled(0), weight: 1 }] };
      },
    });
    const plain = (photometric: boolean): ViewPlan => ({ from: "sample", photometric });
    const { method } = compose(configured(reader("a", plain(true), 2)), [
      configured(reader("b", plain(false), 3)),
    ]);
    expect(method.frames!(undefined)).toEqual({ count: 3, step: 2 });
    buildMethod(method, {}, LABELLED);
    // Views 0 and 1 are a's, 2 and 3 are b's.
    for (const [name, first, frame] of [
      ["a", 0, 1],
      ["b", 2, 2],
    ] as const) {
      for (const view of [0, 1]) {
        const at = { view: first + view, frame };
        for (const field of ["image", "camera", "pose"]) {
          expect(seen[`${name} ${field} ${view}`]).toBe(arrayName(field, at));
        }
        for (const field of ["label", "valid", "labelled"]) {
          expect(seen[`${name} ${field} ${view}`]).toBe(arrayName(`segmentation.${field}`, at));
        }
        expect(seen[`${name} turns ${view}`]).toBe(arrayName("turns", { view: first + view }));
      }
      expect(seen[`${name} placement`]).toBe(arrayName("placement", { view: first + 1 }));
    }
  });

  it("refuses frames at different distances", () => {
    const framed = (name: string, step: number): MethodDefinition => ({
      ...(supervised as MethodDefinition),
      name,
      frames: () => ({ count: 2, step }),
    });
    const { method } = compose(configured(framed("a", 1)), [configured(framed("b", 3))]);
    expect(() => method.frames!(undefined)).toThrow(/every 1 and every 3 frames/);
  });
});
