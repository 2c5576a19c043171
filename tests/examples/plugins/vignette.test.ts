import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import type { Augmentation } from "../../../src/data/augment/index.js";
import { conforms } from "../../data/augment/conformance.js";

const path = "../../../examples/plugins/vignette.mjs";
const plugin = (await import(path)) as { augmentations: Record<string, Augmentation> };
const { vignette } = plugin.augmentations;
conforms(vignette, {});

it("darkens the corners and leaves the middle", () => {
  const size = { width: 5, height: 5 };
  const { colouring } = vignette.draw(size, { strength: 1 }, new Random(1));
  const out = colouring!(new Float32Array(75).fill(0.8), size);
  expect(out[12]).toBeCloseTo(0.8, 6);
  expect(out[0]).toBeLessThan(0.75);
  expect(out[24]).toBe(out[0]);
});
