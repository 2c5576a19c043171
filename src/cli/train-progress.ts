/** @file What `train` shows while it works: the live line (or plain lines), and a line an evaluation. */
import { formatNumber } from "../report/numbers.js";
import type { MetricsRecord, Recorder } from "../runs/metrics-log.js";
import { Progress } from "./progress.js";

export interface TrainProgress {
  readonly recorder: Recorder;
  /** Tells at which step training begins. */
  start(at: { readonly step: number }): void;
  /** Prints a line of its own. */
  print(line: string): void;
  /** Ends the live line. */
  finish(): void;
}

/** Progress of a run of `total` steps on stderr. */
export function trainProgress(total: number): TrainProgress {
  const ignore = () => undefined;
  let progress = new Progress({ total });
  const show = (record: MetricsRecord): void => {
    if (record.kind === "evaluation") progress.print(evaluationText(record));
    else {
      const { step, losses, timing } = record;
      const images = timing === undefined ? 0 : Math.round(timing.imagesPerSecond * timing.seconds);
      progress.update({ step, losses, images });
    }
  };
  return {
    recorder: { record: show, picture: ignore, flush: ignore, close: ignore },
    start({ step }) {
      progress = new Progress({ total, done: step });
    },
    print: (line) => progress.print(line),
    finish: () => progress.finish(),
  };
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
