/** @file What a start needs of the bus, which may be away for a while. */
import { setTimeout as sleep } from "node:timers/promises";
import { PeerError } from "./peer-error.js";

/** How long a process that starts puts up with a bus that is away, milliseconds; and how often it looks. */
const [AWAY_MS, AGAIN_MS] = [60_000, 500];

/** Whether a bus did not answer, which it may do again. */
function isAway(error: unknown): error is PeerError {
  return error instanceof PeerError && error.reason === "failed";
}

/** Does work again until the bus is there. */
export class Patience {
  readonly #note: (message: string) => void;
  #over = false;

  constructor(note: (message: string) => void) {
    this.#note = note;
  }

  /** The work's result. Throws what it throws, where the bus is there or stays away for a minute. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    const end = performance.now() + AWAY_MS;
    for (let told = false; ; told = true) {
      try {
        return await work();
      } catch (error) {
        if (!isAway(error) || performance.now() > end || this.#over) throw error;
        if (!told) this.#note(`waiting for the bus: ${error.message}`);
        await sleep(AGAIN_MS);
      }
    }
  }

  /** Nothing is tried again from now on. */
  end(): void {
    this.#over = true;
  }
}
