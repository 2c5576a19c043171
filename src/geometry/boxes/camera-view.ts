/** @file Boxes as a camera sees them that stands beside the sensor whose coordinates they are in. */
import { type PinholeCamera, project } from "../camera.js";
import type { RigidMotion } from "../rigid.js";
import { add3, apply3, type Vec3 } from "../rotation.js";
import type { UprightBox } from "./box.js";

/** A camera beside a sensor. */
export interface CameraView {
  readonly camera: PinholeCamera;
  /** From the sensor's coordinates to the camera's (x right, y down, z forward). */
  readonly toCamera: RigidMotion;
  /** Of the picture, pixels. */
  readonly width: number;
  readonly height: number;
}

/** Where a line in the picture begins and ends, pixels; the ends may lie beyond its borders. */
export type Edge = readonly [from: readonly [number, number], to: readonly [number, number]];

/** A rectangle of the picture, pixels. */
export interface Extent2d {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What lies nearer than this before the camera, or behind it, is cut off, metres. */
const NEAREST = 0.1;
/** Signs of the corners along the box's forward, left and up axes: front ones first, each face in a round. */
const CORNERS: readonly Vec3[] = [1, -1].flatMap((front): Vec3[] => [
  [front, 1, -1],
  [front, -1, -1],
  [front, -1, 1],
  [front, 1, 1],
]);
/** Pairs of corners: front, back, and from one to the other. */
const EDGES = [0, 1, 2, 3].flatMap((i) => [
  [i, (i + 1) % 4],
  [4 + i, 4 + ((i + 1) % 4)],
  [i, 4 + i],
]);

/** The eight corners, the front's first, in the coordinates that `toCamera` leads to. */
function cornersSeen({ centre, size, yaw }: UprightBox, { rotation, translation }: RigidMotion): Vec3[] {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return CORNERS.map(([front, left, up]) => {
    const [along, across] = [(front * size[0]) / 2, (left * size[1]) / 2];
    const corner: Vec3 = [
      centre[0] + c * along - s * across,
      centre[1] + s * along + c * across,
      centre[2] + (up * size[2]) / 2,
    ];
    return add3(apply3(rotation, corner), translation);
  });
}

/** The part of a line that lies before the camera; null where none does. */
function before(a: Vec3, b: Vec3): readonly [Vec3, Vec3] | null {
  if (a[2] < NEAREST && b[2] < NEAREST) return null;
  const cut = (near: Vec3, far: Vec3): Vec3 => {
    if (near[2] >= NEAREST) return near;
    const t = (NEAREST - near[2]) / (far[2] - near[2]);
    return [near[0] + t * (far[0] - near[0]), near[1] + t * (far[1] - near[1]), NEAREST];
  };
  return [cut(a, b), cut(b, a)];
}

/** The twelve edges of a box, without what lies behind the camera; the four of its front come first. */
export function edgesSeen(box: UprightBox, { camera, toCamera }: CameraView): Edge[] {
  const corners = cornersSeen(box, toCamera);
  const front = ([a, b]: readonly number[]) => a < 4 && b < 4;
  const ordered = [...EDGES.filter(front), ...EDGES.filter((edge) => !front(edge))];
  return ordered.flatMap(([a, b]) => {
    const part = before(corners[a], corners[b]);
    return part === null ? [] : [[project(part[0], camera), project(part[1], camera)] as const];
  });
}

/** The rectangle of the picture that a box takes up, up to its borders; null where it is not in it. */
export function extentSeen(box: UprightBox, view: CameraView): Extent2d | null {
  const ends = edgesSeen(box, view).flat();
  if (ends.length === 0) return null;
  const range = (axis: 0 | 1, length: number) => {
    const values = ends.map((end) => end[axis]);
    const clipped = (value: number) => Math.min(length - 1, Math.max(0, value));
    return [clipped(Math.min(...values)), clipped(Math.max(...values))];
  };
  const [left, right] = range(0, view.width);
  const [top, bottom] = range(1, view.height);
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}
