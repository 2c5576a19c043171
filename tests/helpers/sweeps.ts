/** @file Small sweeps of cars on a plane, as a dataset folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Random } from "../../src/common/random.js";
import type { UprightBox } from "../../src/geometry/boxes/box.js";
import { directionOf, encodeBox } from "../../src/geometry/boxes/coding.js";
import { anchorOf, boxChannels, detectedClasses } from "../../src/tasks/boxes3d/channels.js";
import type { BoxesSpec } from "../../src/tasks/boxes3d/spec.js";
import { boxesSchema } from "../../src/tasks/boxes3d/spec.js";
import type { PredictionMap } from "../../src/tasks/index.js";

/** 16 x 16 cells of a metre, forward and to both sides. */
export const GRID = { x: [0, 16], y: [-8, 8], z: [-2, 2], cell: 1 } as const;
export const DETECT = {
  vehicle: { of: ["car"], size: [4, 2, 1.5], z: -1, positive: 0.5, negative: 0.35, overlap: 0.4 },
};

/** The entry of boxes over that grid. */
export function boxesSpec(changes: Readonly<Record<string, unknown>> = {}): BoxesSpec {
  const entry = { kind: "boxes3d", things: ["car", "person"], detect: DETECT, grid: GRID };
  return boxesSchema.parse({ ...entry, ...changes });
}

/** Its cells. */
const AREA = 256;

export function car(x: number, y: number, yaw: number): UprightBox {
  return { centre: [x, y, -1], size: [4, 2, 1.5], yaw };
}

/** Points on a box's top and sides, and on the ground, with some noise. */
export function pointsOn(boxes: readonly UprightBox[], random: Random): Float32Array {
  const points: number[] = [];
  for (const { centre, size, yaw } of boxes) {
    const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
    for (let i = 0; i < 60; i++) {
      const [along, across] = [random.uniform(-0.5, 0.5) * size[0], random.uniform(-0.5, 0.5) * size[1]];
      // Fronts are brighter: which way a car looks can be seen.
      const z = centre[2] + size[2] * random.uniform(-0.5, 0.5);
      points.push(
        centre[0] + c * along - s * across,
        centre[1] + s * along + c * across,
        z,
        along > 1 ? 1 : 0.2,
      );
    }
  }
  for (let i = 0; i < 200; i++) points.push(random.uniform(0, 16), random.uniform(-8, 8), -1.8, 0.1);
  return Float32Array.from(points);
}

export function pointBytes(points: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * points.length));
  points.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return new Uint8Array(view.buffer);
}

/** Two cars in frame `frame` of snippet `index`, which drive on by half a metre a frame. */
export function carsAt(index: number, frame: number): UprightBox[] {
  const random = new Random(5, "cars", index);
  return [0, 1].map((lane) => {
    const along = random.uniform(3, 8) + 0.5 * frame;
    return lane === 0
      ? car(along, random.uniform(-5, -3), 0)
      : car(16 - along, random.uniform(3, 5), Math.PI - 1e-3);
  });
}

/** Writes snippets of `frames` sweeps by split; of each the sensor drives on by 0.2 m a frame. */
export function writeSweeps(
  folder: string,
  splits: Readonly<Record<string, number>> = { train: 4, val: 2, test: 2 },
  frames = 1,
): void {
  const sequences: Record<string, object[]> = {};
  const sweeps = { points: "lidar", boxes: "lidar-boxes", classes: ["car", "person"], detect: DETECT };
  for (const [split, count] of Object.entries(splits)) {
    for (const part of ["lidar", "lidar-boxes"]) mkdirSync(join(folder, split, part), { recursive: true });
    sequences[split] = [];
    for (let index = 0; index < count; index++) {
      const ids = Array.from({ length: frames }, (_, frame) => `${index}-${frame}`);
      sequences[split].push({ frames: ids, timestamps: ids.map((_, frame) => frame / 10) });
      ids.forEach((id, frame) => {
        const cars = carsAt(index, frame);
        const points = pointsOn(cars, new Random(3, split, index, frame));
        writeFileSync(join(folder, split, "lidar", `${id}.bin`), pointBytes(points));
        const boxes = cars.map((box, track) => ({ class: "car", track, ...box, points: 60 }));
        const pose = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], position: [0.2 * frame, 0, 0] };
        writeFileSync(join(folder, split, "lidar-boxes", `${id}.json`), JSON.stringify({ pose, boxes }));
      });
    }
  }
  writeFileSync(join(folder, "sequences.json"), JSON.stringify(sequences));
  const about = { name: "cars", splits: Object.keys(splits), tasks: {}, sequences: "sequences.json", sweeps };
  writeFileSync(join(folder, "dataset.yaml"), stringify(about));
}

/** A small network over that grid. */
export const SMALL_MODEL = {
  ...{ name: "pointpillars", width: 8, grid: GRID, pillars: 120, points: 6, frames: 1, step: 1 },
  layers: [1, 0, 0],
} as const;

/** The cell that holds the middle of a box. */
export const cellUnder = ({ centre: [x, y] }: UprightBox) =>
  (15 - Math.floor(x)) * 16 + (15 - Math.floor(y + 8));

/** A prediction that says of each box, at a cell and by an anchor, just where it is. */
export function perfectPrediction(
  boxes: readonly UprightBox[],
  spec: BoxesSpec,
  cellOf: (box: UprightBox) => number = cellUnder,
): PredictionMap {
  const channels = boxChannels(spec);
  const data = new Float32Array(channels * AREA).fill(0);
  const anchors = 2 * detectedClasses(spec).length;
  const scores = anchors * detectedClasses(spec).length;
  data.fill(-8, 0, scores * AREA);
  for (const box of boxes) {
    const cell = cellOf(box);
    const yaw = Math.abs(Math.cos(box.yaw)) > Math.SQRT1_2 ? 0 : 1;
    const anchor = anchorOf(spec)(detectedClasses(spec)[0], yaw, Math.floor(cell / 16), cell % 16);
    const residuals = [...encodeBox(box, anchor)];
    // The sine of a heading's difference is blind to half a turn: the direction tells.
    if (Math.abs(residuals[6]) > Math.PI / 2) residuals[6] -= Math.sign(residuals[6]) * Math.PI;
    data[yaw * AREA + cell] = 4;
    residuals.forEach((value, i) => {
      data[(scores + 7 * yaw + i) * AREA + cell] = value;
    });
    data[(scores + 7 * anchors + 2 * yaw + directionOf(box.yaw)) * AREA + cell] = 3;
  }
  return { channels, height: 16, width: 16, data };
}
