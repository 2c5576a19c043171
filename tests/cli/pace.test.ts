import { expect, it } from "vitest";
import { Pace } from "../../src/cli/pace.js";

function clocked() {
  let time = 0;
  const pace = new Pace(() => time);
  return {
    pace,
    after(seconds: number, done: number, images = 4) {
      time += 1000 * seconds;
      pace.mark(done, images);
    },
    pass: (seconds: number) => {
      time += 1000 * seconds;
    },
  };
}

it("is not known before the second step, and does not count the first, which waits for what is compiled", () => {
  const { pace, after } = clocked();
  expect(pace.speed).toBeNull();
  after(90, 1);
  expect(pace.speed).toBeNull();
  after(0.5, 2);
  expect(pace.speed).toEqual({ perSecond: 2, imagesPerSecond: 8 });
});

it("is that of this session's steps in a run that was resumed", () => {
  const { pace, after } = clocked();
  after(3, 901);
  after(2, 902);
  expect(pace.speed).toEqual({ perSecond: 0.5, imagesPerSecond: 2 });
});

it("forgets what was long ago", () => {
  const { pace, after } = clocked();
  after(1, 1);
  after(100, 2);
  for (let step = 3; step <= 400; step++) after(0.1, step);
  expect(pace.speed!.perSecond).toBeCloseTo(10, 6);
});

it("leaves out the time spent on something else", () => {
  const { pace, after, pass } = clocked();
  after(1, 1);
  after(1, 2);
  pass(50);
  pace.leaveOut(50_000);
  after(1, 3);
  expect(pace.speed!.perSecond).toBeCloseTo(1, 6);
});
