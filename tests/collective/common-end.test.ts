import fc from "fast-check";
import { expect, test } from "vitest";
import { CommonEnd } from "../../src/collective/remote/common-end.js";

/** Modules in a row or a tree, and which of them is told to stop before which step. */
const scene = fc.integer({ min: 2, max: 7 }).chain((count) =>
  fc.record({
    // Module i + 1 is tied to one of those before it.
    ties: fc.tuple(...Array.from({ length: count - 1 }, (_, i) => fc.nat(i))),
    more: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 }),
    asks: fc.array(fc.record({ module: fc.nat(count - 1), step: fc.nat(20) }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
);

test("whoever is told to stop, and when: all stop after the same step, and soon", () => {
  fc.assert(
    fc.property(scene, ({ ties, more, asks }) => {
      const count = ties.length + 1;
      const pairs = [...ties.map((other, i) => [i + 1, other]), ...more];
      const ends = Array.from({ length: count }, () => new CommonEnd(count, 1000));
      const done = ends.map(() => 0);
      for (let step = 0; step < 1000; step++) {
        for (const { module, step: at } of asks) if (at === step) ends[module].ask(step);
        const going = ends.filter((end) => step < end.step).length;
        // Those that stopped would leave the others waiting.
        expect([0, count]).toContain(going);
        if (going === 0) break;
        // What weights of this step say is settled before any of them are read.
        const told = ends.map((end) => end.told);
        for (const [a, b] of pairs) {
          ends[a].hear(told[b]);
          ends[b].hear(told[a]);
        }
        for (let i = 0; i < count; i++) done[i]++;
      }
      const first = Math.min(...asks.map(({ step }) => step));
      expect(done).toEqual(done.map(() => done[0]));
      expect(done[0]).toBeGreaterThanOrEqual(first);
      expect(done[0]).toBeLessThan(first + count);
    }),
  );
});

test("nobody is told of the end that is planned, and none is later than it", () => {
  const end = new CommonEnd(3, 10);
  expect([end.step, end.told]).toEqual([10, undefined]);
  end.ask(9);
  end.hear(undefined);
  expect([end.step, end.told]).toEqual([10, undefined]);
  end.hear(8);
  expect([end.step, end.told]).toEqual([8, 8]);
});
