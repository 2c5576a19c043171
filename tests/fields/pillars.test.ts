import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fillPillars,
  listField,
  listOf,
  PILLAR_CHANNELS,
  type PillarPlan,
  pillarArray,
  pillarField,
  sweepField,
} from "../../src/fields/index.js";
import { realData } from "../helpers/real-data.js";

const PLAN: PillarPlan = {
  grid: { x: [0, 4], y: [-2, 2], z: [-1, 1], cell: 1 },
  ...{ frames: 1, step: 1, pillars: 3, points: 2 },
};
const ROWS = 3;

function filled(points: readonly (readonly number[])[], plan = PLAN) {
  const data = new Float32Array(PILLAR_CHANNELS * plan.pillars * plan.points);
  const out = { data, row: 0, rows: plan.pillars };
  const counts = fillPillars(Float32Array.from(points.flat()), plan.grid, plan, out);
  return { counts, channel: (c: number) => [...data.subarray(2 * ROWS * c, 2 * ROWS * (c + 1))] };
}

describe("points become pillars", () => {
  it("with their offsets from the mean of the pillar's points and from its middle, and its cell", () => {
    const { channel, counts } = filled([
      [3.25, 1.5, 0.5, 0.25],
      [0.5, -1.75, 0, 1],
      [3.75, 1.5, -0.5, 0.75],
    ]);
    expect(counts).toEqual({
      ...{ points: 3, notFinite: 0, outside: 0, crowded: 0, pillars: 2, pillarsLeftOut: 0, pointsLeftOut: 0 },
    });
    expect(channel(0)).toEqual([3.25, 3.75, 0.5, 0, 0, 0]);
    expect(channel(3)).toEqual([0.25, 0.75, 1, 0, 0, 0]);
    expect(channel(4)).toEqual([-0.25, 0.25, 0, 0, 0, 0]);
    expect(channel(6)).toEqual([0.5, -0.5, 0, 0, 0, 0]);
    expect(channel(7)).toEqual([-0.25, 0.25, 0, 0, 0, 0]);
    expect(channel(8)).toEqual([0, 0, -0.25, 0, 0, 0]);
    // Of cells row by row from far left: the first, and the last of all 16.
    expect(channel(9)).toEqual([1, 1, 16, 16, 0, 0]);
  });

  it("and what does not fit is counted by its cause", () => {
    const { counts, channel } = filled([
      ...[0, 1, 2].map((i) => [0.5, 0.5, 0, i]),
      [1.5, 0.5, 0, 0],
      [2.5, 0.5, 0, 0],
      [3.5, 0.5, 0, 0],
      [3.5, 0.4, 0, 0],
      [Number.NaN, 0.5, 0, 0],
      [0.5, 0.5, 0, Number.POSITIVE_INFINITY],
      [0.5, 0.5, 1, 0],
      [-0.1, 0.5, 0, 0],
    ]);
    expect(counts).toEqual({
      ...{
        points: 11,
        notFinite: 2,
        outside: 2,
        crowded: 1,
        pillars: 3,
        pillarsLeftOut: 1,
        pointsLeftOut: 2,
      },
    });
    expect(channel(3).slice(0, 2)).toEqual([0, 1]);
  });

  it("all of them, whatever the points, each in the cell that holds it", () => {
    const number = fc.float({ min: -5, max: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number, number), { maxLength: 40 }), (points) => {
        const plan = { ...PLAN, pillars: 16, points: 40 };
        const data = new Float32Array(PILLAR_CHANNELS * 16 * 40);
        const { grid } = plan;
        const counts = fillPillars(Float32Array.from(points.flat()), grid, plan, { data, row: 0, rows: 16 });
        const lost = counts.notFinite + counts.outside + counts.crowded + counts.pointsLeftOut;
        let stored = 0;
        for (let i = 0; i < 16 * 40; i++) {
          const cell = data[9 * 640 + i];
          const [x, y] = [data[i], data[640 + i]];
          const isPoint = [0, 1, 2, 3, 4, 5, 6, 7, 8].some((c) => data[c * 640 + i] !== 0);
          if (!isPoint) continue;
          stored++;
          expect(cell).toBe(1 + (3 - Math.floor(x)) * 4 + (3 - Math.floor(y + 2)));
        }
        // A point may be all zeros in every channel but for its cell.
        expect(stored).toBeLessThanOrEqual(points.length - lost);
      }),
    );
  });

  it("of no points, none", () => {
    expect(filled([]).counts.pillars).toBe(0);
  });

  it("as many as an independent reader finds in a real sweep", () => {
    const folder = realData("kitti-object");
    if (folder === undefined) return;
    const file = readFileSync(join(folder, "mmdet3d-demo/000008.bin"));
    const points = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
    const grid = { x: [0, 69.12], y: [-39.68, 39.68], z: [-3, 1], cell: 0.16 } as const;
    const limits = { pillars: 16000, points: 32 };
    const out = { data: new Float32Array(PILLAR_CHANNELS * 16000 * 32), row: 0, rows: 16000 };
    const counts = fillPillars(points, grid, limits, out);
    expect(counts.points).toBe(17238);
    expect(counts.points - counts.outside).toBe(16897);
    // 3945 in single precision, 3947 in double.
    expect(Math.abs(counts.pillars - 3946)).toBeLessThanOrEqual(1);
  });
});

describe("sweeps in batches", () => {
  it("are the pillars of all frames, one after another", () => {
    const plan = { ...PLAN, frames: 2 };
    const frames = [
      [0.5, 0.5, 0, 1],
      [1.5, 0.5, 0, 2, 2.5, 0.5, 0, 3],
    ].map((points) => Float32Array.from(points));
    const arrays = { ".pillars": new Float32Array(2 * PILLAR_CHANNELS * 6 * 2) };
    const field = pillarField(plan);
    expect(field.arrays(2, { width: 4, height: 4 })).toEqual({ ".pillars": [2, PILLAR_CHANNELS, 6, 2] });
    field.write({ frames }, arrays, 1);
    const own = arrays[".pillars"].subarray(PILLAR_CHANNELS * 12);
    expect(own).toEqual(pillarArray({ frames }, plan));
    expect([...own.subarray(36, 48)]).toEqual([1, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0]);
    expect(arrays[".pillars"].subarray(0, PILLAR_CHANNELS * 12).every((value) => value === 0)).toBe(true);
  });

  it("follow flips and turns, and refuse what moves the sensor", () => {
    const size = { width: 4, height: 4 };
    const sweep = { frames: [Float32Array.of(1, 2, 3, 4)] };
    expect([...sweepField.moved(sweep, { kind: "mirror" }, size).frames[0]]).toEqual([1, -2, 3, 4]);
    const turned = sweepField.moved(sweep, { kind: "turn", quarters: 1 }, size);
    expect([...turned.frames[0]]).toEqual([-2, 1, 3, 4]);
    const crop = { kind: "window", top: 0, left: 0, rows: 2, columns: 2, enlargement: 2 } as const;
    expect(() => sweepField.moved(sweep, crop, size)).toThrow(/cannot follow.*a crop.*flip/s);
  });
});

describe("lists in batches", () => {
  const field = listField({
    ...{ channels: 2, blocks: 2, capacity: 2 },
    blockOf: ([block]) => block,
    mirrored: ([block, value]) => Float32Array.of(block, -value),
    turned: ([block, value], quarters) => Float32Array.of(block, value + quarters),
  });

  it("stand in blocks, padded, the first ones of too many", () => {
    const arrays = {
      ".label": new Float32Array(16),
      ".valid": new Float32Array(8),
      ".labelled": new Float32Array(2),
    };
    field.write(
      listOf(2, [
        [1, 5],
        [0, 6],
        [1, 7],
        [1, 8],
        [9, 9],
      ]),
      arrays,
      1,
    );
    expect([...arrays[".label"].subarray(8)]).toEqual([0, 0, 1, 1, 6, 0, 5, 7]);
    expect([...arrays[".valid"].subarray(4)]).toEqual([1, 0, 1, 1]);
    expect([...arrays[".labelled"]]).toEqual([0, 1]);
    field.write(listOf(2, []), arrays, 0);
    expect([...arrays[".labelled"]]).toEqual([1, 1]);
  });

  it("follow flips and turns", () => {
    const size = { width: 4, height: 4 };
    const list = listOf(2, [
      [0, 1],
      [1, 2],
    ]);
    expect([...field.moved(list, { kind: "mirror" }, size).data]).toEqual([0, 1, -1, -2]);
    expect([...field.moved(list, { kind: "turn", quarters: 3 }, size).data]).toEqual([0, 1, 4, 5]);
  });
});
