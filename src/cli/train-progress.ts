/** @file What `train` shows while it works: a line every few seconds, and one an evaluation. */
import { formatNumber, formatSeconds } from "../report/numbers.js";
import type { MetricsRecord, Recorder, StepRecord } from "../training/metrics-log.js";
import { note } from "./output.js";

const INTERVAL_MS = 3000;

export interface TrainProgress {
  readonly recorder: Recorder;
  /** Tells at which step training begins. */
  start(at: { readonly step: number }): void;
}

/** Progress of a run of `total` steps on stderr. */
export function trainProgress(total: number, write: (line: string) => void = note): TrainProgress {
  const ignore = () => undefined;
  let begun = performance.now();
  let firstStep = 0;
  let shown = Number.NEGATIVE_INFINITY;
  const showStep = (record: StepRecord): void => {
    const now = performance.now();
    if (now - shown < INTERVAL_MS && record.step < total) return;
    shown = now;
    const left = ((now - begun) / 1000 / (record.step - firstStep)) * (total - record.step);
    write(`${stepText(record, total)}  ${formatSeconds(left)} left`);
  };
  const show = (record: MetricsRecord): void => {
    if (record.kind === "step") showStep(record);
    else write(evaluationText(record));
  };
  return {
    start({ step }) {
      begun = performance.now();
      firstStep = step;
    },
    recorder: { record: show, picture: ignore, text: ignore, flush: ignore, close: ignore },
  };
}

function stepText({ step, losses, timing }: StepRecord, total: number): string {
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${formatNumber(value)}`);
  const speed = timing === undefined ? "" : `  ${formatNumber(timing.imagesPerSecond)} images/s`;
  return `step ${step}/${total}  ${terms.join(", ")}${speed}`;
}

function evaluationText({
  step,
  split,
  metrics,
  best,
}: Extract<MetricsRecord, { kind: "evaluation" }>): string {
  const tasks = Object.entries(metrics).map(([task, values]) => {
    const [[name, value]] = Object.entries(values);
    return `${task} ${name} ${formatNumber(value)}`;
  });
  return `step ${step}, on ${split}: ${tasks.join(", ")}${best ? " (best so far)" : ""}`;
}
