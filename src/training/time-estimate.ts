/** @file About how long a run takes, before anything is compiled. */
import { countWork } from "../graph/count-flops.js";
import { buildTraining } from "../step/program.js";
import { resolveTasks } from "../tasks/index.js";
import type { TaskSpec } from "../tasks/task.js";
import type { RunConfig, SettledConfig } from "./config/index.js";
import { networkOf, resolve } from "./parts.js";
import { predictedTasks } from "./run-data.js";

/**
 * Seconds of two cores for an operation of a convolution or a matrix product, and for a value that any node
 * writes. With both, steps of SegNet at 96x128, supervised at width 16 (129 ms) and JTR at width 64
 * (2.4 s), come out within a quarter of what was measured (benchmarks/results/cost.json, speed.json).
 */
const [PER_FLOP, PER_VALUE] = [1 / 300e9, 0.7e-9];

/**
 * Seconds of a run's steps on two cores, reading and evaluating left out, from what a step multiplies and
 * adds. `specs`: the dataset's tasks. Undefined where the configuration does not say size or length.
 */
export function estimatedSeconds(
  config: RunConfig,
  specs: Readonly<Record<string, TaskSpec>>,
): number | undefined {
  const { steps } = config;
  const { size } = config.data;
  if (steps === undefined || size === undefined) return undefined;
  const tasks = predictedTasks(networkOf(config), resolveTasks(specs, config.tasks));
  const { update } = buildTraining(resolve({ ...config, steps } as SettledConfig, { tasks, size }, {})).graph;
  const outputs = [...Object.values(update.outputs), ...update.state.map(({ next }) => next)];
  const { flops, values } = countWork(outputs);
  return config.accumulate * steps * (PER_FLOP * flops + PER_VALUE * values);
}

/** `about 4 minutes`, for people. */
export function aboutSeconds(seconds: number): string {
  const units = [
    ["second", 1, 90],
    ["minute", 60, 90],
    ["hour", 3600, 48],
    ["day", 86_400, Number.POSITIVE_INFINITY],
  ] as const;
  const [unit, length] = units.find(([, each, most]) => seconds / each < most)!;
  const count = Math.max(1, Math.round(seconds / length));
  return `about ${count} ${unit}${count === 1 ? "" : "s"}`;
}
