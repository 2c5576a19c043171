import { describe, expect, it } from "vitest";
import { drawAppended, drawBatch, stepsPerEpoch } from "../../../src/data/loading/draws.js";
import { countOf, expectEven } from "../../helpers/evenness.js";

type Orders = (seed: number, samples: number, count: number) => number[][];

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The orders in which `count` epochs go through a set. */
const epochs: Orders = (seed, samples, count) =>
  range(count).map((epoch) =>
    range(samples).flatMap((step) =>
      drawBatch({ seed, batchSize: 1 }, samples, { epoch, step }).map(({ index }) => index),
    ),
  );

/** The orders in which `count` rounds go through an appended set. */
const rounds: Orders = (seed, samples, count) =>
  range(count).map((round) =>
    drawAppended(seed, samples, samples, round).map((draw) => {
      expect(draw.round).toBe(round);
      return draw.index;
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
  });
});

it("appended images come in another order than the others", () => {
  for (const seed of range(10)) expect(rounds(seed, 12, 3)).not.toEqual(epochs(seed, 12, 3));
});

it("an epoch's batches are consecutive stretches of its order, and what is left out differs between epochs", () => {
  const [samples, batchSize] = [11, 3];
  const [all] = epochs(5, samples, 1);
  const batches = (epoch: number) =>
    range(stepsPerEpoch(samples, batchSize)).flatMap((step) =>
      drawBatch({ seed: 5, batchSize }, samples, { epoch, step }),
    );
  expect(batches(0)).toEqual(all.slice(0, 9).map((index) => ({ index, round: 0 })));
  const leftOut = range(660).flatMap((epoch) => {
    const drawn = new Set(batches(epoch).map(({ index }) => index));
    return range(samples).filter((index) => !drawn.has(index));
  });
  const counts = countOf(leftOut);
  expect(counts.size).toBe(samples);
  expectEven(counts.values());
});
