import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resizeSample } from "../../src/data/resize.js";
import { type LabelMap, mapField } from "../../src/fields/map.js";
import { binTaps } from "../../src/fields/taps.js";
import { parseTaskSpec } from "../../src/tasks/index.js";
import { map } from "./scene.js";

const same = (label: LabelMap) => label;
const field = (resampling: "thin" | "pooled") =>
  mapField({ channels: 1, resampling, mirrored: same, turned: same, scaled: same });
const stretched = (label: LabelMap, height: number, width: number, rule: "thin" | "pooled") =>
  field(rule).moved(label, { kind: "stretch", height, width, enlargement: 1 }, label);

/** Where a source pixel of an axis falls. */
const binOf = (at: number, size: number, length: number) => Math.floor(((at + 0.5) * length) / size);

const labels = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .array(fc.tuple(fc.constantFrom(0, 0, 0.5, 1), fc.boolean()), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map(
        (cells): LabelMap => ({
          ...{ channels: 1, width, height },
          data: Float32Array.from(cells, ([value]) => value),
          valid: Uint8Array.from(cells, ([, valid]) => Number(valid)),
        }),
      ),
  );

describe("labels made smaller", () => {
  it("put every source pixel into one pixel, and leave none empty", () => {
    const length = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(length, length, (size, out) => {
        const { count, index, weight } = binTaps(size, out);
        const lists = Array.from({ length: out }, (_, i) =>
          Array.from({ length: count }, (_, k) => i * count + k).flatMap((at) =>
            weight[at] > 0 ? [index[at]] : [],
          ),
        );
        for (const list of lists) expect(list.length).toBeGreaterThan(0);
        const all = lists.flat();
        if (out <= size) expect(all).toEqual(Array.from({ length: size }, (_, i) => i));
        else expect(all).toHaveLength(out);
      }),
    );
  });

  it("thin: are set just where a valid source pixel is, and pooled: are means of what falls in", () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (label, h, w) => {
        const [height, width] = [Math.min(h, label.height), Math.min(w, label.width)];
        const inside: number[][] = Array.from({ length: height * width }, () => []);
        const counts = new Array<number>(height * width).fill(0);
        for (let y = 0; y < label.height; y++) {
          for (let x = 0; x < label.width; x++) {
            const to = binOf(y, label.height, height) * width + binOf(x, label.width, width);
            counts[to]++;
            const from = y * label.width + x;
            if (label.valid[from] === 1) inside[to].push(label.data[from]);
          }
        }
        const thin = stretched(label, height, width, "thin");
        const pooled = stretched(label, height, width, "pooled");
        inside.forEach((values, i) => {
          const largest = Math.max(0, ...values);
          const known = largest > 0 || 2 * values.length >= counts[i];
          expect([thin.valid[i], thin.data[i]]).toEqual([Number(known), largest]);
          const mean = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value) / values.length;
          expect([pooled.valid[i], pooled.data[i]]).toEqual([Number(values.length > 0), Math.fround(mean)]);
        });
      }),
    );
  });

  it("are copies where they are enlarged", () => {
    const label = map(1, 3, 2, (x, y) => 1 + x + 3 * y);
    for (const rule of ["thin", "pooled"] as const) {
      const large = stretched(label, 4, 6, rule);
      expect([...large.data.subarray(0, 6)]).toEqual([1, 1, 2, 2, 3, 3]);
      const window = { kind: "window", top: 0, left: 1, rows: 2, columns: 2, enlargement: 1.5 } as const;
      expect([...field(rule).moved(label, window, label).data]).toEqual([2, 3, 3, 5, 6, 6]);
    }
  });
});

const sampleOf = (name: string, label: LabelMap) => ({
  ...{ id: "a", width: label.width, height: label.height },
  image: new Float32Array(3 * label.width * label.height),
  labels: { [name]: label },
});

it("a thin line stays one line where images shrink, which nearest sampling cuts to pieces", () => {
  // A slanted line of one pixel's width.
  const line = map(1, 120, 90, (x, y) => Number(Math.round(10 + 0.6 * x) === y));
  const shrunk = (thin: boolean) => {
    const spec = parseTaskSpec({ kind: "occlusion-edges", ...(thin && { thin }) }, "e");
    return resizeSample(sampleOf("edges", line), { edges: spec }, [30, 40]).labels.edges;
  };
  const columns = ({ data, width, height }: LabelMap) =>
    Array.from({ length: width }, (_, x) =>
      Array.from({ length: height }, (_, y) => data[y * width + x]).filter((value) => value === 1),
    );
  for (const set of columns(shrunk(true))) expect(set.length).toBeGreaterThan(0);
  // By default, as ever: means, in which nothing is as strong as it was.
  expect(Math.max(...shrunk(false).data)).toBeLessThan(0.5);
});

it("sparse depth keeps its points where images shrink; dense depth is as ever", () => {
  const dense = map(1, 64, 48, (x, y) => 1 + x + y);
  const sparse = { ...dense, valid: dense.valid.map((_, i) => Number(i % 23 === 0)) };
  const shrunk = (label: LabelMap, more: object) =>
    resizeSample(
      sampleOf("depth", label),
      { depth: parseTaskSpec({ kind: "depth", ...more }, "d") },
      [12, 16],
    ).labels.depth;
  const kept = (label: LabelMap) => label.valid.reduce((sum, valid) => sum + valid, 0);
  expect(kept(sparse)).toBe(134);
  expect(kept(shrunk(sparse, {}))).toBeLessThan(20);
  const pooled = shrunk(sparse, { sparse: true });
  expect(kept(pooled)).toBeGreaterThan(110);
  pooled.valid.forEach((valid, i) => {
    if (valid === 1)
      expect(Math.abs(pooled.data[i] - (1 + 4 * ((i % 16) + Math.floor(i / 16)) + 3))).toBeLessThanOrEqual(3);
  });
  // Of 4x4 pixels, the one below and right of the centre.
  expect(shrunk(dense, {}).data[0]).toBe(dense.data[2 * 64 + 2]);
});
