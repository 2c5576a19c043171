import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import { scaleCropPad } from "../../../src/data/augment/scale-crop-pad.js";
import { movedSample } from "../../../src/fields/index.js";
import type { Stretch } from "../../../src/fields/move.js";
import { LABELS, scene } from "../../fields/scene.js";

it.each(["zero", "mean"] as const)(
  "pads with %s and invalid labels, where the image does not reach",
  (fill) => {
    const sample = scene(16, 12);
    const { moves } = scaleCropPad.draw(sample, { range: [0.5, 0.5], fill }, new Random(4));
    const view = moves!.reduce((before, move) => movedSample(before, LABELS, move), sample);
    expect([view.width, view.height]).toEqual([16, 12]);
    const { valid } = view.labels.depth;
    expect(valid.reduce((sum, value) => sum + value)).toBe(8 * 6);
    const small = movedSample(sample, LABELS, moves![0]).image;
    for (let c = 0; c < 3; c++) {
      const plane = small.subarray(c * 48, (c + 1) * 48);
      const padding = fill === "zero" ? 0 : plane.reduce((sum, value) => sum + value) / 48;
      valid.forEach((ok, i) => {
        if (ok === 0) expect(view.image[c * 192 + i]).toBeCloseTo(padding, 6);
      });
    }
    for (const task of ["segmentation", "normals"]) expect(view.labels[task].valid).toEqual(valid);
  },
);

it("takes scales from the whole range, and the whole of a larger image", () => {
  const drawn = Array.from(
    { length: 300 },
    (_, seed) =>
      scaleCropPad.draw({ width: 64, height: 48 }, { range: [0.5, 2], fill: "zero" }, new Random(seed))
        .moves!,
  );
  const scales = drawn.map(([stretch]) => (stretch.kind === "stretch" ? stretch.enlargement : 0));
  expect(Math.min(...scales)).toBeLessThan(0.52);
  expect(Math.max(...scales)).toBeGreaterThan(1.95);
  for (const [stretch, cut] of drawn) {
    if (stretch.kind !== "stretch" || cut.kind !== "cut") throw new Error("a stretch, then a cut");
    // The frame lies within the image, or the image within the frame.
    const inside = (start: number, frame: number, image: number) =>
      image >= frame ? start >= 0 && start + frame <= image : start <= 0 && start + frame >= image;
    expect(inside(cut.top, 48, stretch.height) && inside(cut.left, 64, stretch.width)).toBe(true);
  }
});

it("takes steps of scale, the range's ends among them", () => {
  const drawn = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const options = { range: [0.5, 2], step: 0.25, fill: "mean" } as const;
    const [stretch] = scaleCropPad.draw({ width: 80, height: 40 }, options, new Random(seed)).moves!;
    drawn.add((stretch as Stretch).enlargement);
  }
  expect([...drawn].sort((a, b) => a - b)).toEqual([0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]);
});
