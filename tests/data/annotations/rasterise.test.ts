import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../../src/data/annotations/annotation.js";
import { indexMap } from "../../../src/data/annotations/index-map.js";
import { box, ellipse, thickLine, turned } from "../../../src/data/annotations/outlines.js";
import { type FillRule, paintRing, ringArea } from "../../../src/data/annotations/rasterise.js";

function painted(ring: readonly Point[], rule: FillRule, width = 8, height = 7): string[] {
  const signs = new Array<string>(width * height).fill(".");
  paintRing(ring, { width, height }, rule, (pixel) => {
    signs[pixel] = "#";
  });
  return Array.from({ length: height }, (_, y) => signs.slice(y * width, (y + 1) * width).join(""));
}

const count = (rows: readonly string[]) => rows.join("").replaceAll(".", "").length;
const SQUARE = box([1, 1], [5, 4]);

describe("rules", () => {
  test("a square from (1,1) to (5,4) is 12 pixels by centres, 20 with its border", () => {
    expect(painted(SQUARE, "centre").slice(0, 5)).toEqual([
      "........",
      ".####...",
      ".####...",
      ".####...",
      "........",
    ]);
    expect(count(painted(SQUARE, "border"))).toBe(20);
  });

  test("neighbours share no pixel by centres, and leave none out", () => {
    const left: Point[] = [
      [0, 0],
      [3.3, 0],
      [4.9, 7],
      [0, 7],
    ];
    const right: Point[] = [
      [3.3, 0],
      [8, 0],
      [8, 7],
      [4.9, 7],
    ];
    expect(count(painted(left, "centre")) + count(painted(right, "centre"))).toBe(56);
    const both = painted(left, "centre").map((row, y) =>
      [...row].some((sign, x) => sign === "#" && painted(right, "centre")[y][x] === "#"),
    );
    expect(both).not.toContain(true);
  });

  test("what lies beyond the image is cut; direction does not matter", () => {
    expect(count(painted(box([-5, -5], [20, 20]), "centre"))).toBe(56);
    expect(count(painted(box([-5, -5], [20, 20]), "border"))).toBe(56);
    expect(painted([...SQUARE].reverse(), "border")).toEqual(painted(SQUARE, "border"));
  });

  test("a ring of rings leaves its hole open where it is surrounded twice", () => {
    const twice: Point[] = [...box([0, 0], [6, 6]), [0, 0], ...box([2, 2], [4, 4]), [2, 2]];
    expect(painted(twice, "centre")[3].slice(0, 6)).toBe("##..##");
  });

  test("pixels by centres are as many as the area says, of large convex rings", () => {
    const angles = fc.array(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), {
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(angles, (all) => {
        const ring = [...all]
          .sort((a, b) => a - b)
          .map((angle): Point => [100 + 90 * Math.cos(angle), 100 + 90 * Math.sin(angle)]);
        const pixels = count(painted(ring, "centre", 200, 200));
        // At most a pixel a row for each of the two sides.
        expect(Math.abs(pixels - ringArea(ring))).toBeLessThan(200);
      }),
      { numRuns: 40 },
    );
  });
});

test("outlines: an ellipse's area, a line's width, a turned box", () => {
  expect(ringArea(ellipse([5, 5], 4, 2)) / (Math.PI * 8)).toBeCloseTo(1, 2);
  expect(
    thickLine(
      [
        [0, 0],
        [10, 0],
        [10, 10],
      ],
      3,
    ).map(ringArea),
  ).toEqual([30, 30]);
  const [corner] = turned(box([0, 0], [4, 2]), 90, [2, 1]);
  expect(corner[0]).toBeCloseTo(3, 9);
  expect(corner[1]).toBeCloseTo(-1, 9);
});

test("shapes lie over one another by order or by size, and ignored ones over all", () => {
  const classes = new Map([
    ["small", 1],
    ["large", 2],
  ]);
  const shapes = [
    { label: "small", ring: box([1, 1], [2, 2]) },
    { label: "large", ring: box([0, 0], [4, 4]) },
    { label: null, left: 3, top: 3, width: 2, data: Uint8Array.of(1, 0, 0, 1) },
  ];
  const image = { image: "a", where: "a", unit: "pixels", shapes } as const;
  const options = { rule: "centre", classes, outside: 0 } as const;
  const size = { width: 5, height: 5 };
  const byOrder = indexMap(image, size, { ...options, overlap: "order" });
  expect([byOrder[6], byOrder[0], byOrder[18], byOrder[24], byOrder[20]]).toEqual([2, 2, 255, 255, 0]);
  const small = indexMap(image, size, { ...options, overlap: "small" });
  expect([small[6], small[0]]).toEqual([1, 2]);
  const shares = {
    ...image,
    unit: "shares",
    shapes: [{ label: "large", ring: box([0, 0], [0.4, 0.2]) }],
  } as const;
  expect([...indexMap(shares, size, { ...options, overlap: "order", outside: 255 })].slice(0, 3)).toEqual([
    2, 2, 255,
  ]);
});
