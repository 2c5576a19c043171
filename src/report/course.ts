/** @file A run's report, kept up to date while it trains. */
import type { Recorder } from "../runs/metrics-log.js";
import { findRun } from "../runs/run-folder.js";
import { keptData } from "../training/kept-data.js";
import { writeRunReport } from "./run-report.js";

/**
 * Rewrites the report of a run after every evaluation, once its pictures are drawn, beside the training.
 * `failed` is told where that was not possible; training goes on.
 */
export function reportRecorder(
  folder: string,
  failed: (error: unknown) => void,
): Recorder & { readonly settled: () => Promise<void> } {
  let due = false;
  let writing: Promise<void> = Promise.resolve();
  const write = () => {
    if (!due) return;
    due = false;
    writing = writing.then(async () => {
      try {
        const { tasks } = await keptData(findRun(folder));
        await writeRunReport(folder, tasks, ["The run goes on."]);
      } catch (error) {
        failed(error);
      }
    });
  };
  return {
    // An evaluation's pictures come behind its record: the next step says that they are there.
    record: ({ kind }) => {
      if (kind === "step") write();
      else due = true;
    },
    picture: () => undefined,
    flush: () => undefined,
    close: () => undefined,
    settled: () => writing,
  };
}
