/** @file What the `metrics` of every task have to fulfil. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/common/random.js";
import type { LabelMap, PredictionMap, TaskSpec } from "../../../src/tasks/task.js";
import { imageOf } from "../measured.js";
import { bestValue, H, type TaskUnderTest, W } from "./example.js";

type Pair = readonly [PredictionMap, LabelMap];

export function metricsConformance<S extends TaskSpec>(task: TaskUnderTest<S>): void {
  const { spec } = task;
  const { metrics } = task.kind;
  const seeds = fc.integer({ min: 0, max: 2 ** 31 });
  const resultOf = (pairs: readonly Pair[]) => {
    const accumulator = metrics.accumulator(spec);
    pairs.forEach(([prediction, label], i) => {
      accumulator.update(prediction, label, imageOf(label, String(i)));
    });
    return accumulator.result();
  };
  const pairsOf = (seed: number): Pair[] =>
    [0, 1, 2].map((i) => {
      const random = new Random(seed, "metrics", i);
      return [task.prediction(random), task.label(random)];
    });

  describe("metrics", () => {
    test("are those announced, each once, the primary one among them", () => {
      const names = metrics.infos.map(({ name }) => name);
      expect(Object.keys(resultOf(pairsOf(0)))).toEqual(names);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain(metrics.primary);
    });

    test("are NaN without a valid pixel, numbers with one", () => {
      const label = { ...task.label(new Random(4)), valid: new Uint8Array(H * W) };
      const empty: Pair = [task.prediction(new Random(5)), label];
      for (const pairs of [[], [empty]]) {
        for (const value of Object.values(resultOf(pairs))) expect(value).toBeNaN();
      }
      for (const value of Object.values(resultOf([empty, ...pairsOf(0)]))) expect(value).not.toBeNaN();
    });

    test("a perfect prediction has the best value of each", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const label = task.label(new Random(seed, "perfect"));
          const result = resultOf([[task.perfect(label), label]]);
          for (const info of task.reached) expect(result[info.name]).toBeCloseTo(bestValue(info), 4);
        }),
        { numRuns: 25 },
      );
    });

    test("no prediction is better than a perfect one", () => {
      const result = resultOf(pairsOf(1));
      for (const info of metrics.infos) {
        const short = (result[info.name] - bestValue(info)) * (info.better === "lower" ? 1 : -1);
        expect(short).toBeGreaterThanOrEqual(0);
      }
    });

    test("do not depend on the order of images, and one may ask in between", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const pairs = pairsOf(seed);
          const forwards = resultOf(pairs);
          const accumulator = metrics.accumulator(spec);
          [...pairs].reverse().forEach(([prediction, label], i) => {
            accumulator.update(prediction, label, imageOf(label, String(pairs.length - 1 - i)));
            accumulator.result();
          });
          const backwards = accumulator.result();
          for (const { name } of metrics.infos) expect(backwards[name]).toBeCloseTo(forwards[name], 9);
        }),
        { numRuns: 25 },
      );
    });

    test("keep nothing that the next batch overwrites", () => {
      const pairs = pairsOf(2);
      const accumulator = metrics.accumulator(spec);
      pairs.forEach(([prediction, label], i) => {
        const [data, labelData] = [prediction.data.slice(), label.data.slice()];
        accumulator.update({ ...prediction, data }, { ...label, data: labelData }, imageOf(label, String(i)));
        data.fill(Number.NaN);
        labelData.fill(Number.NaN);
      });
      expect(accumulator.result()).toEqual(resultOf(pairs));
    });

    test("do not see what stands at invalid pixels", () => {
      const pairs = pairsOf(6);
      const stained = pairs.map(([prediction, label]): Pair => {
        const stain = (value: number, i: number) => (label.valid[i % (H * W)] === 1 ? value : value + 1);
        return [
          { ...prediction, data: prediction.data.map(stain) },
          { ...label, data: label.data.map(stain) },
        ];
      });
      expect(resultOf(stained)).toEqual(resultOf(pairs));
    });

    test("a prediction of another size is refused", () => {
      const [[prediction, label]] = pairsOf(7);
      const narrow = { ...prediction, width: W - 1 };
      expect(() => metrics.accumulator(spec).update(narrow, label, imageOf(label))).toThrow(RangeError);
    });
  });
}
