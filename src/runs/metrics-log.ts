/**
 * @file What a run tells about itself while it trains, and who listens: `metrics.jsonl`, TensorBoard, the
 * terminal.
 */
import { UserError } from "../common/errors.js";
import { JsonLinesWriter, readJsonLines } from "../disk/json-lines.js";

/** One training step. `step` counts from 1: the number of steps done. */
export interface StepRecord {
  readonly kind: "step";
  readonly step: number;
  readonly epoch: number;
  /**
   * Each term of the loss, before its weight, as the mean over the samples it concerns, null where the batch
   * had none; and `total`, the sum that was minimised.
   */
  readonly losses: Readonly<Record<string, number | null>>;
  /** By group of parameters; `main` is the run's own. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Further numbers a method wants to be seen, e.g. loss weights or gradient norms. */
  readonly values?: Readonly<Record<string, number>>;
  /** What came of the predictions of peers, where the run is a module of a collective over a bus. */
  readonly consistency?: ConsistencyRecord;
  /** The only part of a record that differs between a run and its repetition. */
  readonly timing?: { readonly seconds: number; readonly imagesPerSecond: number };
}

/** The peers of a module in one step. */
export interface ConsistencyRecord {
  /** Constraints that were learnt from. */
  readonly used: readonly string[];
  /** Peers that gave no predictions, and why: constraints over theirs were left out. */
  readonly skipped: readonly { readonly peer: string; readonly reason: string }[];
  /**
   * How old the weights of each peer's predictions were: steps that its trainer was known to be ahead of
   * them, and seconds since they were seen published, by clocks of one machine each.
   */
  readonly stale: Readonly<Record<string, { readonly steps: number; readonly seconds: number }>>;
  /** Sent and received. */
  readonly bytes: number;
}

/** One evaluation, after `step` steps. */
export interface EvaluationRecord {
  readonly kind: "evaluation";
  readonly step: number;
  readonly epoch: number;
  readonly split: string;
  /** By task, then by metric. NaN where a metric had nothing to measure. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Loss terms on that split, where they were measured. */
  readonly losses?: Readonly<Record<string, number>>;
  /** Whether this is the best evaluation so far. */
  readonly best?: boolean;
}

export type MetricsRecord = StepRecord | EvaluationRecord;

/** A picture for the log: the bytes of a PNG file and its size in pixels. */
export interface LoggedPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Somebody who listens to a run. Calls come in order of `step`. */
export interface Recorder {
  record(record: MetricsRecord): void;
  picture(step: number, tag: string, picture: LoggedPicture): void;
  /**
   * Puts everything recorded on the disk. Call it before saving a checkpoint, so that the log never lags
   * behind.
   */
  flush(): void;
  close(): void;
}

/** A recorder that tells of every step and evaluation, and of nothing else. */
export function recordListener(record: Recorder["record"]): Recorder {
  const ignore = () => undefined;
  return { record, picture: ignore, flush: ignore, close: ignore };
}

/** One recorder that tells all of `recorders`, in that order. */
export function allRecorders(recorders: readonly Recorder[]): Recorder {
  const tellAll = (tell: (recorder: Recorder) => void): void => {
    for (const recorder of recorders) tell(recorder);
  };
  return {
    record: (record) => tellAll((each) => each.record(record)),
    picture: (step, tag, picture) => tellAll((each) => each.picture(step, tag, picture)),
    flush: () => tellAll((each) => each.flush()),
    close: () => tellAll((each) => each.close()),
  };
}

/**
 * A recorder into `metrics.jsonl`: one record a line, NaN and infinities as null. Lines of steps after
 * `resumeStep`, which the resumed run is going to repeat, are cut off first; undefined starts afresh.
 *
 * @throws UserError where the file cannot be written; `metrics.damaged` where it is damaged before its end.
 */
export function jsonLinesRecorder(path: string, resumeStep: number | undefined): Recorder {
  const writer = new JsonLinesWriter(
    path,
    (value) => resumeStep !== undefined && parseRecord(value, path).step <= resumeStep,
  );
  return {
    record: (record) => writer.append(record),
    picture: () => undefined,
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

/**
 * Reads `metrics.jsonl`; null values come back as NaN, but for losses that a batch said nothing of. Safe
 * while a run is writing.
 *
 * @throws UserError where the file is missing or holds something else.
 */
export function readMetrics(path: string): MetricsRecord[] {
  return readJsonLines(path).map((value) => parseRecord(value, path));
}

function parseRecord(value: unknown, path: string): MetricsRecord {
  const record = value as Partial<MetricsRecord> | null;
  const numbers =
    record?.kind === "step"
      ? [record.values, record.learningRates]
      : record?.kind === "evaluation"
        ? [record.losses, ...Object.values(record.metrics ?? {})]
        : [];
  if (!Number.isInteger(record?.step) || numbers.length === 0) {
    throw new UserError({
      code: "metrics.damaged",
      where: path,
      what: "a line is no record of a step or an evaluation",
      got: JSON.stringify(value).slice(0, 80),
      fix: "Mend or delete that line.",
    });
  }
  for (const group of numbers) {
    for (const [name, number] of Object.entries(group ?? {})) {
      if (number === null) (group as Record<string, number>)[name] = Number.NaN;
    }
  }
  return value as MetricsRecord;
}
