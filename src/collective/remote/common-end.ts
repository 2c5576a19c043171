/**
 * @file The step after which a collective in lock-step stops once one of its trainers is told to: all take
 * the same number of steps, or those that are behind would wait for weights that never come.
 */

/**
 * A trainer's part in the agreement. Whoever is told to stop names a step so far ahead that word of it,
 * handed on with the weights of each step, reaches all before they get there. Of several the first counts:
 * word of each has reached all by then.
 */
export class CommonEnd {
  readonly #farthest: number;
  #step: number;
  #early = false;

  /** `modules` are those of the collective, `steps` those that it takes if nobody stops it. */
  constructor(modules: number, steps: number) {
    // Each step carries word from a module to those that constraints tie it to.
    this.#farthest = modules - 1;
    this.#step = steps;
  }

  /** Steps that are to be done. */
  get step(): number {
    return this.#step;
  }

  /** What peers are told: the step, where it comes before the last one. */
  get told(): number | undefined {
    return this.#early ? this.#step : undefined;
  }

  /** This trainer is to stop, `done` steps are done. */
  ask(done: number): void {
    this.hear(done + this.#farthest);
  }

  /** A peer told when all stop, if it knew. */
  hear(end: number | undefined): void {
    if (end === undefined || end >= this.#step) return;
    this.#step = end;
    this.#early = true;
  }
}
