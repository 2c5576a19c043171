/** @file What `train` shows while it works: the live line (or plain lines), and a line an evaluation. */
import { formatNumber } from "../report/numbers.js";
import { type MetricsRecord, type Recorder, recordListener, type StepRecord } from "../runs/metrics-log.js";
import { TOTAL_LOSS } from "../step/program.js";
import type { TrainOptions } from "../training/index.js";
import { Pace } from "./pace.js";
import { Progress, type ProgressOptions, steadyClock } from "./progress.js";
import type { ProgressLine } from "./progress-line.js";

export interface TrainProgressOptions extends ProgressOptions {
  /** Steps between two evaluations, there being one after the last step too; null: none. */
  readonly evaluateEvery: number | null;
}

type EvaluationPlace = Parameters<NonNullable<TrainOptions["onEvaluation"]>>[0];

/** Evaluations of a run of `steps` steps that are still to come when `done` are done. */
export function evaluationsLeft(
  { steps, evaluateEvery }: { readonly steps: number } & Pick<TrainProgressOptions, "evaluateEvery">,
  done: number,
): number {
  if (evaluateEvery === null || done >= steps) return 0;
  return Math.floor((steps - 1) / evaluateEvery) - Math.floor(done / evaluateEvery) + 1;
}

/** Progress of a run; listens to its records and its evaluations. */
export class TrainProgress {
  readonly recorder: Recorder;
  readonly #options: TrainProgressOptions;
  readonly #display: Progress;
  readonly #now: () => number;
  readonly #pace: Pace;
  /** Of the whole run, those of earlier sessions included. */
  #steps = 0;
  #step = 0;
  #losses: StepRecord["losses"] | undefined;
  /** When the last step ended. */
  #stepEnded = 0;
  /** When the evaluation after that step began, once it is over. */
  #evaluatedFrom: number | undefined;
  #evaluationImages = 0;
  /** Seconds that the last evaluation took; null before there was one. */
  #evaluationSeconds: number | null = null;
  /** The evaluation at work: when it began, and how far it is. */
  #evaluation: { readonly begun: number; readonly at: EvaluationPlace } | undefined;

  constructor(options: TrainProgressOptions) {
    this.#options = options;
    this.#display = new Progress(options);
    this.#now = options.now ?? steadyClock;
    this.#pace = new Pace(this.#now);
    this.recorder = recordListener((record) => this.#record(record));
  }

  /** Training begins after step `step` of `steps`; `evaluationImages` are in the split that is evaluated. */
  start({
    step,
    steps,
    evaluationImages,
  }: Readonly<Record<"step" | "steps" | "evaluationImages", number>>): void {
    this.#step = step;
    this.#steps = steps;
    this.#evaluationImages = evaluationImages;
    if (step > 0) this.print(`going on after step ${step} of ${steps}`);
    this.#display.show(this.#line());
  }

  /** An evaluation is so far. */
  evaluating(at: EvaluationPlace): void {
    const before = at.done === 0 ? undefined : this.#evaluation;
    this.#evaluation = { begun: before?.begun ?? this.#now(), at };
    this.#display.show(this.#line());
  }

  /** Prints a line of its own. */
  print(line: string): void {
    this.#display.print(line);
  }

  /** Ends the live line. */
  finish(): void {
    this.#display.finish();
  }

  #record(record: MetricsRecord): void {
    if (record.kind === "step") this.#recordStep(record);
    else {
      const begun = this.#evaluation?.begun ?? this.#now();
      this.#evaluatedFrom = begun;
      this.#evaluationSeconds = (this.#now() - begun) / 1000;
      this.#evaluation = undefined;
    }
    this.#display.show(this.#line());
    if (record.kind === "evaluation") this.print(evaluationText(record));
  }

  #recordStep({ step, losses, timing = { seconds: 0, imagesPerSecond: 0 } }: StepRecord): void {
    const { seconds, imagesPerSecond } = timing;
    if (this.#evaluatedFrom !== undefined) {
      // With what an evaluation brings along: pictures, a checkpoint.
      const begun = this.#now() - 1000 * seconds;
      this.#evaluationSeconds = (begun - this.#evaluatedFrom) / 1000;
      this.#pace.leaveOut(begun - this.#stepEnded);
      this.#evaluatedFrom = undefined;
    }
    this.#step = step;
    // What is minimised first: losses are left out from the right.
    this.#losses = TOTAL_LOSS in losses ? { [TOTAL_LOSS]: losses[TOTAL_LOSS], ...losses } : losses;
    this.#stepEnded = this.#now();
    this.#pace.mark(step, Math.round(imagesPerSecond * seconds));
  }

  #line(): ProgressLine {
    const at = this.#evaluation?.at;
    return {
      unit: "step",
      done: this.#step,
      total: this.#steps,
      ...(at === undefined ? { losses: this.#losses } : { activity: `${at.split} ${at.done}/${at.total}` }),
      imagesPerSecond: this.#pace.speed?.imagesPerSecond ?? null,
      secondsLeft: this.#secondsLeft(),
    };
  }

  #secondsLeft(): number | null {
    const { speed } = this.#pace;
    if (speed === null) return null;
    const steps = (this.#steps - this.#step) / speed.perSecond;
    // Without gradients and update an image takes about a third of the time: until one has been measured.
    const guess = this.#evaluationImages / (3 * speed.imagesPerSecond);
    const each = this.#evaluationSeconds ?? (Number.isFinite(guess) ? guess : 0);
    return (
      steps +
      evaluationsLeft({ ...this.#options, steps: this.#steps }, this.#step) * each +
      this.#evaluationLeft(each)
    );
  }

  /** Seconds that the evaluation at work is still going to take. */
  #evaluationLeft(expected: number): number {
    if (this.#evaluation === undefined) return 0;
    const { begun, at } = this.#evaluation;
    if (at.done === 0) return expected;
    return ((this.#now() - begun) / 1000 / at.done) * (at.total - at.done);
  }
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
