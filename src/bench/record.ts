/** @file What is known of one run of a suite: `run.json` in its folder, replaced at each stage. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { replaceFile } from "../disk/files.js";

const number = z.number().nullable();

const metricsSchema = z.record(z.string(), z.record(z.string(), number));

const measurementSchema = z.object({
  split: z.string(),
  checkpoint: z.enum(["last", "best"]),
  images: z.int().nonnegative(),
  tasks: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      /** The metric that stands for the task. */
      metric: z.string(),
      unit: z.string(),
      better: z.enum(["higher", "lower"]),
    }),
  ),
  /** By task, then metric; null where there was nothing to measure. */
  metrics: metricsSchema,
  /** The same of other data, by its name in the suite; `on` is its entry there. */
  elsewhere: z
    .record(
      z.string(),
      z.object({
        on: z.object({
          data: z.string(),
          format: z.string().optional(),
          map: z.string().optional(),
          split: z.string().optional(),
        }),
        images: z.int().nonnegative(),
        metrics: metricsSchema,
      }),
    )
    .optional(),
});

const trainingSchema = z.object({
  /** Time spent in training steps, over all sessions. */
  seconds: z.number(),
  peakMemoryBytes: z.number(),
  parameters: z.object({ network: z.number(), helpers: z.number() }),
  /** Threads of the last session; 0: one per physical core. */
  threads: z.int().nonnegative(),
});

const recordSchema = z.object({
  /** Of the configuration that the files in the folder belong to. */
  hash: z.string(),
  status: z.enum(["started", "done", "failed"]),
  /** Once training is finished. */
  training: trainingSchema.optional(),
  /** Once it is measured. */
  measurement: measurementSchema.optional(),
  error: z.string().optional(),
  /** When it failed: milliseconds since 1970. */
  failedAt: z.number().optional(),
});

export type RunRecord = z.infer<typeof recordSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type MeasuredTask = Measurement["tasks"][number];
export type TrainingRecord = z.infer<typeof trainingSchema>;

const fileOf = (folder: string): string => join(folder, "run.json");

/**
 * The record in a run's folder; undefined where the run was never begun. Throws UserError
 * `bench.damaged-record`.
 */
export async function readRecord(folder: string): Promise<RunRecord | undefined> {
  const path = fileOf(folder);
  if (!existsSync(path)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UserError(
      {
        code: "bench.damaged-record",
        where: path,
        what: "the file is no record of a run",
        fix: `Delete ${folder}: the run is then done again.`,
      },
      { cause },
    );
  }
}

/** Throws UserError where the file cannot be written. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await replaceFile(fileOf(folder), `${JSON.stringify(record, null, 2)}\n`);
}
