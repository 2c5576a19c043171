/** @file Motion from a frame to the next: of the camera, and of each point by itself. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { composed, inverted } from "../geometry/rigid.js";
import { identity3 } from "../geometry/rotation.js";
import { add, div, mul } from "../graph/ops/arithmetic.js";
import { concat, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { paint, requireValidPixel } from "./maps.js";
import { maskedL1 } from "./masked.js";
import {
  LABEL_CHANNELS,
  MOTION_CHANNELS,
  mirroredMotion,
  motionAt,
  scaledMotion,
  turnedMotion,
} from "./motion-maps.js";
import { MOTION_METRICS, motionAccumulator } from "./motion-metrics.js";
import { predictedValues } from "./pseudo-label.js";
import { withChannels } from "./raster.js";
import type { DrawingRange, LabelMap, Motion, Picture, PredictionMap, Raster, TaskKind } from "./task.js";

export { MOTION_CHANNELS, motionLabel } from "./motion-maps.js";

const specSchema = z.strictObject({
  kind: z.literal("motion"),
  /** Whether the camera's intrinsics are predicted, too. */
  intrinsics: z.boolean().optional(),
});

/** Entry of a motion task in dataset.yaml. */
export type MotionSpec = z.output<typeof specSchema>;

/** What a radian weighs in the loss, metres. */
const RADIAN = 10;

/**
 * How points move from a frame to the next one (Taskology, appendix A.1.1): a point p of the first camera (x
 * right, y down, z forward, metres) lies at R p + T + δt in the second one's coordinates.
 *
 * Predictions [9,H,W]: angles a, b, c of R = Rx(a) Ry(b) Rz(c) (radians), T and δt (metres); R and T are the
 * same at every pixel. With `intrinsics` four more: fx, fy, cx, cy (pixels). Labels [6,H,W] are angles and T:
 * those of the camera. A dataset of sequences with poses has them without files; files are floats of six
 * channels, NaN where there is none.
 *
 * Loss: mean |T' - T| + 10 mean |angles' - angles|, means over the three axes and the valid pixels of each
 * sample. Residual motion has no label: it learns from constraints alone.
 *
 * Metrics, of the courses that motions come to: `ate` = absolute trajectory error of 5-frame snippets, mean
 * over all of them; `ateWhole` = that of each whole sequence after a similarity, mean over sequences;
 * `rpeTrans` and `rpeRot` = root mean square error of steps; `tErr` = mean |T' - T| as predicted, metres. All
 * but the last fit the scale, which a video does not show (see `trajectory.ts`).
 */
export const motion: TaskKind<MotionSpec> = {
  kind: "motion",
  frames: 2,
  specSchema,
  files: {
    labelChannels: () => LABEL_CHANNELS,
    layers: ["motion"],
    decode,
    encode,
    resampling: () => "nearest",
    mirrored: mirroredMotion,
    turned: turnedMotion,
    scaled: scaledMotion,
    course: { ending: "trajectory.txt", of: trajectoryText },
  },
  learning: {
    channels: ({ intrinsics }) => MOTION_CHANNELS[intrinsics === true ? "intrinsics" : "residual"][1],
    activate: (output) => output,
    meaning:
      "angles (radians), translation and residual translation (metres), then, where predicted, fx, fy, cx, cy (pixels)",
    likelihood: "regression",
    loss,
    moved,
    pseudoLabel: (prediction) =>
      predictedValues(slice(prediction, { axes: [1], starts: [0], ends: [LABEL_CHANNELS] })),
  },
  metrics: { infos: MOTION_METRICS, primary: "ate", wholeSet: true, accumulator: motionAccumulator },
  drawing: { range: drawingRange, prediction: draw, label: draw },
};

function decode(raster: Raster, _spec: MotionSpec, where: string): LabelMap {
  const {
    width,
    height,
    data: values,
  } = withChannels(raster, LABEL_CHANNELS, where, "three angles and a translation");
  if (!(values instanceof Float32Array)) {
    throw new UserError({
      code: "label.motion-type",
      what: "integers do not say what they stand for",
      where,
      expected: "floats: radians and metres",
      got: `${8 * values.BYTES_PER_ELEMENT}-bit integers`,
      fix: "Save the values as floats (.npy).",
    });
  }
  const area = width * height;
  const data = new Float32Array(LABEL_CHANNELS * area);
  const valid = new Uint8Array(area);
  for (let pixel = 0; pixel < area; pixel++) {
    const stored = values.subarray(pixel * LABEL_CHANNELS, (pixel + 1) * LABEL_CHANNELS);
    if (!stored.every(Number.isFinite)) continue;
    stored.forEach((value, channel) => {
      data[channel * area + pixel] = value;
    });
    valid[pixel] = 1;
  }
  const label = { channels: LABEL_CHANNELS, height, width, data, valid };
  return requireValidPixel(label, where, "Check that the file was exported whole.");
}

function encode({ width, height, data, valid }: LabelMap): Raster {
  const area = width * height;
  const values = Float32Array.from({ length: data.length }, (_, i) => {
    const pixel = Math.floor(i / LABEL_CHANNELS);
    return valid[pixel] === 1 ? data[(i % LABEL_CHANNELS) * area + pixel] : Number.NaN;
  });
  return { width, height, channels: LABEL_CHANNELS, data: values };
}

function part(map: Tensor, [start, end]: readonly [number, number]): Tensor {
  return slice(map, { axes: [1], starts: [start], ends: [end] });
}

function loss(prediction: Tensor, label: Tensor, valid: Tensor): Tensor {
  const error = (channels: readonly [number, number]) =>
    maskedL1(part(prediction, channels), part(label, channels), valid);
  const { angles, translation } = MOTION_CHANNELS;
  return add(error(translation), mul(error(angles), RADIAN));
}

/** As labels are mirrored and scaled; intrinsics stay those of the image that was seen. */
function moved(prediction: Tensor, { side, enlargement }: Motion): Tensor {
  const at = (channel: number) => part(prediction, [channel, channel + 1]);
  const step = (channel: number) => {
    const metres = div(at(channel), enlargement);
    return channel % 3 === 0 ? mul(metres, side) : metres;
  };
  return concat(
    [
      at(0),
      mul(at(1), side),
      mul(at(2), side),
      ...[3, 4, 5, 6, 7, 8].map(step),
      ...(prediction.shape[1] > 9 ? [part(prediction, MOTION_CHANNELS.intrinsics)] : []),
    ],
    1,
  );
}

/**
 * The camera's course over frames that follow one another, as KITTI has it: a line a frame, the rows of
 * [rotation | position], from that camera's coordinates to the first one's.
 */
function trajectoryText(predictions: Iterable<PredictionMap>): string {
  let pose = { rotation: identity3, translation: [0, 0, 0] as readonly [number, number, number] };
  const line = () => {
    const { rotation: r, translation: t } = pose;
    return [0, 1, 2].flatMap((row) => [r[3 * row], r[3 * row + 1], r[3 * row + 2], t[row]]).join(" ");
  };
  const lines = [line()];
  for (const prediction of predictions) {
    pose = composed(pose, inverted(motionAt(prediction)));
    lines.push(line());
  }
  return `${lines.join("\n")}\n`;
}

/** How far the point seen at a pixel moves beside the camera's turn, along one axis. */
function shift({ data, channels, height, width }: LabelMap | PredictionMap, axis: number, pixel: number) {
  const at = (channel: number) => data[channel * height * width + pixel];
  return at(3 + axis) + (channels > LABEL_CHANNELS ? at(6 + axis) : 0);
}

const isDrawn = (map: LabelMap | PredictionMap, pixel: number): boolean =>
  !("valid" in map) || map.valid[pixel] === 1;

/** From no motion to the longest along one axis. */
function drawingRange(map: LabelMap | PredictionMap): DrawingRange {
  let longest = 1e-3;
  for (let pixel = 0; pixel < map.height * map.width; pixel++) {
    if (!isDrawn(map, pixel)) continue;
    for (let axis = 0; axis < 3; axis++) longest = Math.max(longest, Math.abs(shift(map, axis, pixel)));
  }
  return [0, longest];
}

/** Red = right, green = down, blue = away from the camera; what stands still is grey. */
function draw(map: LabelMap | PredictionMap, _spec: MotionSpec, range?: DrawingRange | null): Picture {
  const [, longest] = range ?? drawingRange(map);
  return paint(map, (pixel, out, at) => {
    if (!isDrawn(map, pixel)) return;
    for (let axis = 0; axis < 3; axis++) {
      const share = Math.min(Math.max(shift(map, axis, pixel) / longest, -1), 1);
      out[at + axis] = Math.round(Number.isNaN(share) ? 0 : 128 + 100 * share);
    }
  });
}
