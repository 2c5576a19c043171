import { describe, expect, test } from "vitest";
import { augmentations } from "../../../src/data/augment/index.js";
import { CASES } from "./cases.js";
import { conforms } from "./conformance.js";

test("every augmentation has a case", () => {
  expect(Object.keys(CASES).sort()).toEqual(Object.keys(augmentations).sort());
  for (const [name, augmentation] of Object.entries(augmentations)) expect(augmentation.name).toBe(name);
});

const all = Object.entries(CASES).flatMap(([name, cases]) =>
  [{}, ...cases].map((options) => [name, options] as const),
);
describe.each(all)("%s %j", (name, options) => conforms(augmentations[name], options));
