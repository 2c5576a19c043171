import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balancedPace, labellessShare } from "../../../src/data/loading/balance.js";
import { epochPace, stepsPerEpoch } from "../../../src/data/loading/draws.js";
import { openLoader, type StreamPlan } from "../../../src/data/loading/loader.js";
import type { Batch } from "../../../src/data/types.js";
import { tinyFolder } from "../../helpers/dataset.js";

const TASKS = ["a", "b", "c"];
const sets = fc.record({
  seed: fc.integer({ min: 0, max: 1000 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
  tasksOf: fc.array(fc.subarray(TASKS), { minLength: 1, maxLength: 25 }),
});

function pacesOf({ seed, batchSize, tasksOf }: { seed: number; batchSize: number; tasksOf: string[][] }) {
  const options = { seed, batchSize, samples: tasksOf.length };
  const plain = epochPace(options);
  const make = () => balancedPace(plain, { tasks: TASKS, tasksOf }, options);
  return { plain, balanced: make(), again: make(), steps: stepsPerEpoch(tasksOf.length, batchSize) };
}

describe("balanced batches", () => {
  it("hold a labelled sample of each task that has any, or serve tasks in turn", () => {
    fc.assert(
      fc.property(sets, (set) => {
        const { balanced } = pacesOf(set);
        const known = TASKS.filter((task) => set.tasksOf.some((tasks) => tasks.includes(task)));
        for (let batch = 0; batch < 12; batch++) {
          const draws = balanced.draws(batch);
          expect(draws).toHaveLength(set.batchSize);
          const seen = new Set(draws.flatMap(({ index }) => set.tasksOf[index]));
          // The one whose turn it is always; all of them where there is room.
          if (known.length > 0) expect(seen).toContain(known[batch % known.length]);
          if (set.batchSize >= known.length) expect([...seen].sort()).toEqual(known);
        }
      }),
    );
  });

  it("change no more than they must, and depend on the seed and the batch's number alone", () => {
    fc.assert(
      fc.property(sets, (set) => {
        const { plain, balanced, again } = pacesOf(set);
        // Asked for in another order, as by other workers.
        const backwards = Array.from({ length: 12 }, (_, i) => again.draws(11 - i)).reverse();
        for (let batch = 0; batch < 12; batch++) {
          const [before, after] = [plain.draws(batch), balanced.draws(batch)];
          expect(backwards[batch]).toEqual(after);
          const changed = after.filter((draw, slot) => draw.key.join() !== before[slot].key.join());
          expect(changed.length).toBeLessThanOrEqual(TASKS.length);
          const seen = new Set(before.flatMap(({ index }) => set.tasksOf[index]));
          if (TASKS.every((task) => seen.has(task)) && set.batchSize >= TASKS.length)
            expect(changed).toEqual([]);
        }
      }),
    );
  });

  it("give every draw random numbers of its own", () => {
    fc.assert(
      fc.property(sets, (set) => {
        const { balanced, steps } = pacesOf(set);
        const keys = Array.from({ length: 2 * steps }, (_, batch) => balanced.draws(batch))
          .flat()
          .map(({ key }) => key.join());
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it("go through a task's labelled samples evenly where all batches need one", () => {
    const tasksOf = Array.from({ length: 200 }, (_, i) => (i < 5 ? ["a"] : []));
    const { balanced } = pacesOf({ seed: 3, batchSize: 1, tasksOf });
    const uses = new Array<number>(5).fill(0);
    for (let batch = 0; batch < 150; batch++) for (const { index } of balanced.draws(batch)) uses[index]++;
    expect(uses.reduce((sum, count) => sum + count)).toBe(150);
    for (const count of uses) expect(Math.abs(count - 30)).toBeLessThanOrEqual(8);
  });
});

it("a loader's balanced batches are the same on any thread and resumed, and show no label that they may not", async () => {
  const labels = { train00: ["depth"], train03: ["normals"], train05: ["segmentation"] };
  const main: StreamPlan = {
    source: { format: "folder", path: await tinyFolder({ train: 20 }) },
    split: "train",
    tasks: ["segmentation", "depth", "normals"],
    labels,
    batchSize: 4,
    size: [6, 8],
    views: [{ from: "sample", augmentations: [{ name: "flip", probability: 0.5 }] }],
    sampling: { balance: "tasks" },
  };
  const take = async (workers: number, start: number) => {
    const loader = await openLoader({
      ...{ streams: { main }, seed: 4, workers },
      start: { main: { epoch: 0, step: start } },
    });
    const batches: Batch[] = [];
    for (let step = start; step < 6; step++) batches.push(await loader.next());
    await loader.close();
    return batches;
  };
  const here = await take(0, 0);
  expect(await take(2, 2)).toEqual(here.slice(2));
  for (const { arrays, drawn } of here) {
    for (const task of main.tasks) {
      const flags = drawn.main.map(({ id }) =>
        Number((labels as Record<string, string[]>)[id]?.includes(task) ?? false),
      );
      expect([...arrays[`${task}.labelled`].data]).toEqual(flags);
      expect(flags).toContain(1);
    }
  }
  await expect(openLoader({ streams: { main, more: main }, seed: 0 })).rejects.toThrow(
    "only main can be balanced",
  );
});

it("the share of batches without a label is that of draws without putting back", () => {
  expect(labellessShare(10, 0, 4)).toBe(0);
  expect(labellessShare(10, 10, 4)).toBe(1);
  expect(labellessShare(3, 2, 4)).toBe(0);
  expect(labellessShare(10, 3, 4)).toBe(0);
  // 8 choose 2 of 10 choose 2.
  expect(labellessShare(10, 8, 2)).toBeCloseTo(28 / 45, 12);
  const tasksOf = Array.from({ length: 40 }, (_, i) => (i < 6 ? ["a"] : []));
  const { plain, steps } = pacesOf({ seed: 1, batchSize: 4, tasksOf });
  const batches = Array.from({ length: 300 * steps }, (_, batch) => plain.draws(batch));
  const bare = batches.filter((draws) => draws.every(({ index }) => tasksOf[index].length === 0)).length;
  expect(Math.abs(bare / batches.length - labellessShare(40, 34, 4))).toBeLessThan(0.03);
});
