import { expect, it } from "vitest";
import { TimeLeft } from "../../src/bench/time-left.js";
import type { RunConfig } from "../../src/training/config/index.js";

it("goes by the steps of the runs that it saw", () => {
  let now = 0;
  const left = new TimeLeft(() => now);
  const run = (steps?: number) => ({ config: { steps } as RunConfig });
  expect(left.secondsFor([run(10)])).toBeUndefined();
  now = 60_000;
  left.trained(run(100));
  expect(left.secondsFor([run(100), run(50)])).toBe(90);
  expect(left.secondsFor([run()])).toBe(600);
  expect(left.secondsFor([])).toBe(0);
});
