import { describe, expect, it } from "vitest";
import { resolveTasks } from "../../src/tasks/index.js";
import { FRESH_MEMORY, judge, type SelectionMemory, selectionScore } from "../../src/training/selection.js";

const tasks = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b"] },
  depth: { kind: "depth" },
});

/** The primary metrics: mIoU (higher is better) and the absolute error of depth (lower is better). */
const metrics = (mIoU: number, aErr: number) => ({
  segmentation: { mIoU, pAcc: 50 },
  depth: { aErr, delta1: 70 },
});

describe("the score of an evaluation", () => {
  const first = { segmentation: 20, depth: 2 };
  it.each([
    ["segmentation.mIoU", metrics(30, 1), 30],
    ["depth.aErr", metrics(30, 1), -1],
    // (30 - 20) / 20 = +50 %, (2 - 1) / 2 = +50 %.
    ["relative", metrics(30, 1), 0.5],
    ["relative", metrics(20, 2), 0],
    ["relative", metrics(10, 2), -0.25],
    ["relative", metrics(20, 4), -0.5],
    ["relative", metrics(Number.NaN, 1), 0.5],
    ["relative", metrics(Number.NaN, Number.NaN), Number.NaN],
    ["depth.aErr", metrics(30, Number.NaN), Number.NaN],
  ])("by %s of %o is %f", (metric, values, wanted) => {
    const score = selectionScore(metric, tasks, values, first);
    if (Number.isNaN(wanted)) expect(score).toBeNaN();
    else expect(score).toBeCloseTo(wanted, 12);
  });
});

/**
 * Judges evaluations one after the other: whether each is the best so far, and whether the run stops there.
 */
function judged(
  evaluations: readonly (readonly [number, number])[],
  rules: Parameters<typeof judge>[1],
): { best: boolean[]; stopped: boolean[]; memory: SelectionMemory } {
  let memory = FRESH_MEMORY;
  const [best, stopped]: [boolean[], boolean[]] = [[], []];
  evaluations.forEach(([mIoU, aErr], i) => {
    const judgement = judge(memory, rules, tasks, metrics(mIoU, aErr), 10 * (i + 1));
    // What a checkpoint keeps is what the next judgement starts from.
    memory = JSON.parse(JSON.stringify(judgement.memory)) as SelectionMemory;
    best.push(judgement.isBest);
    stopped.push(memory.stopped);
  });
  return { best, stopped, memory };
}

const N = Number.NaN;

describe("the best evaluation", () => {
  it.each([
    [
      "segmentation.mIoU",
      [
        [1, 9],
        [3, 9],
        [2, 9],
        [3, 9],
        [4, 9],
      ],
      [true, true, false, false, true],
    ],
    [
      "depth.aErr",
      [
        [1, 9],
        [1, 3],
        [1, 5],
        [1, 3],
        [1, 2],
      ],
      [true, true, false, false, true],
    ],
    [
      "depth.aErr",
      [
        [1, N],
        [1, 3],
        [1, N],
        [1, 2],
      ],
      [false, true, false, true],
    ],
    // Both halves count: +100 % and -100 % are no gain over the first.
    [
      "relative",
      [
        [10, 2],
        [20, 4],
        [15, 1],
        [14, 1],
      ],
      [true, false, true, false],
    ],
    [
      "relative",
      [
        [N, N],
        [10, 2],
        [20, 1],
      ],
      [false, true, true],
    ],
    // A task that the first evaluation could not measure counts from the second on: +0 %, then -50 %.
    [
      "relative",
      [
        [10, N],
        [10, 2],
        [10, 3],
        [12, 2],
      ],
      [true, false, false, true],
    ],
  ] as const)("by %s", (best, evaluations, wanted) => {
    expect(judged(evaluations, { best }).best).toEqual(wanted);
  });

  it("is none where none is asked for, and is remembered with its step", () => {
    expect(
      judged(
        [
          [1, 1],
          [2, 1],
        ],
        { best: null },
      ).best,
    ).toEqual([false, false]);
    const { memory } = judged(
      [
        [1, 1],
        [5, 1],
        [2, 1],
      ],
      { best: "segmentation.mIoU" },
    );
    expect(memory.best).toEqual({ score: 5, step: 20 });
  });
});

describe("early stopping", () => {
  it.each([
    // Stops at the first evaluation by which `patience` evaluations in a row were no better.
    [1, [5, 4], [false, true]],
    [1, [5, 5], [false, true]],
    [2, [5, 4, 4], [false, false, true]],
    [2, [5, 4, 6, 5, 5], [false, false, false, false, true]],
    [3, [5, 4, 3, 6, 1, 2, 3], [false, false, false, false, false, false, true]],
    [2, [1, 2, 3, 4], [false, false, false, false]],
  ])("with patience %i over %o", (patience, scores, wanted) => {
    const rules = { best: null, earlyStopping: { metric: "segmentation.mIoU", patience } };
    expect(
      judged(
        scores.map((score) => [score, 1] as [number, number]),
        rules,
      ).stopped,
    ).toEqual(wanted);
  });

  it("counts an error that falls as better", () => {
    const rules = { best: null, earlyStopping: { metric: "depth.aErr", patience: 1 } };
    expect(
      judged(
        [
          [1, 5],
          [1, 4],
          [1, 3],
          [1, 4],
        ],
        rules,
      ).stopped,
    ).toEqual([false, false, false, true]);
  });
});
