/** @file Anchors: boxes on a grid, and which of them a detector learns a labelled box at. */
import { hasSize, type UprightBox, wrapAngle } from "./box.js";

export interface AnchorGrid {
  /** Where the grid begins, metres. */
  readonly from: readonly [x: number, y: number];
  /** Edge of a cell, metres. */
  readonly cell: number;
  /** Cells along x and y. */
  readonly cells: readonly [nx: number, ny: number];
  /** Length, width and height of each anchor, metres. */
  readonly size: readonly [length: number, width: number, height: number];
  /** Of the anchors' centres, metres. */
  readonly z: number;
  /** One anchor a cell for each, radians. */
  readonly yaws: readonly number[];
}

/** Numbers of an anchor in an array: x, y, z, length, width, height, yaw. */
const STRIDE = 7;

/**
 * Anchors at the middle of each cell: [ny, nx, yaws, 7], where 7 are x, y, z, length, width, height, yaw.
 */
export function anchorBoxes({ from, cell, cells: [nx, ny], size, z, yaws }: AnchorGrid): Float64Array {
  const out = new Float64Array(ny * nx * yaws.length * STRIDE);
  let at = 0;
  for (let iy = 0; iy < ny; iy++) {
    const y = from[1] + (iy + 0.5) * cell;
    for (let ix = 0; ix < nx; ix++) {
      const x = from[0] + (ix + 0.5) * cell;
      for (const yaw of yaws) {
        out.set([x, y, z, ...size, yaw], at);
        at += STRIDE;
      }
    }
  }
  return out;
}

/** Anchor number `index` of an array of anchors. */
export function anchorAt(anchors: ArrayLike<number>, index: number): UprightBox {
  const [x, y, z, l, w, h, yaw] = Array.from({ length: STRIDE }, (_, i) => anchors[STRIDE * index + i]);
  return { centre: [x, y, z], size: [l, w, h], yaw };
}

/** Half extents along x and y of the box turned to the nearest axis. */
function nearestExtents(length: number, width: number, yaw: number): [number, number] {
  const turn = Math.abs(wrapAngle(yaw));
  const along = Math.min(turn, Math.PI - turn) < Math.PI / 4;
  return along ? [length / 2, width / 2] : [width / 2, length / 2];
}

export interface MatchThresholds {
  /** An anchor is positive from this overlap on; PointPillars: 0.6 for cars, 0.5 for people and cyclists. */
  readonly positive: number;
  /** And negative below this one; 0.45 and 0.35. */
  readonly negative: number;
}

export interface AnchorMatch {
  /** By anchor: 1 positive, 0 negative, -1 neither. */
  readonly state: Int8Array;
  /** By anchor: the labelled box that it overlaps most, or -1 where it overlaps none. */
  readonly truth: Int32Array;
  /** By anchor: by how much, 0 to 1. */
  readonly overlap: Float64Array;
  /** By labelled box: the largest overlap with any anchor; 0 where it lies off the grid or has no size. */
  readonly best: Float64Array;
}

/**
 * Matches anchors to labelled boxes as PointPillars does: by intersection over union from above of the boxes
 * turned to the nearest axis. An anchor is positive where it reaches `positive`, or overlaps a labelled box
 * as much as any anchor does; it learns the box that it itself overlaps most. What is below `negative` and
 * not positive is negative.
 * @param anchors [n, 7], see `anchorBoxes`.
 */
export function matchAnchors(
  anchors: ArrayLike<number>,
  truths: readonly UprightBox[],
  { positive, negative }: MatchThresholds,
): AnchorMatch {
  const count = anchors.length / STRIDE;
  const truth = new Int32Array(count).fill(-1);
  const overlap = new Float64Array(count);
  const best = new Float64Array(truths.length);
  const halves = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const at = STRIDE * i;
    halves.set(nearestExtents(anchors[at + 3], anchors[at + 4], anchors[at + 6]), 2 * i);
  }
  const forced: number[] = [];
  truths.forEach((box, j) => {
    if (!hasSize(box)) return;
    const [x, y] = box.centre;
    const [halfX, halfY] = nearestExtents(box.size[0], box.size[1], box.yaw);
    let most: number[] = [];
    for (let i = 0; i < count; i++) {
      const ax = anchors[STRIDE * i];
      const hx = halves[2 * i];
      const sharedX = Math.min(x + halfX, ax + hx) - Math.max(x - halfX, ax - hx);
      if (sharedX <= 0) continue;
      const ay = anchors[STRIDE * i + 1];
      const hy = halves[2 * i + 1];
      const sharedY = Math.min(y + halfY, ay + hy) - Math.max(y - halfY, ay - hy);
      if (sharedY <= 0) continue;
      const shared = sharedX * sharedY;
      const iou = shared / (4 * (halfX * halfY + hx * hy) - shared);
      if (iou > overlap[i]) {
        overlap[i] = iou;
        truth[i] = j;
      }
      if (iou > best[j]) {
        best[j] = iou;
        most = [];
      }
      if (iou === best[j]) most.push(i);
    }
    forced.push(...most);
  });
  const state = Int8Array.from(overlap, (iou) => (iou >= positive ? 1 : iou < negative ? 0 : -1));
  for (const i of forced) state[i] = 1;
  return { state, truth, overlap, best };
}
