/** @file Decoded samples kept in memory. */
import type { Sample } from "../types.js";

/**
 * Decoded samples kept in memory until the limit is reached. Random order makes any choice of samples as good
 * as another.
 */
export class SampleCache {
  readonly #samples = new Map<string, Sample>();
  #bytesLeft: number;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
  }

  async get(name: string, read: () => Promise<Sample>): Promise<Sample> {
    const known = this.#samples.get(name);
    if (known !== undefined) return known;
    const sample = await read();
    let bytes = sample.image.byteLength + (sample.scan?.points.byteLength ?? 0);
    for (const points of sample.sweep?.frames ?? []) bytes += points.byteLength;
    for (const label of Object.values(sample.labels)) bytes += label.data.byteLength + label.valid.byteLength;
    if (bytes <= this.#bytesLeft) {
      this.#bytesLeft -= bytes;
      this.#samples.set(name, sample);
    }
    return sample;
  }
}
