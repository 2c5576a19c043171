import { expect, test } from "vitest";
import { makeViews } from "../../src/data/augment.js";
import type { Sample } from "../../src/data/types.js";
import { viewsOf } from "../../src/training/parts.js";
import { tinyConfig } from "../helpers/tiny.js";

test("colours change as often as configured, whatever the method; by default only where it asks for it", () => {
  const changes = (...settings: string[]) =>
    viewsOf(tinyConfig(".", ...settings)).map(({ photometric }) => photometric);
  const [plain, twice] = ["method={name: supervised}", "method={name: consistency}"];
  expect(changes(plain)).toEqual([0]);
  expect(changes(twice)).toEqual([2, 2]);
  expect(changes(plain, "augmentation.photometric=3")).toEqual([3]);
  expect(changes(twice, "augmentation.photometric=0")).toEqual([0, 0]);
});

test("views of shared geometry show the same crop and flip in other colours", () => {
  const [width, height] = [16, 12];
  const sample: Sample = {
    id: "ramp",
    width,
    height,
    image: Float32Array.from({ length: 3 * width * height }, (_, i) => (i % 97) / 97),
    labels: {},
    camera: { fx: 10, fy: 10, cx: 8, cy: 6 },
  };
  const views = viewsOf(tinyConfig(".", "method={name: consistency}", "augmentation.photometric=3"));
  expect(views[1]).toEqual({ from: 0, scales: [], flip: 0, photometric: 3 });
  const drawn = Array.from({ length: 20 }, (_, sampleIndex) =>
    makeViews(sample, {}, views, { seed: 0, epoch: 0, sampleIndex }).map((view) => view.sample),
  );
  for (const [first, second] of drawn) expect(second.camera).toEqual(first.camera);
  expect(new Set(drawn.map(([first]) => JSON.stringify(first.camera))).size).toBeGreaterThan(5);
  const differ = drawn.filter(([first, second]) => first.image.join() !== second.image.join());
  expect(differ.length).toBeGreaterThan(10);
});
