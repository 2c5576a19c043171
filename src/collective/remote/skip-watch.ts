/** @file Counts steps that lacked a peer: a few are weather, many are a fault that must not go unnoticed. */
import { UserError } from "../../common/errors.js";

/** Steps that are looked back upon. */
const WINDOW = 200;
/** A peer's silence is told of once in so long, milliseconds. */
const TELL_MS = 60_000;

export class SkipWatch {
  readonly #fraction: number;
  readonly #note: (message: string) => void;
  readonly #clock: () => number;
  readonly #lately: boolean[] = [];
  readonly #told = new Map<string, number>();
  /** Predictions that were missing so far. */
  total = 0;

  constructor(
    fraction: number,
    note: (message: string) => void,
    clock: () => number = () => performance.now(),
  ) {
    this.#fraction = fraction;
    this.#note = note;
    this.#clock = clock;
  }

  /** Takes a step in. */
  add(skipped: readonly { readonly peer: string; readonly reason: string }[]): void {
    this.total += skipped.length;
    this.#lately.push(skipped.length > 0);
    if (this.#lately.length > WINDOW) this.#lately.shift();
    const now = this.#clock();
    for (const { peer, reason } of skipped) {
      if (now - (this.#told.get(peer) ?? Number.NEGATIVE_INFINITY) < TELL_MS) continue;
      this.#told.set(peer, now);
      this.#note(`warning: no predictions of ${peer} (${reason}): its constraints are left out of this step`);
    }
  }

  /** Whether more steps of late lacked a peer than may. */
  get tooMany(): boolean {
    return this.#lately.filter(Boolean).length > this.#fraction * WINDOW;
  }

  /** The error of a run that ends for it. */
  error(folder: string): UserError {
    return new UserError({
      code: "collective.peers-missing",
      where: folder,
      what: `of the last ${this.#lately.length} steps ${this.#lately.filter(Boolean).length} lacked the predictions of a peer`,
      fix: "The checkpoint is saved: start the peers' trainers and servers, then go on with --resume; or set `bus.onSkipped: continue`.",
    });
  }
}
