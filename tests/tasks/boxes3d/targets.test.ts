import { expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import { listField, listOf } from "../../../src/fields/list.js";
import type { UprightBox } from "../../../src/geometry/boxes/box.js";
import { encodeBox, matchAnchors } from "../../../src/geometry/boxes/index.js";
import { constant } from "../../../src/graph/index.js";
import { nodeEngine } from "../../../src/runtime/engine.node.js";
import { evaluate } from "../../../src/runtime/evaluate.js";
import { anchorOf, detectedClasses } from "../../../src/tasks/boxes3d/channels.js";
import { flowTable } from "../../../src/tasks/boxes3d/flow-targets.js";
import { boxList, ROW_LENGTH, rowOf } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import {
  anchorTargets,
  encodedBoxes,
  ofTruth,
  rowsOfFrame,
  tableOf,
} from "../../../src/tasks/boxes3d/targets.js";
import { boxesSpec, car } from "../../helpers/sweeps.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });
const SIDE = 16;

/** Lists of boxes as a batch has them. */
function labelsOf(samples: readonly (readonly number[][])[], spec: BoxesSpec) {
  const field = listField(boxList(spec));
  const shapes = field.arrays(samples.length, { width: SIDE, height: SIDE });
  const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
  const arrays = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, new Float32Array(sizeOf(shape))]),
  );
  samples.forEach((rows, n) => {
    field.write(listOf(ROW_LENGTH, rows), arrays, n);
  });
  return {
    label: constant(arrays[".label"], shapes[".label"]),
    valid: constant(arrays[".valid"], shapes[".valid"]),
  };
}

/** Every anchor of one class, in the order of the tensors. */
function allAnchors(spec: BoxesSpec, detected: number): UprightBox[] {
  const at = anchorOf(spec);
  const own = detectedClasses(spec)[detected];
  return [0, 1].flatMap((yaw) =>
    Array.from({ length: SIDE * SIDE }, (_, cell) => at(own, yaw, Math.floor(cell / SIDE), cell % SIDE)),
  );
}

function randomCars(random: Random, count: number): UprightBox[] {
  return Array.from({ length: count }, () => ({
    ...car(random.uniform(0, 16), random.uniform(-8, 8), random.uniform(-Math.PI, Math.PI)),
    size: [random.uniform(2, 5), random.uniform(1.2, 2.4), 1.5] as const,
  }));
}

it("matches anchors as the function on single boxes does, in every sample and frame", async () => {
  const spec = boxesSpec({ frames: 2, most: 6 });
  const random = new Random(4, "matching");
  const samples = [randomCars(random, 5), randomCars(random, 3), []];
  // Another class, and other frames, match nothing.
  const rows = samples.map((boxes) => [
    ...boxes.map((box) => rowOf(box, { class: 0, frame: 1 })),
    rowOf(car(8, 0, 0), { class: 1, frame: 1 }),
    rowOf(car(4, 0, 0), { class: 0, frame: 0 }),
  ]);
  const { label, valid } = labelsOf(rows, spec);
  const frame = rowsOfFrame(label, valid, spec, 1);
  const targets = anchorTargets(frame, spec, 0);
  const boxes = ofTruth(tableOf(frame, 0, 7), targets);
  const [own] = detectedClasses(spec);
  const { positive, negative, overlap, truth, encoded } = await evaluate(engine, {
    ...targets,
    encoded: encodedBoxes(boxes, spec, own),
  });
  const anchors = allAnchors(spec, 0);
  const flat = anchors.flatMap(({ centre, size, yaw }) => [...centre, ...size, yaw]);
  const count = anchors.length;
  samples.forEach((truths, n) => {
    const expected = matchAnchors(flat, truths, own);
    for (let i = 0; i < count; i++) {
      const at = n * count + i;
      expect(overlap[at]).toBeCloseTo(expected.overlap[i], 4);
      // Within rounding of a threshold single precision may decide otherwise.
      const near = [own.positive, own.negative].some((edge) => Math.abs(expected.overlap[i] - edge) < 1e-5);
      if (!near)
        expect([positive[at], negative[at]]).toEqual([
          +(expected.state[i] === 1),
          +(expected.state[i] === 0),
        ]);
      if (positive[at] !== 1) continue;
      expect(truth[at]).toBe(expected.truth[i]);
      const residuals = encodeBox(truths[expected.truth[i]], anchors[i]);
      const [yaw, cell] = [Math.floor(i / 256), i % 256];
      residuals.forEach((value, k) => {
        const found = encoded[((n * 2 + yaw) * 7 + k) * 256 + cell];
        // An angle of half a turn may come out at either end.
        const difference = k === 6 ? Math.abs(Math.sin((found - value) / 2)) : Math.abs(found - value);
        expect(difference).toBeLessThan(1e-4);
      });
    }
  });
});

it("forces a box that no anchor overlaps enough on those that overlap it most, and nothing without boxes", async () => {
  const spec = boxesSpec({
    detect: { vehicle: { of: ["car"], size: [4, 2, 1.5], z: -1, positive: 0.99, negative: 0.9 } },
  });
  const { label, valid } = labelsOf([[rowOf(car(5.5, 0.5, 0.1), { class: 0, frame: 0 })], []], spec);
  const { positive } = await evaluate(
    engine,
    anchorTargets(rowsOfFrame(label, valid, spec, 0), spec, 0) as never,
  );
  expect(positive.subarray(0, 512).reduce((sum, each) => sum + each)).toBe(1);
  expect(positive.subarray(512).reduce((sum, each) => sum + each)).toBe(0);
});

it("a box's flow leads to where the same track was, wrapped, and is not there where the track is not", async () => {
  const spec = boxesSpec({ frames: 3, most: 4 });
  const rows = [
    rowOf(car(5, 1, 3), { class: 0, frame: 0, track: 2 }),
    rowOf(car(8, 2, 0), { class: 0, frame: 0, track: 7 }),
    rowOf(car(9, 2, 0), { class: 0, frame: 0 }),
    rowOf(car(4, 1.5, -3), { class: 0, frame: 1, track: 2 }),
    rowOf(car(7, 2, 0.5), { class: 0, frame: 2, track: 7 }),
    rowOf(car(7, 2, 0.5), { class: 0, frame: 2 }),
  ];
  const { label, valid } = labelsOf([rows], spec);
  const { table } = await evaluate(engine, { table: flowTable(label, valid, spec) });
  const row = (m: number) => [...table.subarray(8 * m, 8 * m + 8)].map((value) => Number(value.toFixed(4)));
  expect(row(0)).toEqual([-1, 0.5, Number((2 * Math.PI - 6).toFixed(4)), 1, 0, 0, 0, 0]);
  expect(row(1)).toEqual([0, 0, 0, 0, -1, 0, 0.5, 1]);
  expect(row(2)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
