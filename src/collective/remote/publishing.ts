/** @file When a trainer publishes its weights, and that it never waits for an upload. */
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
