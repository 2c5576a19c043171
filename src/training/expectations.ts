/** @file Results a configuration expects: a run that misses them fails. */
import { UserError } from "../common/errors.js";
import type { RunConfig } from "./config/index.js";
import type { TaskMetrics } from "./evaluate.js";

/** Throws UserError naming every expectation that `metrics` misses. */
export function requireExpected(expected: NonNullable<RunConfig["expect"]>, metrics: TaskMetrics): void {
  const missed = expected.filter(({ task, metric, value, tolerance }) => {
    const got = metrics[task]?.[metric] ?? Number.NaN;
    return !(Math.abs(got - value) <= tolerance);
  });
  if (missed.length === 0) return;
  throw new UserError({
    code: "training.missed-expectation",
    where: "expect",
    what: "the results are not those that the configuration expects",
    expected: missed
      .map((each) => `${each.task}.${each.metric} ${each.value} ± ${each.tolerance}`)
      .join(", "),
    got: missed.map(({ task, metric }) => String(metrics[task]?.[metric])).join(", "),
  });
}
