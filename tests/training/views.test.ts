import { expect, test } from "vitest";
import { makeViews } from "../../src/data/augment/views.js";
import type { Sample } from "../../src/data/types.js";
import { viewsOf } from "../../src/training/views.js";
import { tinyConfig } from "../helpers/tiny.js";

test("colours change as often as configured, whatever the method; by default only where it asks for it", () => {
  const changes = (...settings: string[]) =>
    viewsOf(tinyConfig(".", ...settings)).map(({ augmentations }) => {
      const colours = augmentations.find(({ name }) => name === "rand-augment");
      return colours === undefined ? 0 : colours.operations;
    });
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
  expect(views[1]).toEqual({ from: 0, augmentations: [{ name: "rand-augment", operations: 3 }] });
  const drawn = Array.from({ length: 20 }, (_, sampleIndex) =>
    makeViews(sample, {}, views, { seed: 0, draw: [0, sampleIndex] }).map((view) => view.sample),
  );
  for (const [first, second] of drawn) expect(second.camera).toEqual(first.camera);
  expect(new Set(drawn.map(([first]) => JSON.stringify(first.camera))).size).toBeGreaterThan(5);
  const differ = drawn.filter(([first, second]) => first.image.join() !== second.image.join());
  expect(differ.length).toBeGreaterThan(10);
});

test("a list of augmentations reaches the views as far as their method lets it", () => {
  const list = "augmentation=[{name: rotate}, {name: scale-crop-pad}, {name: flip}, {name: jitter, hue: 0}]";
  const names = (...settings: string[]) =>
    viewsOf(tinyConfig(".", list, ...settings)).map(({ augmentations }) =>
      augmentations.map(({ name }) => name),
    );
  const all = ["rotate", "scale-crop-pad", "flip", "jitter"];
  expect(names("method={name: supervised}")).toEqual([all]);
  expect(names("method={name: consistency}")).toEqual([all, ["jitter"]]);
  // Turned once more, a view would have no place in the first; flipped it may be.
  expect(names("method={name: consistency, geometry: undone}")).toEqual([all, all.slice(1)]);
  const [{ augmentations }] = viewsOf(tinyConfig(".", list));
  expect(augmentations[3]).toEqual({
    name: "jitter",
    brightness: 0.4,
    contrast: 0.4,
    saturation: 0.4,
    hue: 0,
    probability: 1,
  });
});

test("a list without colours leaves them to the method, unless it says 0", () => {
  const colours = (list: string) =>
    viewsOf(tinyConfig(".", "method={name: consistency}", `augmentation=${list}`)).map(
      ({ augmentations }) => augmentations,
    );
  const two = { name: "rand-augment", operations: 2 };
  const flip = { name: "flip", probability: 0.5 };
  expect(colours("[]")).toEqual([[two], [two]]);
  expect(colours("[{name: flip}]")).toEqual([[flip, two], [two]]);
  const none = { name: "rand-augment", operations: 0 };
  expect(colours("[{name: rand-augment, operations: 0}]")).toEqual([[none], [none]]);
});

test.each([
  ["[{name: flp}]", /`augmentation\.0\.name` is not known.*Did you mean `flip`/],
  ["[{name: flip, probabilty: 1}]", /unknown key `augmentation\.0\.probabilty`.*Did you mean `probability`/],
  ["[{name: scale-crop-pad, range: [2, 1]}]", /augmentation\.0\.range.*must not be larger/],
  ["{flipp: 1}", /unknown key `augmentation\.flipp`.*Did you mean `flip`/],
])("a mistake in %s is told by its key", (augmentation, message) => {
  expect(() => tinyConfig(".", `augmentation=${augmentation}`)).toThrow(message);
});
