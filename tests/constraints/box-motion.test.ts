import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { boxMotion, boxMotionConstraint } from "../../src/constraints/box-motion.js";
import type { UprightBox } from "../../src/geometry/boxes/box.js";
import { encodeBox } from "../../src/geometry/boxes/coding.js";
import { gradients, input, reduceSum } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { anchorOf, boxChannels, detectedClasses } from "../../src/tasks/boxes3d/channels.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { userError } from "../helpers/folder.js";
import { boxesSpec, car } from "../helpers/sweeps.js";
import { waveContext } from "./suite.js";

const SPEC = boxesSpec({ frames: 3 });
const AREA = 256;
const CHANNELS = boxChannels(SPEC);
const engine = await nodeEngine({ provider: "cpu", threads: 1 });

/** A prediction in which every anchor of every frame says where one box is, and each cell how it moved. */
function consistent(now: UprightBox, motions: readonly (readonly [number, number, number])[]): Float32Array {
  const data = new Float32Array(CHANNELS * AREA);
  const moved = ([x, y, yaw]: readonly [number, number, number]): UprightBox => ({
    ...now,
    centre: [now.centre[0] + x, now.centre[1] + y, now.centre[2]],
    yaw: now.yaw + yaw,
  });
  [now, ...motions.map(moved)].forEach((box, frame) => {
    for (let cell = 0; cell < AREA; cell++) {
      for (const yaw of [0, 1]) {
        data[(20 * frame + yaw) * AREA + cell] = 0.7;
        const anchor = anchorOf(SPEC)(detectedClasses(SPEC)[0], yaw, Math.floor(cell / 16), cell % 16);
        encodeBox(box, anchor).forEach((value, i) => {
          data[(20 * frame + 2 + 7 * yaw + i) * AREA + cell] = value;
        });
      }
    }
  });
  motions.flat().forEach((value, i) => {
    data.fill(value, (60 + i) * AREA, (61 + i) * AREA);
  });
  return data;
}

const prediction = input("prediction", [1, CHANNELS, 16, 16]);
const terms = boxMotion(prediction, SPEC, "all");

it("is zero for perfectly consistent boxes, wherever they are and however they move", async () => {
  const random = new Random(6, "motion");
  for (let i = 0; i < 8; i++) {
    const now = car(random.uniform(2, 14), random.uniform(-6, 6), random.uniform(-3, 3));
    const motion = () => [random.uniform(-4, 4), random.uniform(-4, 4), random.uniform(-0.5, 0.5)] as const;
    const data = consistent(now, [motion(), motion()]);
    const { scores, residuals } = await evaluate(engine, terms, { prediction: data });
    expect(scores[0]).toBe(0);
    expect(residuals[0]).toBeLessThan(1e-8);
  }
});

describe("is not zero", () => {
  const base = consistent(car(8.2, 0.3, 0.2), [
    [1.4, 0.6, 0.1],
    [2.9, 1.1, 0.2],
  ]);
  const spoilt = (from: number, to: number, by: number) =>
    base.map((value, i) => (i >= from * AREA && i < to * AREA ? value + by : value));

  it.each([
    ["another flow than the boxes'", spoilt(60, 61, 0.1), 0, 0.005],
    ["another turn", spoilt(65, 66, 0.1), 0, 0.005],
    ["another size in an earlier frame", spoilt(25, 26, 0.1), 0, 0.005],
    ["another height in the present one", spoilt(4, 5, 0.1), 0, 0.01],
  ])("for %s", async (_what, data, score, residual) => {
    const found = await evaluate(engine, terms, { prediction: data });
    expect(found.scores[0]).toBeCloseTo(score, 6);
    // The mean over two earlier frames of 0.1 squared: at both anchors alike, or at one of the two.
    expect(found.residuals[0]).toBeGreaterThan(0.4 * residual);
    expect(found.residuals[0]).toBeLessThan(1.1 * residual);
  });

  it("for scores that change along the motion, by their difference squared", async () => {
    const found = await evaluate(engine, terms, { prediction: spoilt(20, 22, 0.5) });
    expect(found.scores[0]).toBeCloseTo(0.5 * 0.25, 5);
  });
});

it("sends gradients to scores, residuals and flow, and counts cells that leave the grid not at all", async () => {
  const found = gradients(reduceSum(terms.residuals), [prediction]);
  const data = consistent(car(8, 0, 0), [
    [1.2, 0.4, 0],
    [40, 0, 0],
  ]).map((value, i) => (i >= 60 * AREA && i < 61 * AREA ? value + 0.2 : value));
  const { gradient } = await evaluate(engine, { gradient: found[0] }, { prediction: data });
  const size = (from: number, to: number) =>
    gradient.subarray(from * AREA, to * AREA).reduce((sum, value) => sum + Math.abs(value), 0);
  for (const [from, to] of [
    [2, 16],
    [22, 36],
    [60, 61],
  ]) {
    expect(size(from, to)).toBeGreaterThan(0);
  }
  expect(size(42, 56)).toBe(0);
  expect(size(63, 66)).toBe(0);
  expect(gradient.every(Number.isFinite)).toBe(true);
});

it("says so where a model predicts boxes of one sweep alone", async () => {
  const { context } = waveContext(["boxes3d"]);
  const spec = {
    kind: "boxes3d",
    things: ["car"],
    detect: (context.tasks[0].spec as never as typeof SPEC).detect,
  };
  const alone = { ...context, tasks: resolveTasks({ boxes3d: spec }) };
  const { facts } = await userError(() =>
    boxMotionConstraint.build(alone, boxMotionConstraint.options.parse({})),
  );
  expect(facts.code).toBe("constraint.one-frame");
});
