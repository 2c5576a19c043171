import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochPace, roundPace, stepsPerEpoch } from "../../../src/data/loading/draws.js";
import { countOf, expectEven } from "../../helpers/evenness.js";

type Orders = (seed: number, samples: number, count: number) => number[][];

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The orders in which `count` epochs go through a set. */
const epochs: Orders = (seed, samples, count) =>
  range(count).map((epoch) => {
    const { draws, batchAt } = epochPace({ seed, samples, batchSize: 1 });
    return range(samples).flatMap((step) => draws(batchAt({ epoch, step })).map(({ index }) => index));
  });

/** The orders in which `count` rounds go through an appended set. */
const rounds: Orders = (seed, samples, count) =>
  range(count).map((round) =>
    roundPace("append", { seed, samples, batchSize: samples })
      .draws(round)
      .map(({ index, key }) => {
        expect(key).toEqual([round, -1 - index]);
        return index;
      }),
  );

describe.each([
  ["epochs", epochs],
  ["rounds of appended images", rounds],
])("%s", (_, ordersOf) => {
  it("go through the whole set, each in an order of its own", () => {
    const orders = ordersOf(0, 12, 60);
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(range(12));
    expect(new Set(orders.map(String)).size).toBe(60);
  });

  it("meet every order equally often", () => {
    const counts = countOf(ordersOf(3, 4, 2400).map(String));
    expect(counts.size).toBe(24);
    expectEven(counts.values());
  });

  it("differ between seeds", () => {
    const firsts = range(50).map((seed) => String(ordersOf(seed, 12, 1)[0]));
    expect(new Set(firsts).size).toBe(50);
    // Nor is another seed's order the one of another time.
    const orders = range(12).flatMap((seed) => ordersOf(seed, 12, 12).map(String));
    expect(new Set(orders).size).toBe(144);
  });
});

it.each([
  ["epochs", (samples: number, batchSize: number) => epochPace({ seed: 1, samples, batchSize })],
  ["rounds", (samples: number, batchSize: number) => roundPace("more", { seed: 1, samples, batchSize })],
] as const)("every batch of %s has one place, which leads back to it", (_, paceOf) => {
  const positive = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(positive(40), positive(12), positive(200), (samples, batchSize, batch) => {
      const { positionOf, batchAt } = paceOf(samples, batchSize);
      const [at, next] = [positionOf(batch), positionOf(batch + 1)];
      expect(batchAt(at)).toBe(batch);
      expect(at.step).toBeGreaterThanOrEqual(0);
      // The next place is the next step, or the first of a later epoch.
      if (next.epoch === at.epoch) expect(next.step).toBe(at.step + 1);
      else expect([next.epoch > at.epoch, next.step]).toEqual([true, 0]);
    }),
  );
});

it("streams of other names come in other orders", () => {
  const orderOf = (stream: string) =>
    roundPace(stream, { seed: 4, samples: 20, batchSize: 20 })
      .draws(0)
      .map(({ index }) => index);
  expect(new Set(["append", "a", "b"].map((name) => String(orderOf(name)))).size).toBe(3);
  const keys = ["append", "a", "b"].flatMap((name) =>
    roundPace(name, { seed: 4, samples: 5, batchSize: 10 })
      .draws(0)
      .map(({ key }) => JSON.stringify(key)),
  );
  expect(new Set(keys).size).toBe(30);
});

it("appended images come in another order than the others", () => {
  for (const seed of range(10)) expect(rounds(seed, 12, 3)).not.toEqual(epochs(seed, 12, 3));
});

it("an epoch's batches are consecutive stretches of its order, and what is left out differs between epochs", () => {
  const [samples, batchSize] = [11, 3];
  const [all] = epochs(5, samples, 1);
  const { draws, batchAt } = epochPace({ seed: 5, samples, batchSize });
  const batches = (epoch: number) =>
    range(stepsPerEpoch(samples, batchSize)).flatMap((step) => draws(batchAt({ epoch, step })));
  expect(batches(0)).toEqual(all.slice(0, 9).map((index) => ({ index, key: [0, index] })));
  const leftOut = range(660).flatMap((epoch) => {
    const drawn = new Set(batches(epoch).map(({ index }) => index));
    return range(samples).filter((index) => !drawn.has(index));
  });
  const counts = countOf(leftOut);
  expect(counts.size).toBe(samples);
  expectEven(counts.values());
});
