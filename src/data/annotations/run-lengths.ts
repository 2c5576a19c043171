/** @file Masks as lengths of runs of zeros and ones in turn, zeros first. */

/** Zeros and ones in the order of the runs; undefined where they do not add up to `count`. */
export function expandRuns(runs: readonly number[], count: number): Uint8Array | undefined {
  const data = new Uint8Array(count);
  let at = 0;
  for (const [i, run] of runs.entries()) {
    if (!(Number.isInteger(run) && run >= 0) || at + run > count) return undefined;
    if (i % 2 === 1) data.fill(1, at, at + run);
    at += run;
  }
  return at === count ? data : undefined;
}

/**
 * The lengths in COCO's compressed text: five bits a character from `0` on, the lowest first, 32 where more
 * follow; from the fourth on a length is the difference to that two before. Undefined for any other text.
 */
export function cocoRuns(text: string): number[] | undefined {
  const runs: number[] = [];
  let at = 0;
  while (at < text.length) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const bits = text.charCodeAt(at++) - 48;
      if (!(bits >= 0 && bits < 64) || shift > 30) return undefined;
      value += (bits & 31) * 2 ** shift;
      shift += 5;
      more = (bits & 32) !== 0;
      if (!more && (bits & 16) !== 0) value -= 2 ** shift;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

/** A mask that was stored column by column, row by row. */
export function byRows(columns: Uint8Array, height: number, width: number): Uint8Array {
  return Uint8Array.from(
    columns,
    (_, pixel) => columns[(pixel % width) * height + Math.floor(pixel / width)],
  );
}

/**
 * Label Studio's brush: bits, the highest first: 32 of a count of values, 5 of a value's bits less one, four
 * times 4 of a run's bits less one; then runs: a bit that says whether one value is repeated, two that say
 * which of the four, its length less one, and one value or as many as it is long. Values are those of RGBA
 * pixels. Returns ones where alpha is not 0; undefined where it ends too early or is of another length.
 */
export function brushMask(bytes: readonly number[], pixels: number): Uint8Array | undefined {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = 2 * value + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  const count = bits(32);
  if (count !== 4 * pixels) return undefined;
  const word = bits(5) + 1;
  const lengths = [0, 0, 0, 0].map(() => bits(4) + 1);
  const mask = new Uint8Array(pixels);
  let filled = 0;
  const put = (value: number) => {
    if (filled % 4 === 3 && value > 0) mask[filled >> 2] = 1;
    filled++;
  };
  while (filled < count) {
    if (at >= 8 * bytes.length) return undefined;
    const repeated = bits(1) === 1;
    const length = bits(lengths[bits(2)]) + 1;
    if (filled + length > count) return undefined;
    if (repeated) {
      const value = bits(word);
      for (let i = 0; i < length; i++) put(value);
    } else for (let i = 0; i < length; i++) put(bits(word));
  }
  return mask;
}
