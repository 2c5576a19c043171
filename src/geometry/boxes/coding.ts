/**
 * @file Boxes as differences from an anchor, as in SECOND (Yan et al. 2018) and PointPillars (Lang et al.
 * 2019): seven residuals, and a direction, as the sine of a heading's difference is blind to half a turn.
 */
import { hasSize, type UprightBox, wrapAngle } from "./box.js";

/** x, y, z, length, width, height, yaw. */
export type BoxResiduals = readonly [number, number, number, number, number, number, number];

/**
 * Centres in units of the anchor's diagonal from above (x, y) and of its height (z), sizes as logarithms of
 * ratios, the yaw as a difference in [-pi, pi).
 * @throws RangeError where the box or the anchor has no size.
 */
export function encodeBox(box: UprightBox, anchor: UprightBox): BoxResiduals {
  if (!hasSize(box) || !hasSize(anchor)) {
    throw new RangeError(`encodeBox: a box without size: ${JSON.stringify({ box, anchor })}`);
  }
  const diagonal = Math.hypot(anchor.size[0], anchor.size[1]);
  return [
    (box.centre[0] - anchor.centre[0]) / diagonal,
    (box.centre[1] - anchor.centre[1]) / diagonal,
    (box.centre[2] - anchor.centre[2]) / anchor.size[2],
    Math.log(box.size[0] / anchor.size[0]),
    Math.log(box.size[1] / anchor.size[1]),
    Math.log(box.size[2] / anchor.size[2]),
    wrapAngle(box.yaw - anchor.yaw),
  ];
}

/** The box of residuals; its yaw lies in [-pi, pi). */
export function decodeBox([x, y, z, l, w, h, yaw]: BoxResiduals, anchor: UprightBox): UprightBox {
  const { centre, size } = anchor;
  const diagonal = Math.hypot(size[0], size[1]);
  return {
    centre: [centre[0] + x * diagonal, centre[1] + y * diagonal, centre[2] + z * size[2]],
    size: [size[0] * Math.exp(l), size[1] * Math.exp(w), size[2] * Math.exp(h)],
    yaw: wrapAngle(anchor.yaw + yaw),
  };
}

/** The border between the two directions lies at 45 degrees, off the headings that are common on roads. */
const BORDER = Math.PI / 4;

/** Which of two directions a yaw has: 0 from 45 to 225 degrees, else 1. */
export function directionOf(yaw: number): 0 | 1 {
  return wrapAngle(yaw - BORDER - Math.PI) < 0 ? 0 : 1;
}

/** The yaw that differs from `yaw` by whole half turns and has this direction, in [-pi, pi). */
export function withDirection(yaw: number, direction: 0 | 1): number {
  return directionOf(yaw) === direction ? wrapAngle(yaw) : wrapAngle(yaw + Math.PI);
}
