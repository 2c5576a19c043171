/** @file What is in a dataset, and what is wrong with it: every file is read once. */
import type { FileDataset } from "./file-dataset.js";
import { openDataset } from "./formats/index.js";
import { type Cause, causesOf, type FileProblem } from "./inspection/causes.js";
import { Gathered, type OnSample } from "./inspection/gather.js";
import type { LabelNumbers } from "./inspection/task-sums.js";
import { wholeCauses } from "./inspection/whole-causes.js";
import { Surveyed, type SweepSurvey } from "./sweeps/survey.js";
import { isSweepDataset, type SweepDataset } from "./sweeps/sweep-dataset.js";
import type { Dataset, DatasetSource } from "./types.js";

export type { Cause, FileProblem } from "./inspection/causes.js";

export interface TaskReport extends LabelNumbers {
  readonly kind: string;
  /** Samples with a label file, by split. */
  readonly labelled: Record<string, number>;
  /** `labelled` as a share of the split's images, 0 to 1. */
  readonly coverage: Record<string, number>;
}

/** Plain data, as `data inspect --json` prints it. */
export interface DatasetReport {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  /** Images by split. */
  readonly splits: Record<string, number>;
  /** Images by `widthxheight`. */
  readonly sizes: Record<string, number>;
  /** Images whose camera is known. */
  readonly cameras: number;
  readonly tasks: Record<string, TaskReport>;
  /** Images without any label file, by split. */
  readonly unlabelled: Record<string, number>;
  /** Of a dataset of sweeps: their points and boxes. */
  readonly sweeps?: SweepSurvey;
  readonly badFiles: FileProblem[];
  readonly warnings: FileProblem[];
  /** The same and what only the whole shows, once for each cause. */
  readonly causes: Cause[];
}

export interface InspectOptions {
  /** Called after every image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSample?: OnSample;
}

/**
 * Reads every file of a dataset once. Damaged files are listed, not thrown. Throws UserError only where the
 * dataset cannot be opened at all.
 */
export async function inspectDataset(
  source: DatasetSource,
  { onProgress, onSample }: InspectOptions = {},
): Promise<DatasetReport> {
  const dataset: Dataset & Partial<FileDataset & SweepDataset> = await openDataset(source);
  const { info, passedOver = [] } = dataset;
  const inspection = new Gathered(dataset);
  const sweeps = isSweepDataset(dataset) ? new Surveyed(dataset) : undefined;
  const total = Object.values(info.splits).reduce((sum, ids) => sum + ids.length, 0);
  let done = 0;
  for (const [split, ids] of Object.entries(info.splits)) {
    for (const id of ids) {
      await inspection.sample(split, id, onSample);
      await sweeps?.add(split, id);
      onProgress?.(++done, total);
    }
  }
  const plain = ({ file, code, message }: FileProblem): FileProblem => ({ file, code, message });
  const tasks = Object.entries(info.tasks).map(([task, { kind }]): [string, TaskReport] => {
    const labelled = inspection.labelled.get(task)!;
    const shares = Object.entries(labelled).map(([split, count]) => [
      split,
      count / info.splits[split].length,
    ]);
    return [
      task,
      { kind, labelled, coverage: Object.fromEntries(shares), ...inspection.sums.get(task)!.report() },
    ];
  });
  return {
    name: info.name,
    path: source.path,
    format: source.format,
    splits: Object.fromEntries(Object.entries(info.splits).map(([split, ids]) => [split, ids.length])),
    sizes: inspection.sizes,
    cameras: inspection.cameras,
    tasks: Object.fromEntries(tasks),
    unlabelled: inspection.unlabelled,
    ...(sweeps && { sweeps: sweeps.sums }),
    badFiles: inspection.bad.map(plain),
    warnings: [
      ...passedOver.map(({ first, code, message }) => ({ file: first, code, message })),
      ...inspection.blank.map(plain),
    ],
    causes: [
      ...causesOf("bad", inspection.bad),
      ...passedOver.map(
        ({ code, count, first, message }): Cause => ({
          severity: "warning",
          code,
          count,
          message,
          files: [first],
        }),
      ),
      ...causesOf("warning", inspection.blank),
      ...wholeCauses(inspection),
      ...(sweeps?.remarks() ?? []).map(
        (message): Cause => ({
          severity: "warning",
          code: "data.sweeps",
          count: 1,
          message,
          files: [source.path],
        }),
      ),
    ],
  };
}
