/** @file What `train --json` prints: one JSON document a line, as it happens. */
import type { LabelAssignment } from "../data/types.js";
import type { MetricsRecord } from "../runs/metrics-log.js";
import type { RunData } from "../training/index.js";

/** An event: what `metrics.jsonl` keeps (steps, evaluations), and what stands around it. */
export type TrainEvent =
  | MetricsRecord
  | {
      /** The data is open, the run's folder is there. */
      readonly kind: "prepared";
      readonly folder: string;
      readonly tasks: readonly string[];
      /** Training images, and how many of them are labelled for each task. */
      readonly images: number;
      readonly labelled: Readonly<Record<string, number>>;
    }
  | { readonly kind: "start"; readonly step: number; readonly steps: number }
  | { readonly kind: "log"; readonly message: string }
  | { readonly kind: "end"; readonly outcome: string; readonly step: number; readonly report: string };

/** Prints an event on a line of its own; NaN as null. */
export function printEvent(event: TrainEvent, out: Pick<NodeJS.WriteStream, "write"> = process.stdout): void {
  out.write(`${JSON.stringify(event)}\n`);
}

/** The event that a run's data is open. */
export function preparedEvent(
  folder: string,
  { data, labels }: { readonly data: Pick<RunData, "tasks">; readonly labels: LabelAssignment },
): TrainEvent {
  const kept = Object.values(labels);
  const names = data.tasks.map(({ name }) => name);
  return {
    ...{ kind: "prepared", folder, tasks: names, images: kept.length },
    labelled: Object.fromEntries(
      names.map((name) => [name, kept.filter((own) => own.includes(name)).length]),
    ),
  };
}
