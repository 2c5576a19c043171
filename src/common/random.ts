/**
 * @file Counter-based random numbers (Philox4x32-10, Salmon et al. 2011): the value at (seed, stream,
 * counter) never depends on how many workers drew before it, and Node and browsers give the same bits.
 */

const MULTIPLIER_A = 0xd2511f53;
const MULTIPLIER_B = 0xcd9e8d57;
const WEYL_A = 0x9e3779b9;
const WEYL_B = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * Ten rounds of Philox4x32 on one counter block, written over `words` (four unsigned 32-bit words, at first
 * the counter).
 */
export function philox(words: Uint32Array, key0: number, key1: number): void {
  let [c0, c1, c2, c3] = words;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const highA = mulHigh(MULTIPLIER_A, c0);
    const lowA = Math.imul(MULTIPLIER_A, c0) >>> 0;
    const highB = mulHigh(MULTIPLIER_B, c2);
    const lowB = Math.imul(MULTIPLIER_B, c2) >>> 0;
    c0 = (highB ^ c1 ^ k0) >>> 0;
    c1 = lowB;
    c2 = (highA ^ c3 ^ k1) >>> 0;
    c3 = lowA;
    k0 = (k0 + WEYL_A) >>> 0;
    k1 = (k1 + WEYL_B) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** FNV-1a hash of a string, 32 bits: turns names into stream numbers. */
export function hashString(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/**
 * A stream of random numbers named by a seed and any further labels,
 * e.g. `new Random(seed, "augment", epoch, sampleIndex)`. Equal names give equal numbers.
 */
export class Random {
  readonly #key: [number, number];
  readonly #stream: [number, number];
  #block = 0;
  readonly #words = new Uint32Array(4);
  #left = 0;
  #spareNormal: number | undefined;

  constructor(seed: number, ...labels: (string | number)[]) {
    this.#key = [seed >>> 0, Math.floor(seed / 4294967296) >>> 0];
    const text = labels.map((label) => `${typeof label === "number" ? "n" : "s"}${label}`).join("\u0000");
    this.#stream = [hashString(text), hashString(`${text}\u0001`)];
  }

  /** Next unsigned 32-bit word. */
  uint32(): number {
    if (this.#left === 0) {
      this.#words[0] = this.#block >>> 0;
      this.#words[1] = Math.floor(this.#block / 4294967296);
      this.#words[2] = this.#stream[0];
      this.#words[3] = this.#stream[1];
      philox(this.#words, this.#key[0], this.#key[1]);
      this.#block++;
      this.#left = 4;
    }
    this.#left--;
    return this.#words[this.#left];
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
    return low + unit * (high - low);
  }

  /** Uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Standard Gumbel, as PyTorch's code draws it: finite also where the uniform number is 0. */
  gumbel(): number {
    return -Math.log(Math.max(-Math.log1p(-this.uniform()), 1e-20));
  }

  /** One element of a list, uniformly. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  /** A uniformly shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }
}
