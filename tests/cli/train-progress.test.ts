import { describe, expect, it, test } from "vitest";
import { evaluationsLeft, TrainProgress, type TrainProgressOptions } from "../../src/cli/train-progress.js";
import { screen } from "./screen.js";

test.each([
  // Steps, steps between evaluations, steps done; evaluations after steps 4, 8 and 12, or 4, 8 and 10.
  [12, 4, 0, 3],
  [12, 4, 4, 2],
  [12, 4, 5, 2],
  [12, 4, 11, 1],
  [12, 4, 12, 0],
  [10, 4, 8, 1],
  [3, 500, 0, 1],
  [3, null, 0, 0],
])(
  "of %d steps, evaluated every %s, after %d there are %d evaluations left",
  (steps, evaluateEvery, done, left) => {
    expect(evaluationsLeft({ steps, evaluateEvery }, done)).toBe(left);
  },
);

function run(plan: Partial<TrainProgressOptions> = {}, columns = 80) {
  const { options, advance, take } = screen({ isTTY: true, columns });
  const progress = new TrainProgress({ evaluateEvery: null, ...options, ...plan });
  const { record } = progress.recorder;
  return {
    progress,
    advance,
    last: () => take().split("<").at(-1)!.trimEnd(),
    take,
    step(step: number, seconds: number, losses: Readonly<Record<string, number | null>> = {}) {
      advance(seconds);
      const timing = { seconds, imagesPerSecond: 4 / seconds };
      record({ kind: "step", step, epoch: 0, losses, learningRates: {}, timing });
    },
    evaluate(step: number, images: number, seconds: number) {
      for (let done = 0; done <= images; done++) {
        progress.evaluating({ split: "val", done, total: images });
        if (done < images) advance(seconds / images);
      }
      record({ kind: "evaluation", step, epoch: 0, split: "val", metrics: { depth: { aErr: 0.5 } } });
    },
  };
}

describe("progress of a run", () => {
  it("has numbers that are not known yet, and none that are not", () => {
    const { progress, step, last } = run();
    progress.start({ step: 0, steps: 1000, evaluationImages: 0 });
    expect(last()).toBe("────────────   0%  step 0/1000  ? images/s  ? left");
    step(1, 60);
    expect(last()).toBe("────────────   0%  step 1/1000  ? images/s  ? left");
    step(2, 0.5, { total: 1.5, depth: null });
    expect(last()).toBe("────────────   0%  step 2/1000  8 images/s  8m 19s left  total 1.5, depth –");
  });

  it("counts share and time left from the whole in a run that goes on", () => {
    const { progress, step, take, last } = run();
    progress.start({ step: 900, steps: 1000, evaluationImages: 0 });
    expect(take()).toMatch(/^<going on after step 900 of 1000\n<━{10}── {2}90% {2}step 900\/1000 /);
    step(901, 9);
    step(902, 0.5);
    expect(last()).toBe("━━━━━━━━━━──  90%  step 902/1000  8 images/s  49s left");
  });

  it("counts the evaluations still to come: by a guess at first, then by the last one", () => {
    const { progress, step, evaluate, last } = run({ evaluateEvery: 10 });
    progress.start({ step: 0, steps: 100, evaluationImages: 120 });
    for (let done = 1; done <= 9; done++) step(done, 1);
    // 91 steps of a second; 10 evaluations of 120 images, at three times the 4 images a second of training.
    expect(last()).toContain("3m 11s left");
    step(10, 1);
    evaluate(10, 120, 30);
    step(11, 1);
    // 89 steps, 9 evaluations of half a minute.
    expect(last()).toContain("4 images/s  5m 59s left");
  });

  it("shows the images of an evaluation, and then what came of it", () => {
    const { progress, step, advance, last, take, evaluate } = run({ evaluateEvery: 10 });
    progress.start({ step: 0, steps: 20, evaluationImages: 40 });
    for (let done = 1; done <= 10; done++) step(done, 1);
    take();
    progress.evaluating({ split: "val", done: 0, total: 40 });
    advance(6);
    progress.evaluating({ split: "val", done: 30, total: 40 });
    // 10 steps, the rest of this evaluation by its own speed, and another one.
    expect(last()).toBe("━━━━━━──────  50%  step 10/20  val 30/40  15s left");
    evaluate(10, 40, 8);
    expect(take()).toMatch(
      /val 40\/40 {2}13s left<step 10, on val: depth aErr 0.5\n<━+─+ {2}50% {2}step 10\/20 /,
    );
  });

  it("prints plain lines to a file, the last step's once", () => {
    const { options, advance, take } = screen();
    const progress = new TrainProgress({ evaluateEvery: 2, ...options });
    progress.start({ step: 0, steps: 2, evaluationImages: 1 });
    for (const step of [1, 2]) {
      advance(1);
      const timing = { seconds: 1, imagesPerSecond: 4 };
      progress.recorder.record({ kind: "step", step, epoch: 0, losses: {}, learningRates: {}, timing });
    }
    progress.evaluating({ split: "val", done: 1, total: 1 });
    const metrics = { depth: { aErr: 0.5 } };
    progress.recorder.record({ kind: "evaluation", step: 2, epoch: 0, split: "val", metrics, best: true });
    progress.finish();
    expect(take()).toBe("100%  step 2/2  4 images/s\nstep 2, on val: depth aErr 0.5 (best so far)\n");
  });
});
