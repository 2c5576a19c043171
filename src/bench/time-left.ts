/** @file How long the runs of a suite that are left take, by those that were trained already. */
import type { PlannedRun } from "./expand.js";

/** Counts steps of runs that end while it watches. */
export class TimeLeft {
  readonly #now: () => number;
  readonly #begun: number;
  #steps = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#begun = now();
  }

  /** Tells that a run was trained and measured from its first step, while this watched. */
  trained(run: Pick<PlannedRun, "config">): void {
    this.#steps += stepsOf(run);
  }

  /** Seconds for these runs at the pace so far; undefined where nothing has been trained. */
  secondsFor(runs: readonly Pick<PlannedRun, "config">[]): number | undefined {
    if (this.#steps === 0) return undefined;
    const seconds = (this.#now() - this.#begun) / 1000;
    const steps = runs.reduce((sum, run) => sum + stepsOf(run), 0);
    return (seconds * steps) / this.#steps;
  }
}

/** A run in epochs counts as one of the usual length: its steps are known once its data has been read. */
const stepsOf = ({ config }: Pick<PlannedRun, "config">): number => config.steps ?? 1000;
