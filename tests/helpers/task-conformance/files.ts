/** @file What the `files` of every task have to fulfil. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { Random } from "../../../src/common/random.js";
import type { LabelMap, TaskSpec } from "../../../src/tasks/task.js";
import { H, type TaskUnderTest, W } from "./example.js";

function mirror(label: LabelMap): LabelMap {
  const column = (i: number) => i - (i % label.width) + (label.width - 1 - (i % label.width));
  return {
    ...label,
    data: label.data.map((_, i) => label.data[column(i)]),
    valid: label.valid.map((_, i) => label.valid[column(i)]),
  };
}

function expectSameLabel(got: LabelMap, expected: LabelMap, precision: number): void {
  expect([got.channels, got.height, got.width]).toEqual([expected.channels, expected.height, expected.width]);
  expect([...got.valid]).toEqual([...expected.valid]);
  const size = got.valid.length;
  got.data.forEach((value, i) => {
    expect(Number.isFinite(value)).toBe(true);
    if (got.valid[i % size] === 1) expect(Math.abs(value - expected.data[i])).toBeLessThanOrEqual(precision);
  });
}

export function filesConformance<S extends TaskSpec>(task: TaskUnderTest<S>): void {
  const { kind, entry, spec, precision } = task;
  const { files } = kind;

  test("a resolved spec resolves to itself; unknown fields are refused", () => {
    expect(kind.specSchema.parse(spec)).toEqual(spec);
    expect(kind.specSchema.safeParse({ ...(entry as object), scael: 1 }).success).toBe(false);
  });

  describe("labels", () => {
    test("decode after encode gives the label back", () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
          const label = task.label(new Random(seed, "label"));
          const raster = files.encode(label, spec);
          expect([raster.height, raster.width]).toEqual([H, W]);
          expect(raster.data.length).toBe(H * W * raster.channels);
          const decoded = files.decode(raster, spec, "label.png");
          expectSameLabel(decoded, label, precision);
          const again = files.encode(decoded, spec);
          // Bringing a rounded vector to unit length may move it by one step.
          const step = precision === 0 ? 0 : 1;
          raster.data.forEach((value, i) => {
            // Files of floats mark invalid pixels by NaN.
            if (Number.isNaN(value)) expect(again.data[i]).toBeNaN();
            else expect(Math.abs(again.data[i] - value)).toBeLessThanOrEqual(step);
          });
        }),
        { numRuns: 50 },
      );
    });

    test("a file with too many channels is refused by name", () => {
      const raster = { width: 2, height: 1, channels: 7, data: new Uint8Array(14) };
      expect(() => files.decode(raster, spec, "some/label.png")).toThrow(UserError);
      expect(() => files.decode(raster, spec, "some/label.png")).toThrow(/^some\/label\.png: .*got 7/);
    });

    test("mirrored twice is the identity and leaves its argument alone", () => {
      const label = task.label(new Random(1, "mirror"));
      const before = structuredClone(label);
      const once = files.mirrored(mirror(label));
      expectSameLabel(files.mirrored(mirror(once)), label, 0);
      expect(label).toEqual(before);
    });

    test("turned four times by a quarter is the identity, and twice is a half turn", () => {
      const label = task.label(new Random(3, "turn"));
      const before = structuredClone(label);
      const turned = (map: LabelMap, quarters: number) => files.turned?.(map, quarters) ?? map;
      const twice = turned(turned(label, 1), 1);
      expectSameLabel(turned(turned(twice, 1), 1), label, 1e-6);
      expectSameLabel(turned(label, 2), twice, 1e-6);
      expect(label).toEqual(before);
    });

    test("scaled there and back is the identity, by 1 nothing changes", () => {
      const label = task.label(new Random(2, "scale"));
      const before = structuredClone(label);
      expectSameLabel(files.scaled(label, 1), label, 1e-6);
      expectSameLabel(files.scaled(files.scaled(label, 1.5), 1 / 1.5), label, 1e-5);
      expect(label).toEqual(before);
    });
  });

  const { decision } = files;
  if (decision !== undefined) {
    describe("scores decided on", () => {
      const label = task.label(new Random(4, "decision"), 1);
      const prediction = task.perfect(label);
      const decided = decision.of(prediction, spec);

      test("are what a perfect prediction's label has, as the kind's label files do", () => {
        expect([decided.width, decided.height]).toEqual([W, H]);
        expectSameLabel(files.decode(decided, spec, "decided.png"), label, precision);
      });

      test("depend on each pixel's own scores alone, and so do their colours", () => {
        const whole = task.prediction(new Random(5, "decision"));
        const row = (y: number) => {
          const starts = Array.from({ length: whole.channels }, (_, c) => (c * H + y) * W);
          const data = starts.flatMap((start) => [...whole.data.subarray(start, start + W)]);
          return { channels: whole.channels, height: 1, width: W, data: Float32Array.from(data) };
        };
        const rows = Array.from({ length: H }, (_, y) => row(y));
        expect(rows.flatMap((each) => [...decision.of(each, spec).data])).toEqual([
          ...decision.of(whole, spec).data,
        ]);
        expect(rows.flatMap((each) => [...kind.drawing.prediction(each, spec).data])).toEqual([
          ...kind.drawing.prediction(whole, spec).data,
        ]);
      });
    });
  }
}
