import { describe, expect, it } from "vitest";
import { MUTATIONS, withPngChecksums } from "../../benchmarks/fuzz/mutate.js";
import { fuzzedReaders } from "../../benchmarks/fuzz/readers.js";
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import { decodePng } from "../../src/data/files/png.js";
import { greyPng } from "../helpers/dataset.js";

const readers = await fuzzedReaders();

describe("the fuzz benchmark", () => {
  it.each(readers)("begins from files that $name reads", async ({ sound, read }) => {
    const ends = await Promise.all(
      sound.flatMap((bytes) =>
        // The ways to read a picture differ by seed.
        [0, 5, 10, 15].map((seed) =>
          read(bytes, seed).then(
            () => true,
            (error) => {
              expect(error).toBeInstanceOf(UserError);
              return false;
            },
          ),
        ),
      ),
    );
    expect(ends).toContain(true);
  });

  it.each(Object.keys(MUTATIONS))("damages files by %s, alike for the same seed, not in place", (name) => {
    const whole = greyPng(9, new Array(81).fill(3));
    const before = Uint8Array.from(whole);
    const damaged = [1, 2, 3, 4, 5].map((seed) => MUTATIONS[name](whole, new Random(seed, "fuzz")));
    expect(whole).toEqual(before);
    expect(damaged.map((_, i) => MUTATIONS[name](whole, new Random(i + 1, "fuzz")))).toEqual(damaged);
    expect(damaged.some((bytes) => Buffer.compare(bytes, whole) !== 0)).toBe(true);
  });

  it("mends the checksums of a PNG, so that the damage behind them is met", () => {
    const whole = greyPng(3, [1, 2, 3, 4, 5, 6]);
    const wider = Uint8Array.from(whole);
    wider[19] = 2;
    expect(() => decodePng(wider, "x.png")).toThrow("checksum");
    expect(() => decodePng(withPngChecksums(wider), "x.png")).toThrow(/pixel data/);
  });
});
