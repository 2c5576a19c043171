/** @file What a report is made of: plain data, gathered by the caller. */

import type { MetricsRecord } from "../runs/metrics-log.js";
import type { MetricInfo } from "../tasks/task.js";
import type { TaskClasses } from "./classes-html.js";
import type { TitledLegend } from "./legend.js";

export interface ReportTask {
  readonly name: string;
  readonly metrics: readonly MetricInfo[];
  /** The metric that stands for the task in Delta%. */
  readonly primaryMetric: string;
}

/** Numbers by task, then by metric. */
export type TaskNumbers = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface ReportRun {
  readonly name: string;
  /** Content of metrics.jsonl; its curves are drawn. */
  readonly records: readonly MetricsRecord[];
  /** The final evaluation. */
  readonly final: TaskNumbers;
  /** Standard deviation over seeds, where there are several. */
  readonly spread?: TaskNumbers;
  /** Delta% against the first run with its deviation over seeds; computed from `final` where left out. */
  readonly delta?: { readonly value: number; readonly spread?: number };
}

/**
 * A table of pictures; PNG files, undefined where there is none (e.g. no label), null where none belongs.
 */
export interface PictureTable {
  readonly title: string;
  /** E.g. input, prediction, label. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** Said below the name. */
    readonly note?: string;
    readonly pictures: readonly (Uint8Array | undefined | null)[];
  }[];
  /** What the colours mean. */
  readonly legends?: readonly TitledLegend[];
}

export interface ReportData {
  readonly title: string;
  /** One or two sentences under the title. */
  readonly summary?: string;
  readonly tasks: readonly ReportTask[];
  /** One run, or several to compare; the first is the baseline. */
  readonly runs: readonly ReportRun[];
  /** What `final` was measured on, e.g. "test split, 100 images". */
  readonly finalOn?: string;
  readonly pictures: readonly PictureTable[];
  /** The images on which a task is worst. */
  readonly worst?: readonly PictureTable[];
  /** SVG files, e.g. of local features. */
  readonly drawings?: readonly { readonly title: string; readonly svg: Uint8Array }[];
  /** How each class of the tasks with classes fared. */
  readonly classes?: readonly TaskClasses[];
  /** Training images labelled for each task. */
  readonly coverage: readonly { readonly task: string; readonly labelled: number; readonly total: number }[];
  /** The resolved configuration, or configurations, as YAML. */
  readonly configs: readonly { readonly name: string; readonly yaml: string }[];
  /** Versions, machine, commit, times: name and value. */
  readonly environment: readonly (readonly [string, string])[];
  readonly notes: readonly string[];
}
