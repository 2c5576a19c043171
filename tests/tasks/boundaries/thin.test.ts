import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thinned } from "../../../src/tasks/boundaries/thin.js";

/** A mask from rows of `#` and `.`. */
function mask(rows: readonly string[]) {
  const width = rows[0].length;
  const data = Uint8Array.from(rows.join(""), (sign) => Number(sign === "#"));
  return { data, size: { height: rows.length, width } };
}

function drawn(data: Uint8Array, width: number): string[] {
  const signs = Array.from(data, (value) => (value === 1 ? "#" : ".")).join("");
  return Array.from({ length: data.length / width }, (_, y) => signs.slice(y * width, (y + 1) * width));
}

const thin = (rows: readonly string[]) => {
  const { data, size } = mask(rows);
  return drawn(thinned(data, size), size.width);
};

/** Number of groups of pixels of one value, touching at sides (and corners). */
function groups(data: Uint8Array, height: number, width: number, value: number, corners: boolean): number {
  const seen = new Set<number>();
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (data[start] !== value || seen.has(start)) continue;
    count++;
    const stack = [start];
    seen.add(start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [y, x] = [Math.floor(at / width) + dy, (at % width) + dx];
          const next = y * width + x;
          if (y < 0 || y >= height || x < 0 || x >= width || (!corners && dy !== 0 && dx !== 0)) continue;
          if (data[next] !== value || seen.has(next)) continue;
          seen.add(next);
          stack.push(next);
        }
      }
    }
  }
  return count;
}

describe("known answers of MATLAB's bwmorph", () => {
  test.each([
    ["a block of 3 by 5", ["#####", "#####", "#####"], [".....", ".###.", "....."]],
    ["a block of 2 by 5", ["#####", "#####"], [".....", "####."]],
    ["a line", [".....", "#####", "....."], [".....", "#####", "....."]],
    ["a diagonal", ["#..", ".#.", "..#"], ["#..", ".#.", "..#"]],
    ["a single pixel", ["...", ".#.", "..."], ["...", ".#.", "..."]],
    ["nothing", ["...", "..."], ["...", "..."]],
  ])("%s", (_name, rows, expected) => {
    expect(thin(rows)).toEqual(expected);
  });
});

test("a ring stays a ring", () => {
  const ring = thin(["######", "######", "##..##", "##..##", "######", "######"]);
  const { data, size } = mask(ring);
  expect(groups(data, size.height, size.width, 1, true)).toBe(1);
  expect(data.reduce((sum, value) => sum + value, 0)).toBeLessThan(16);
  expect(ring[2].slice(2, 4)).toBe("..");
});

test("thinning again changes nothing, and nothing breaks apart, joins or closes", () => {
  const sizes = fc.record({ height: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 9 }) });
  const masks = sizes.chain(({ height, width }) => {
    const length = height * width;
    return fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      values: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: length, maxLength: length }),
    });
  });
  fc.assert(
    fc.property(masks, ({ height, width, values }) => {
      const before = Uint8Array.from(values);
      const after = thinned(before, { height, width });
      expect(thinned(after, { height, width })).toEqual(after);
      expect(after.every((value, i) => value <= before[i])).toBe(true);
      expect(groups(after, height, width, 1, true)).toBe(groups(before, height, width, 1, true));
    }),
    { numRuns: 300 },
  );
});
