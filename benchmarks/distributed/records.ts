/** @file The records of a module's steps, read while it trains. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { StepRecord } from "../../src/training/index.js";

const TAIL_BYTES = 32_768;

export const metricsFile = (run: string, module: string): string =>
  join(run, "modules", module, "metrics.jsonl");

/** The last records of steps, oldest first; none where there is no file yet. */
export function latestSteps(run: string, module: string): StepRecord[] {
  let file: number;
  try {
    file = openSync(metricsFile(run, module), "r");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - from);
    const text = bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, from));
    // What stands before the first and after the last end of a line may be half of one.
    const lines = text.slice(from === 0 ? 0 : text.indexOf("\n") + 1, text.lastIndexOf("\n") + 1).split("\n");
    const records = lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as StepRecord]));
    return records.filter(({ kind }) => kind === "step");
  } finally {
    closeSync(file);
  }
}

export function latestStep(run: string, module: string): number {
  return latestSteps(run, module).at(-1)?.step ?? 0;
}
