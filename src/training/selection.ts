/** @file Which evaluation is the best so far, and when to stop waiting for a better one. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { Task } from "../tasks/task.js";
import { primaryMetrics, type TaskMetrics } from "./evaluate.js";

/** `relative`, or `<task>.<metric>`. */
export type SelectionMetric = string;

/**
 * Throws UserError where a selection metric names a task or metric the run does not have. `where` is its key.
 */
export function requireSelectionMetric(metric: SelectionMetric, tasks: readonly Task[], where: string): void {
  if (metric === "relative" || tasks.some((task) => metricInfo(metric, task) !== undefined)) return;
  const known = tasks.flatMap(({ name, kind }) => kind.metrics.infos.map((info) => `${name}.${info.name}`));
  throw new UserError({
    code: "config.unknown-metric",
    what: "no task of the run has this metric",
    where,
    expected: `relative, ${known.join(", ")}`,
    got: metric,
  });
}

function metricInfo(metric: SelectionMetric, { name, kind }: Task) {
  return kind.metrics.infos.find((info) => `${name}.${info.name}` === metric);
}

/**
 * The number to be maximised. `relative`: mean over tasks of the relative improvement of the primary metric
 * over the first evaluation that measured it, as Delta% takes it against a baseline; tasks that cannot be
 * measured are left out. NaN where nothing was measured.
 */
export function selectionScore(
  metric: SelectionMetric,
  tasks: readonly Task[],
  metrics: TaskMetrics,
  first: Readonly<Record<string, number | null>>,
): number {
  if (metric !== "relative") {
    const task = tasks.find((each) => metricInfo(metric, each) !== undefined)!;
    const { name, better } = metricInfo(metric, task)!;
    return (better === "higher" ? 1 : -1) * metrics[task.name][name];
  }
  const now = primaryMetrics(tasks, metrics);
  const gains = tasks.flatMap(({ name, kind }) => {
    const { better } = kind.metrics.infos.find((info) => info.name === kind.metrics.primary)!;
    const start = first[name] ?? Number.NaN;
    const gain = ((better === "higher" ? 1 : -1) * (now[name] - start)) / Math.max(Math.abs(start), 1e-12);
    return Number.isFinite(gain) ? [gain] : [];
  });
  return gains.length === 0 ? Number.NaN : gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

const memorySchema = z.object({
  /** Each task's primary metric in the first evaluation that measured it; null where none has. */
  first: z.record(z.string(), z.number().nullable()).nullable(),
  best: z.object({ score: z.number(), step: z.int() }).nullable(),
  patience: z.object({ score: z.number(), since: z.int().nonnegative() }).nullable(),
  /** Early stopping has ended the run. */
  stopped: z.boolean(),
});

/** What choosing and early stopping remember from one evaluation to the next; part of a checkpoint. */
export type SelectionMemory = z.infer<typeof memorySchema>;

export const FRESH_MEMORY: SelectionMemory = { first: null, best: null, patience: null, stopped: false };

/** The memory kept in a checkpoint's `extra`. */
export function memoryOf(extra: unknown): SelectionMemory {
  return memorySchema.parse(extra);
}

export interface SelectionRules {
  readonly best: SelectionMetric | null;
  readonly earlyStopping?: { readonly metric: SelectionMetric; readonly patience: number };
}

/** Takes an evaluation in: is it the best, and is it time to stop? */
export function judge(
  memory: SelectionMemory,
  rules: SelectionRules,
  tasks: readonly Task[],
  metrics: TaskMetrics,
  step: number,
): { memory: SelectionMemory; isBest: boolean } {
  // Of a task that an evaluation could not measure, the next one that does is the first.
  const first = Object.fromEntries(
    Object.entries(primaryMetrics(tasks, metrics)).map(([name, value]) => [
      name,
      memory.first?.[name] ?? (Number.isFinite(value) ? value : null),
    ]),
  );
  const score = (metric: SelectionMetric) => selectionScore(metric, tasks, metrics, first);
  const bestScore = rules.best === null ? Number.NaN : score(rules.best);
  const isBest = bestScore > (memory.best?.score ?? Number.NEGATIVE_INFINITY);
  const best = isBest ? { score: bestScore, step } : memory.best;
  const { earlyStopping } = rules;
  if (earlyStopping === undefined) return { memory: { ...memory, first, best }, isBest };
  const now = score(earlyStopping.metric);
  const before = memory.patience;
  const better = now > (before?.score ?? Number.NEGATIVE_INFINITY);
  const patience = better ? { score: now, since: 0 } : before && { ...before, since: before.since + 1 };
  const stopped = patience !== null && patience.since >= earlyStopping.patience;
  return { memory: { first, best, patience, stopped }, isBest };
}
