/** @file A synthetic scene whose labels and camera agree, for tests of what moves with an image. */
import type { LabelMap, Sample } from "../../src/fields/index.js";
import { parseTaskSpec } from "../../src/tasks/index.js";
import { labelFields } from "../../src/tasks/label-field.js";

export const SPECS = {
  segmentation: parseTaskSpec({ kind: "segmentation", classes: ["a", "b", "c", "d"] }, "s"),
  depth: parseTaskSpec({ kind: "depth" }, "d"),
  normals: parseTaskSpec({ kind: "normals" }, "n"),
};
export const LABELS = labelFields(SPECS);
export const CAMERA = { fx: 7, fy: 8, cx: 4.2, cy: 2.7 };

export function map(
  channels: number,
  width: number,
  height: number,
  value: (x: number, y: number, c: number) => number,
): LabelMap {
  const data = new Float32Array(channels * width * height);
  const valid = new Uint8Array(width * height).fill(1);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[(c * height + y) * width + x] = value(x, y, c);
    }
  }
  return { channels, width, height, data, valid };
}

/**
 * A plane seen by a camera: depth and normals of n·p = d, an image that is linear in x and y, classes by
 * position.
 */
export function scene(width: number, height: number, camera = CAMERA): Sample {
  const normal = [0.36, 0.48, -0.8];
  const depth = (x: number, y: number) => {
    const ray = [(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1];
    return -1.6 / (normal[0] * ray[0] + normal[1] * ray[1] + normal[2]);
  };
  return {
    id: "plane",
    width,
    height,
    image: map(3, width, height, (x, y, c) => (x + 2 * y + c) / 64).data,
    labels: {
      segmentation: map(1, width, height, (x, y) => (x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)),
      depth: map(1, width, height, depth),
      normals: map(3, width, height, (_x, _y, c) => normal[c]),
    },
    camera,
  };
}

/** Points of a depth map lie on n·p = d for the plane of `scene`. */
export function planeError(sample: Sample, scale = 1): number {
  const { depth, normals } = sample.labels;
  const { fx, fy, cx, cy } = sample.camera!;
  const area = sample.width * sample.height;
  let worst = 0;
  for (let i = 0; i < area; i++) {
    // A scale crop shrinks the world by its factor, camera and all: undone here.
    const z = depth.data[i] * scale;
    const ray = [((i % sample.width) - cx) / fx, (Math.floor(i / sample.width) - cy) / fy, 1];
    const height = ray.reduce((sum, r, c) => sum + r * z * normals.data[c * area + i], 0);
    worst = Math.max(worst, Math.abs(height + 1.6));
  }
  return worst;
}
