import { describe, expect, it } from "vitest";
import type { DetectionFrame } from "../../../src/tasks/boxes3d/frames.js";
import {
  type KittiLabel,
  type KittiOptions,
  type KittiPrediction,
  kittiPrecision,
} from "../../../src/tasks/boxes3d/kitti.js";

const at = (x: number) => ({ centre: [x, 0, 0] as const, size: [4, 2, 2] as const, yaw: 0 });
const label = (x: number, more: Partial<KittiLabel> = {}): KittiLabel => ({
  class: "Car",
  box: at(x),
  imageHeight: 60,
  occlusion: 0,
  truncation: 0,
  ...more,
});
const found = (x: number, score: number, more: Partial<KittiPrediction> = {}): KittiPrediction => ({
  class: "Car",
  box: at(x),
  score,
  imageHeight: 60,
  ...more,
});
type Frame = DetectionFrame<KittiLabel, KittiPrediction>;
const cars: KittiOptions = {
  class: "Car",
  neighbour: "Van",
  overlap: 0.7,
  measure: "3d",
  difficulty: "easy",
};
/** Frames 0 to 79 of one car each; `seen` of them are found, the surest first. */
const street = (seen: number): Frame[] =>
  Array.from({ length: 80 }, (_, i) => ({
    labelled: [label(10)],
    predicted: i < seen ? [found(10, 1 - i / 100)] : [],
  }));

describe("KITTI's average precision over 40 recalls", () => {
  it("is 1 where all is found, the share found where nothing else is, and null without labels", () => {
    expect(kittiPrecision(street(80), cars)).toBeCloseTo(1, 12);
    expect(kittiPrecision(street(40), cars)).toBeCloseTo(0.5, 12);
    expect(kittiPrecision(street(0), cars)).toBe(0);
    expect(kittiPrecision([{ labelled: [], predicted: [found(1, 1)] }], cars)).toBeNull();
  });

  it("takes the best precision of a recall or a higher one", () => {
    const mistakes: Frame = { labelled: [], predicted: Array.from({ length: 80 }, () => found(30, 0.605)) };
    // 20 recalls at precision 1; behind the mistakes it rises from 42/122 to 80/160, which stands for all.
    expect(kittiPrecision([...street(80), mistakes], cars)).toBeCloseTo((20 + 20 * 0.5) / 40, 12);
  });

  it("leaves out recall 0, and the last of few labels, as the benchmark's program does", () => {
    const frames = street(80).slice(0, 40);
    expect(kittiPrecision(frames, cars)).toBeCloseTo(39 / 40, 12);
    expect(kittiPrecision(frames.slice(0, 1), cars)).toBe(0);
  });

  it.each([
    ["imageHeight", 40, 26, 25],
    ["occlusion", 1, 1, 2],
    ["truncation", 0.2, 0.3, 0.5],
  ])("wants labels by difficulty: %s", (key, notEasy, moderate, hard) => {
    const withHarder = (value: number): Frame[] => [
      ...street(80),
      ...Array.from({ length: 80 }, () => ({ labelled: [label(10, { [key]: value })], predicted: [] })),
    ];
    const ap = (value: number, difficulty: KittiOptions["difficulty"]) =>
      kittiPrecision(withHarder(value), { ...cars, difficulty });
    expect(ap(notEasy, "easy")).toBeCloseTo(1, 12);
    expect(ap(moderate, "moderate")).toBeCloseTo(0.5, 12);
    expect(ap(hard, "hard")).toBeCloseTo(key === "imageHeight" ? 1 : 0.5, 12);
  });

  it("forgives what matches a harder label, a neighbouring class, or is too low itself", () => {
    const forgiven: Frame[] = Array.from({ length: 80 }, () => ({
      labelled: [label(40, { occlusion: 3 }), label(60, { class: "Van" }), label(80, { class: "Tram" })],
      predicted: [found(40, 0.99), found(60, 0.99), found(20, 0.99, { imageHeight: 30 })],
    }));
    expect(kittiPrecision([...street(80), ...forgiven], cars)).toBeCloseTo(1, 12);
    const wrong = forgiven.map((frame) => ({ ...frame, predicted: [found(80, 0.99)] }));
    expect(kittiPrecision([...street(80), ...wrong], cars)).toBeCloseTo(0.5, 12);
  });

  it("counts a second box on one car as a mistake, and an overlap at the threshold as none", () => {
    const twice = street(80).map((frame) => ({
      ...frame,
      predicted: [...frame.predicted, ...frame.predicted.map((one) => ({ ...one, box: at(10.1) }))],
    }));
    expect(kittiPrecision(twice, cars)).toBeCloseTo(0.5, 12);
    // Shifted by 1 m of 4: 3/5 of the union.
    const shifted = street(80).map((frame) => ({ ...frame, labelled: [label(11)] }));
    expect(kittiPrecision(shifted, { ...cars, overlap: 0.6 })).toBe(0);
    expect(kittiPrecision(shifted, { ...cars, overlap: 0.59 })).toBeCloseTo(1, 12);
  });

  it("minds height in space and not from above", () => {
    const raised = street(80).map((frame) => ({
      ...frame,
      labelled: [label(10, { box: { ...at(10), centre: [10, 0, 1] } })],
    }));
    expect(kittiPrecision(raised, cars)).toBe(0);
    expect(kittiPrecision(raised, { ...cars, measure: "bev" })).toBeCloseTo(1, 12);
  });
});
