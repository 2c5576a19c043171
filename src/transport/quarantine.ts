/** @file Servers that failed lately: left alone for 2 s, twice as long each time, up to a minute. */

const FIRST_MS = 2000;
const LONGEST_MS = 60_000;

/** Who is left alone, and until when. */
export class Quarantine {
  readonly #clock: () => number;
  readonly #terms = new Map<string, { readonly until: number; readonly ms: number }>();

  /** `clock` in milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** After a fault. */
  add(instance: string): void {
    const before = this.#terms.get(instance);
    const ms = before === undefined ? FIRST_MS : Math.min(LONGEST_MS, before.ms * 2);
    this.#terms.set(instance, { until: this.#clock() + ms, ms });
  }

  /** After a good answer: the next fault counts as the first. */
  forgive(instance: string): void {
    this.#terms.delete(instance);
  }

  has(instance: string): boolean {
    const term = this.#terms.get(instance);
    return term !== undefined && this.#clock() < term.until;
  }
}
