/** @file Means of numbers that may be missing. */

/** The mean of what was added under each name; null where nothing was. */
export class Averages {
  readonly #sums: Map<string, { sum: number; count: number }>;

  constructor(names: readonly string[]) {
    this.#sums = new Map(names.map((name) => [name, { sum: 0, count: 0 }]));
  }

  add(name: string, value: number): void {
    const entry = this.#sums.get(name)!;
    entry.sum += value;
    entry.count++;
  }

  means(): Record<string, number | null> {
    return Object.fromEntries(
      [...this.#sums].map(([name, { sum, count }]) => [name, count === 0 ? null : sum / count]),
    );
  }
}
