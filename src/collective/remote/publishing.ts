/** @file When a trainer publishes its weights, and how long it waits for that: in lock-step alone. */
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/errors.js";
import type { StationLink } from "../../transport/open-station.js";
import { PeerError } from "../../transport/peer-error.js";

/** Snapshots are due after so many steps or seconds; at 0 steps with every step. */
export class RefreshSchedule {
  readonly #steps: number;
  readonly #seconds: number | undefined;
  readonly #clock: () => number;
  #last: number | undefined;

  /** `clock` in milliseconds. */
  constructor(
    { steps, seconds }: { readonly steps: number; readonly seconds?: number },
    clock: () => number = () => performance.now(),
  ) {
    this.#steps = Math.max(1, steps);
    this.#seconds = seconds;
    this.#clock = clock;
  }

  /** Whether a snapshot is due in a step of the run; the first one always is. */
  due(step: number): boolean {
    const now = this.#clock();
    const due =
      this.#last === undefined ||
      (this.#seconds === undefined ? step % this.#steps === 0 : now - this.#last >= this.#seconds * 1000);
    if (due) this.#last = now;
    return due;
  }
}

export interface Patience {
  /** How long it is tried, milliseconds. */
  readonly patienceMs: number;
  /** After it nothing is tried again. */
  readonly signal?: AbortSignal;
  note(message: string): void;
}

/** Before what failed is tried again, milliseconds. */
const AGAIN_MS = 500;

/**
 * Publishes weights that peers cannot go on without, again and again where the bus is away; `end` is the step
 * after which the trainer stops. Throws PeerError `conflict`, or UserError `bus.unpublished` where it takes
 * too long.
 */
export async function publishSurely(
  station: Pick<StationLink, "publish">,
  { step, bytes, end }: { readonly step: number; readonly bytes: Uint8Array; readonly end?: number },
  { patienceMs, signal, note }: Patience,
): Promise<void> {
  const late = performance.now() + patienceMs;
  for (let tries = 0; ; tries++) {
    try {
      // A copy: it leaves for another thread.
      await station.publish(step, bytes.slice(), end);
      return;
    } catch (cause) {
      if (!(cause instanceof PeerError) || cause.reason === "conflict") throw cause;
      if (performance.now() >= late || signal?.aborted === true) {
        throw new UserError(
          {
            code: "bus.unpublished",
            what: `the weights of step ${step} could not be published: ${cause.message}`,
            fix: "Peers wait for them: see that the bus is there, then go on from the last checkpoint with --resume.",
          },
          { cause },
        );
      }
      if (tries === 0) {
        const seconds = Math.round(patienceMs / 1000);
        note(`warning: step ${step} waits for the bus, ${seconds} s at most: ${cause.message}`);
      }
      await sleep(AGAIN_MS);
    }
  }
}

export interface UploadListener {
  /** Told of what ends a run: the module is another one's, or an error nobody expected. */
  onError(error: unknown): void;
  /** Told of weights that did not get there; the next ones may. */
  note(message: string): void;
}

/** Uploads in the background: of those that wait the latest. */
export class Uploads {
  readonly #station: Pick<StationLink, "publish">;
  readonly #listener: UploadListener;
  #waiting: { step: number; bytes: Uint8Array } | undefined;
  #running: Promise<void> | undefined;
  /** Snapshots that were overtaken by later ones before they had left. */
  dropped = 0;

  constructor(station: Pick<StationLink, "publish">, listener: UploadListener) {
    this.#station = station;
    this.#listener = listener;
  }

  add(step: number, bytes: Uint8Array): void {
    if (this.#waiting !== undefined) this.dropped++;
    this.#waiting = { step, bytes };
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting !== undefined) {
      const { step, bytes } = this.#waiting;
      this.#waiting = undefined;
      await this.#station.publish(step, bytes).catch((error: unknown) => this.#failed(step, error));
    }
  }

  /** A broker that is away for a while ends nothing: peers go on with the weights they have. */
  #failed(step: number, error: unknown): void {
    if (error instanceof PeerError && error.reason !== "conflict") {
      this.#listener.note(`warning: the weights of step ${step} were not published: ${error.message}`);
    } else this.#listener.onError(error);
  }

  /** When all have left. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }
}
