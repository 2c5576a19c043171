import fc from "fast-check";
import { expect, it } from "vitest";
import { scheduleFactor } from "../../src/nn/schedules.js";

it("is 1 at every step by default", () => {
  expect(scheduleFactor({ name: "constant" }, 70, 100)).toBe(1);
});

it("falls by a factor every so many steps", () => {
  const spec = { name: "step", every: 10, factor: 0.5 } as const;
  expect([0, 9, 10, 25].map((step) => scheduleFactor(spec, step, 100))).toEqual([1, 1, 0.5, 0.25]);
});

it("falls polynomially to zero", () => {
  const spec = { name: "polynomial", power: 2 } as const;
  expect([0, 50, 100].map((step) => scheduleFactor(spec, step, 100))).toEqual([1, 0.25, 0]);
});

it("falls along a cosine to its final value", () => {
  const spec = { name: "cosine", final: 0.2 } as const;
  const [first, middle, last] = [0, 50, 100].map((step) => scheduleFactor(spec, step, 100));
  expect(first).toBe(1);
  expect(middle).toBeCloseTo(0.6, 12);
  expect(last).toBeCloseTo(0.2, 12);
});

it("rises linearly over the warm-up, which multiplies the schedule", () => {
  const spec = { name: "step", every: 2, factor: 0.5, warmup: 4 } as const;
  expect([0, 1, 2, 3, 4].map((step) => scheduleFactor(spec, step, 100))).toEqual([
    0.25, 0.5, 0.375, 0.5, 0.25,
  ]);
});

it("stays between 0 and 1, never rises after its warm-up, and stands still from the last step on", () => {
  const specs = fc.oneof(
    fc.constant({ name: "constant" } as const),
    fc.record({
      name: fc.constant("step" as const),
      every: fc.integer({ min: 1, max: 30 }),
      factor: fc.double({ min: 0.1, max: 1, noNaN: true }),
    }),
    fc.record({
      name: fc.constant("polynomial" as const),
      power: fc.double({ min: 0.3, max: 3, noNaN: true }),
    }),
    fc.record({ name: fc.constant("cosine" as const), final: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(specs, fc.nat(20), fc.nat(60), (bare, warmup, total) => {
      const at = (step: number) => scheduleFactor({ ...bare, warmup }, step, total);
      for (let step = 0; step < total + 25; step++) {
        expect(at(step)).toBeGreaterThanOrEqual(0);
        expect(at(step)).toBeLessThanOrEqual(1 + 1e-12);
        if (step >= warmup) expect(at(step + 1)).toBeLessThanOrEqual(at(step) + 1e-12);
      }
      const end = Math.max(total, 1, warmup);
      if (bare.name !== "step") expect(at(end + 7)).toBe(at(end));
    }),
  );
});
