import { describe, expect, it } from "vitest";
import { makeViews as placedViews } from "../../../src/data/augment/views.js";
import type { ViewSpec } from "../../../src/data/types.js";
import { LABELS, scene } from "../../fields/scene.js";

const makeViews = (...given: Parameters<typeof placedViews>) =>
  placedViews(...given).map(({ sample }) => sample);

describe("makeViews", () => {
  const flip = { name: "flip", probability: 0.5 };
  const enlarge = { name: "scale-crop", scales: [1, 1.2, 1.5] };
  const colours = (operations: number) => ({ name: "rand-augment", operations });
  const crop: ViewSpec = { from: "sample", augmentations: [flip, enlarge] };
  const key = { seed: 3, draw: [1, 4] };

  it("depends on seed, epoch, sample and view alone", () => {
    const sample = scene(16, 12);
    const views = [crop, { ...crop, from: 0 }, { from: 0, augmentations: [enlarge, colours(2)] }];
    const once = makeViews(sample, LABELS, views, key);
    expect(makeViews(sample, LABELS, views, key)).toEqual(once);
    expect(makeViews(sample, LABELS, [crop], key)[0]).toEqual(once[0]);
    const others = [0, 1, 2, 3, 5, 6, 7].map(
      (sampleIndex) => makeViews(sample, LABELS, [crop], { ...key, draw: [1, sampleIndex] })[0].image,
    );
    expect(new Set([once[0].image, ...others].map((image) => image.join())).size).toBeGreaterThan(3);
  });

  it("leaves a sample alone where nothing is asked for", () => {
    const sample = scene(8, 6);
    const [view] = makeViews(sample, LABELS, [{ from: "sample", augmentations: [] }], key);
    expect(view).toBe(sample);
    const [same] = makeViews(
      sample,
      LABELS,
      [{ from: "sample", augmentations: [{ name: "scale-crop", scales: [1] }] }],
      key,
    );
    expect(same).toBe(sample);
  });

  it("cuts later views from the earlier one's geometry, not from its colours", () => {
    const sample = scene(16, 12);
    const plain: ViewSpec = { from: 0, augmentations: [{ name: "scale-crop", scales: [1.5] }] };
    const [, fromColoured] = makeViews(
      sample,
      LABELS,
      [{ from: "sample", augmentations: [flip, enlarge, colours(4)] }, plain],
      key,
    );
    const [, fromPlain] = makeViews(sample, LABELS, [crop, plain], key);
    expect(fromColoured).toEqual(fromPlain);
  });

  it("changes colours of the image only", () => {
    const sample = scene(8, 6);
    const [view] = makeViews(sample, LABELS, [{ from: "sample", augmentations: [colours(6)] }], key);
    expect(view.labels).toBe(sample.labels);
    expect(view.image).not.toEqual(sample.image);
  });

  it("refuses a view of a later view", () => {
    expect(() => makeViews(scene(8, 6), LABELS, [{ ...crop, from: 1 }], key)).toThrow(RangeError);
  });
});
