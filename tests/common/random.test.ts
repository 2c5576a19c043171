import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashString, philox, Random } from "../../src/common/random.js";
import { countOf, expectEven } from "../helpers/evenness.js";

interface Stream {
  seed: number;
  labels: (string | number)[];
  words: number[];
  uniforms: number[];
  integers: number[];
  normals: number[];
  gumbels: number[];
  shuffled: number[];
}

const golden: {
  philox: { counter: number[]; key: [number, number]; words: number[] }[];
  hashes: Record<string, number>;
  streams: Stream[];
} = JSON.parse(readFileSync(new URL("../golden/philox.json", import.meta.url), "utf8"));

function list<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

describe("known answers", () => {
  it.each(golden.philox)("of Philox4x32-10 at counter $counter", ({ counter, key, words }) => {
    const block = Uint32Array.from(counter);
    philox(block, ...key);
    expect([...block]).toEqual(words);
  });

  it("of FNV-1a", () => {
    expect(golden.hashes).toMatchObject({ "": 0x811c9dc5, a: 0xe40c292c, foobar: 0xbf9cf968 });
    for (const [text, hash] of Object.entries(golden.hashes)) expect(hashString(text)).toBe(hash);
  });

  it.each(golden.streams)("of the stream $labels at seed $seed", ({ seed, labels, ...expected }) => {
    const fresh = () => new Random(seed, ...labels);
    const [words, uniforms, integers, normals, gumbels] = list(5, fresh);
    expect(list(10, () => words.uint32())).toEqual(expected.words);
    expect(list(6, () => uniforms.uniform())).toEqual(expected.uniforms);
    expect([2, 3, 10, 1000, 2 ** 31].map((count) => integers.integer(count))).toEqual(expected.integers);
    for (const value of expected.normals) expect(normals.normal()).toBeCloseTo(value, 12);
    for (const value of expected.gumbels) expect(gumbels.gumbel()).toBeCloseTo(value, 12);
    expect(fresh().shuffle([0, 1, 2, 3, 4, 5, 6, 7])).toEqual(expected.shuffled);
    expect(fresh().uniform(-2, 6)).toBeCloseTo(8 * expected.uniforms[0] - 2, 12);
    const items = ["a", "b", "c", "d", "e", "f"];
    expect(fresh().pick(items)).toBe(items[Math.floor(6 * expected.uniforms[0])]);
  });
});

describe("draws", () => {
  it("keep to their ranges: the lower bound may come, the upper one never does", () => {
    const bounds = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(fc.nat(), bounds, (seed, [low, extent]) => {
        const random = new Random(seed, "range");
        for (const value of list(20, () => random.uniform(low, low + extent))) {
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThan(low + extent);
        }
        for (const value of list(20, () => random.integer(extent))) {
          expect(Number.isInteger(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThan(extent);
        }
      }),
    );
    // The largest and the smallest words there can be.
    const extreme = (word: number) => Object.assign(new Random(0), { uint32: () => word });
    expect(extreme(0).uniform(3, 4)).toBe(3);
    expect(extreme(0xffffffff).uniform()).toBe(1 - 2 ** -53);
    for (const count of [1, 2, 3, 5, 7, 1000, 2 ** 31 - 1]) {
      expect(extreme(0xffffffff).integer(count)).toBe(count - 1);
      expect(extreme(0).integer(count)).toBe(0);
    }
    for (const word of [0, 0xffffffff]) {
      expect(extreme(word).normal()).toSatisfy(Number.isFinite);
      expect(extreme(word).gumbel()).toSatisfy(Number.isFinite);
    }
  });

  it("are even: uniform numbers, integers, picks, and the bits of words", () => {
    const random = new Random(3, "even");
    const kinds: [count: number, draw: () => number][] = [
      [16, () => Math.floor(16 * random.uniform())],
      [7, () => random.integer(7)],
      [5, () => random.pick([0, 1, 2, 3, 4])],
    ];
    for (const [count, draw] of kinds) {
      const counts = countOf(list(1000 * count, draw));
      expect(counts.size).toBe(count);
      expectEven(counts.values());
    }
    const words = list(4000, () => random.uint32());
    for (let bit = 0; bit < 32; bit++) {
      const set = words.filter((word) => (word >>> bit) & 1).length;
      expectEven([set, words.length - set]);
    }
  });

  it("of a normal distribution have its moments and tails", () => {
    const random = new Random(4, "normal");
    const values = list(20_000, () => random.normal());
    const mean = (of: (value: number) => number) =>
      values.reduce((sum, value) => sum + of(value), 0) / 20_000;
    // Each within five standard errors.
    expect(Math.abs(mean((value) => value))).toBeLessThan(5 * Math.sqrt(1 / 20_000));
    expect(Math.abs(mean((value) => value ** 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
    expect(Math.abs(mean((value) => value ** 3))).toBeLessThan(5 * Math.sqrt(15 / 20_000));
    expect(Math.abs(mean((value) => value ** 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / 20_000));
    expect(Math.abs(mean((value) => Number(Math.abs(value) > 2)) - 0.0455)).toBeLessThan(0.0075);
    // Both values of a pair are used, and have nothing to do with each other.
    const product = values.reduce((sum, value, i) => sum + (i % 2 === 0 ? value * values[i + 1] : 0), 0);
    expect(Math.abs(product / 10_000)).toBeLessThan(0.05);
  });

  it("shuffle into every order equally often, and leave the list itself alone", () => {
    const random = new Random(5, "shuffle");
    const items = [0, 1, 2, 3] as const;
    const counts = countOf(list(4800, () => random.shuffle(items).join()));
    expect(counts.size).toBe(24);
    expectEven(counts.values());
    expect(items).toEqual([0, 1, 2, 3]);
  });
});

describe("streams", () => {
  const names: [number, ...(string | number)[]][] = [
    [0],
    [1],
    [2 ** 32],
    [0, "a"],
    [0, "a", "b"],
    [0, "ab"],
    [0, "b", "a"],
    [0, 1],
    [0, "1"],
    [0, 1, 2],
    [0, 12],
    [0, "a", 1],
    [0, "a", 2],
    [0, "a", -1],
  ];

  it("of other names have other numbers, and nothing to do with each other", () => {
    const drawn = names.map((name) => {
      const random = new Random(...name);
      return list(500, () => random.uniform() - 0.5);
    });
    drawn.forEach((a, i) => {
      for (const b of drawn.slice(i + 1)) {
        expect(a.filter((value, k) => value === b[k])).toEqual([]);
        const correlation = (12 * a.reduce((sum, value, k) => sum + value * b[k], 0)) / 500;
        expect(Math.abs(correlation)).toBeLessThan(0.25);
      }
    });
  });

  it("of one name are one stream, however much others have drawn", () => {
    for (const name of names) {
      const [first, second, other] = [new Random(...name), new Random(...name), new Random(9, "other")];
      const one = list(30, () => first.uniform());
      const two = list(30, () => {
        other.normal();
        return second.uniform();
      });
      expect(two).toEqual(one);
      expect(new Set(one).size).toBe(30);
    }
  });
});
