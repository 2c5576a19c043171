import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DetectionFrame, LabelledBox, PredictedBox } from "../../../src/tasks/boxes3d/frames.js";
import { averagePrecision } from "../../../src/tasks/boxes3d/precision-curve.js";
import { WAYMO_RANGES, type WaymoOptions, waymoPrecision } from "../../../src/tasks/boxes3d/waymo.js";

/** Square, so that it covers itself turned by a quarter, too. */
const at = (x: number, yaw = 0, z = 0) => ({ centre: [x, 0, z] as const, size: [3, 3, 2] as const, yaw });
const label = (x: number, more: Partial<LabelledBox> = {}): LabelledBox => ({
  class: "car",
  box: at(x),
  level: 1,
  ...more,
});
const found = (x: number, score: number, yaw = 0, more: Partial<PredictedBox> = {}): PredictedBox => ({
  class: "car",
  box: at(x, yaw),
  score,
  ...more,
});
const cars: WaymoOptions = { class: "car", overlap: 0.7, measure: "3d", level: 1 };
const frame = (labelled: LabelledBox[], predicted: PredictedBox[]): DetectionFrame => ({
  labelled,
  predicted,
});
const close = (got: ReturnType<typeof waymoPrecision>, ap: number, aph: number) => {
  expect(got.ap).toBeCloseTo(ap, 12);
  expect(got.aph).toBeCloseTo(aph, 12);
};

describe("the area under a precision-recall curve", () => {
  it.each([
    [[[0.2, 0.1]], 0.02],
    [
      [
        [0.2, 0.1],
        [1, 0.05],
      ],
      0.06125,
    ],
    [[[1, 1]], 1],
    [
      [
        [1, 0.5],
        [1, 0.25],
      ],
      0.5,
    ],
    [
      [
        [0.5, 0.2],
        [1, 0.5],
      ],
      0.5,
    ],
    [[], 0],
  ])("of %j is %d", (points, area) => {
    const curve = (points as [number, number][]).map(([recall, precision]) => ({ recall, precision }));
    expect(averagePrecision(curve)).toBeCloseTo(area, 12);
  });
});

describe("Waymo's average precision", () => {
  it("of two boxes found, one across, with a mistake between them, is 101/120, and 61/80 with headings", () => {
    const predicted = [found(10, 0.905), found(-20, 0.705), found(20, 0.505, Math.PI / 2)];
    close(waymoPrecision([frame([label(10), label(20)], predicted)], cars), 101 / 120, 61 / 80);
    // Counts are summed over frames: the same boxes in frames of their own come to the same.
    const apart = [
      frame([label(10)], predicted.slice(0, 1)),
      frame([], predicted.slice(1, 2)),
      frame([label(20)], predicted.slice(2)),
    ];
    close(waymoPrecision(apart, cars), 101 / 120, 61 / 80);
  });

  it("of four boxes, the surest one found the wrong way round, is a half, and a quarter with headings", () => {
    const labelled = [10, 20, 30, 40].map((x) => label(x));
    const predicted = [found(10, 0.905, Math.PI), found(20, 0.605)];
    close(waymoPrecision([frame(labelled, predicted)], cars), 0.5, 0.25);
  });

  it("is 1 for the labels themselves, 0 for nothing, null without a label", () => {
    const labelled = [10, 20].map((x) => label(x));
    close(waymoPrecision([frame(labelled, [found(10, 1), found(20, 0)])], cars), 1, 1);
    close(waymoPrecision([frame(labelled, [])], cars), 0, 0);
    close(waymoPrecision([frame(labelled, [found(60, 0.9)])], cars), 0, 0);
    expect(waymoPrecision([frame([], [found(10, 1)])], cars)).toEqual({ ap: null, aph: null });
  });

  it("counts boxes of level 2 at level 2 alone; at level 1 finding them is right, missing them no fault", () => {
    const both = [label(10), label(20, { level: 2 })];
    const none = [found(10, 0.9)];
    close(waymoPrecision([frame(both, none)], cars), 1, 1);
    close(waymoPrecision([frame(both, none)], { ...cars, level: 2 }), 0.5, 0.5);
    const all = [found(10, 0.9), found(20, 0.9)];
    close(waymoPrecision([frame(both, all)], cars), 1, 1);
    // Found with the other missed: 1 of 2 at level 1, as the box of level 1 is missing.
    close(waymoPrecision([frame(both, [found(20, 0.9)])], cars), 0.5, 0.5);
  });

  it("takes levels from points where labels have none: 5 or fewer are level 2, without any it does not count", () => {
    const bare = (x: number, points: number) => label(x, { level: undefined, points });
    const labelled = [bare(10, 6), bare(20, 5), bare(30, 0)];
    const predicted = [found(10, 0.9)];
    close(waymoPrecision([frame(labelled, predicted)], cars), 1, 1);
    close(waymoPrecision([frame(labelled, predicted)], { ...cars, level: 2 }), 0.5, 0.5);
    // A stored level stands, whatever the points.
    close(
      waymoPrecision([frame([label(10, { level: 2, points: 900 }), label(20)], [found(20, 1)])], cars),
      1,
      1,
    );
  });

  it("takes boxes by their own range: a match across a border is a miss and a mistake", () => {
    const labelled = [label(10), label(29.9), label(40), label(60)];
    const predicted = [found(10, 0.9), found(30.1, 0.9), found(40, 0.9)];
    const ranges = WAYMO_RANGES.map((range) =>
      waymoPrecision([frame(labelled, predicted)], { ...cars, range }),
    );
    close(ranges[0], 0.5, 0.5);
    close(ranges[1], 0.5, 0.5);
    close(ranges[2], 0, 0);
    // 3 of 4 without ranges, all right.
    close(waymoPrecision([frame(labelled, predicted)], cars), 0.75, 0.75);
  });

  it("minds height in space and not from above, and other classes nowhere", () => {
    const above = found(10, 0.9, 0, { box: at(10, 0, 1.5) });
    const frames = [
      frame([label(10), label(20, { class: "tram" })], [above, found(20, 0.95, 0, { class: "bus" })]),
    ];
    close(waymoPrecision(frames, cars), 0, 0);
    close(waymoPrecision(frames, { ...cars, measure: "bev" }), 1, 1);
  });

  it("assigns by overlap, not by score, and each label once", () => {
    // The surer one overlaps less: it is the mistake wherever both are there.
    const predicted = [found(10.2, 0.9), found(10, 0.4)];
    close(waymoPrecision([frame([label(10)], predicted)], cars), 1, 1);
    const turned = [found(10.2, 0.9, Math.PI), found(10, 0.4)];
    // Below 0.4 right by half with heading 1, above it right with heading 0.
    close(waymoPrecision([frame([label(10)], turned)], cars), 1, 0.5);
  });

  it("does not take what lies in a zone without labels for a mistake", () => {
    const predicted = (zone: boolean) => [found(10, 0.5), found(50, 0.9, 0, { unlabelledZone: zone })];
    close(waymoPrecision([frame([label(10)], predicted(true))], cars), 1, 1);
    close(waymoPrecision([frame([label(10)], predicted(false))], cars), 0.5, 0.5);
  });

  it("lies within 0 and 1, with headings no higher than without", () => {
    const place = fc.integer({ min: 0, max: 12 });
    const labels = fc.array(
      place.map((x) => label(2 * x)),
      { maxLength: 5 },
    );
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const guesses = fc.array(
      fc
        .tuple(place, score, fc.double({ min: -9, max: 9, noNaN: true }))
        .map(([x, s, yaw]) => found(2 * x, s, yaw)),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(labels, guesses, (labelled, predicted) => {
        const { ap, aph } = waymoPrecision([frame(labelled, predicted)], { ...cars, overlap: 0.3 });
        if (ap === null || aph === null) {
          expect(labelled).toEqual([]);
          return;
        }
        expect(ap).toBeLessThanOrEqual(1 + 1e-12);
        expect(aph).toBeLessThanOrEqual(ap + 1e-12);
        expect(aph).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });
});
