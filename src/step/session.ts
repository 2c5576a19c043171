/**
 * @file A session: turns taken step after step, with hooks between them. A run has one turn; a collective has
 * one a module and more.
 */
import type { BatchSource, StepResult, Trainer } from "./trainer.js";

/** Who trains in a step, and on what. */
export interface Turn {
  /** Name of the module that is trained; "" where there is one alone. */
  readonly module: string;
  readonly trainer: Pick<Trainer, "step">;
  readonly batches: BatchSource;
}

/** What is done between steps: recording, evaluating, saving, publishing, keeping a lease. */
export interface SessionHooks {
  /** Before a step; false ends the session there. */
  before?(step: number): boolean | Promise<boolean>;
  /** After each turn. `done` counts the steps, this one included. */
  turned?(turn: Turn, result: StepResult, done: number, seconds: number): void | Promise<void>;
  /** After all turns of a step; false ends the session there. */
  after?(done: number): boolean | Promise<boolean>;
}

/**
 * Takes every turn once a step, in order, from step `from` (steps done before) until `to` steps are done or a
 * hook says stop.
 * @returns the number of steps done.
 */
export async function runSession(
  turns: readonly Turn[],
  { from, to, hooks }: { readonly from: number; readonly to: number; readonly hooks: SessionHooks },
): Promise<number> {
  let done = from;
  while (done < to) {
    if ((await hooks.before?.(done)) === false) break;
    for (const turn of turns) {
      const begun = performance.now();
      const result = await turn.trainer.step(turn.batches, done);
      await hooks.turned?.(turn, result, done + 1, (performance.now() - begun) / 1000);
    }
    done++;
    if ((await hooks.after?.(done)) === false) break;
  }
  return done;
}
