/**
 * @file Motion between two frames as maps: what stands in which channel, and how labels follow their image.
 */
import { type Pose, QUARTER } from "../fields/pose.js";
import type { Size } from "../fields/size.js";
import { anglesOfRotation, type RigidMotion, rotationOfAngles } from "../geometry/rigid.js";
import { apply3, multiply3, transpose3, type Vec3 } from "../geometry/rotation.js";
import type { LabelMap, PredictionMap } from "./task.js";

/** Where the parts of a prediction stand: [start, end) of its channels. A label has the first two. */
export const MOTION_CHANNELS = {
  /** Radians, of R = Rx(a) Ry(b) Rz(c). */
  angles: [0, 3],
  /** Metres. */
  translation: [3, 6],
  /** Metres, of the point seen at each pixel. */
  residual: [6, 9],
  /** fx, fy, cx, cy in pixels, where the network predicts them. */
  intrinsics: [9, 13],
} as const;

/** Channels of a label: angles and translation. */
export const LABEL_CHANNELS = MOTION_CHANNELS.translation[1];

/** The motion that a map tells: angles and translation, the mean over the pixels that count. */
export function motionAt(map: LabelMap | PredictionMap, valid?: Uint8Array): RigidMotion {
  const area = map.height * map.width;
  const means = Array.from({ length: LABEL_CHANNELS }, (_, channel) => {
    let [sum, count] = [0, 0];
    for (let pixel = 0; pixel < area; pixel++) {
      if (valid !== undefined && valid[pixel] !== 1) continue;
      sum += map.data[channel * area + pixel];
      count++;
    }
    return sum / count;
  });
  return {
    rotation: rotationOfAngles([means[0], means[1], means[2]]),
    translation: [means[3], means[4], means[5]],
  };
}

/** From the points of one camera to those of another: R = R₂ᵀR₁, T = R₂ᵀ(p₁ - p₂). */
export function motionBetweenPoses(from: Pose, to: Pose): RigidMotion {
  const back = transpose3(to.rotation);
  const shift = from.position.map((value, axis) => value - to.position[axis]) as unknown as Vec3;
  return { rotation: multiply3(back, from.rotation), translation: apply3(back, shift) };
}

/** The label of a frame of that size whose successor's pose is known, too: the same at every pixel. */
export function motionLabel(from: Pose, to: Pose, { height, width }: Size): LabelMap {
  const { rotation, translation } = motionBetweenPoses(from, to);
  const area = height * width;
  const data = new Float32Array(LABEL_CHANNELS * area);
  [...anglesOfRotation(rotation), ...translation].forEach((value, channel) => {
    data.fill(value, channel * area, (channel + 1) * area);
  });
  return { channels: LABEL_CHANNELS, height, width, data, valid: new Uint8Array(area).fill(1) };
}

/** A label with each pixel's angles and translation replaced. */
function changed(label: LabelMap, change: (angles: Vec3, translation: Vec3) => readonly number[]): LabelMap {
  const area = label.height * label.width;
  const data = new Float32Array(label.data.length);
  for (let pixel = 0; pixel < area; pixel++) {
    const at = (channel: number) => label.data[channel * area + pixel];
    change([at(0), at(1), at(2)], [at(3), at(4), at(5)]).forEach((value, channel) => {
      data[channel * area + pixel] = value;
    });
  }
  return { ...label, data };
}

/** Seen in a mirror: turns about y and z and steps along x change sides. */
export function mirroredMotion(label: LabelMap): LabelMap {
  return changed(label, ([a, b, c], [x, y, z]) => [a, -b, -c, -x, y, z]);
}

/** Things look `factor` times as large: the scene is so much smaller. */
export function scaledMotion(label: LabelMap, factor: number): LabelMap {
  if (factor === 1) return label;
  return changed(label, (angles, [x, y, z]) => [...angles, x / factor, y / factor, z / factor]);
}

/** Turned counter-clockwise by quarters, as the camera's axes are. */
export function turnedMotion(label: LabelMap, quarters: number): LabelMap {
  if (quarters === 0) return label;
  const back = transpose3(QUARTER);
  const once = changed(label, (angles, translation) => {
    const rotation = multiply3(back, multiply3(rotationOfAngles(angles), QUARTER));
    return [...anglesOfRotation(rotation), ...apply3(back, translation)];
  });
  return turnedMotion(once, quarters - 1);
}
