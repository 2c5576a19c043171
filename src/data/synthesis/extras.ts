/**
 * @file What a world knows of a sample and no task reads: files beside the labels, named under `extras` in
 * dataset.yaml.
 */
import type { RenderedSample } from "../../worlds/world.js";
import { encodeRaster } from "../files/raster.js";

/** A file beside the labels. */
export interface ExtraFile {
  readonly extension: string;
  readonly bytes: Uint8Array;
}

type Size = readonly [height: number, width: number];

/** Planes as interleaved floats, .npy of [height, width, planes]. */
function floats(planes: readonly ArrayLike<number>[], [height, width]: Size): ExtraFile {
  const channels = planes.length;
  const data = new Float32Array(channels * width * height);
  planes.forEach((plane, c) => {
    for (let i = 0; i < plane.length; i++) data[channels * i + c] = plane[i];
  });
  return encodeRaster({ width, height, channels, data });
}

/** Numbers of things: 16-bit PNG where they fit. */
function instanceFile(instances: Int32Array, [height, width]: Size): ExtraFile {
  const small = instances.every((number) => number < 65536);
  const data = small ? Uint16Array.from(instances) : instances;
  return encodeRaster({ width, height, channels: 1, data });
}

/** Optical flow with NaN where it is not defined, and whether the next frame shows the point. */
function flowFile({ flow, visible }: NonNullable<RenderedSample["motion"]>): ExtraFile {
  const area = flow.width * flow.height;
  const known = flow.data.map((value, i) => (flow.valid[i % area] ? value : Number.NaN));
  return floats([known.subarray(0, area), known.subarray(area), visible], [flow.height, flow.width]);
}

/**
 * The extra files of a sample by their folder: `instances`, `boxes` where its world has them, and of videos
 * `flow` and `motion`.
 */
export function extraFiles(sample: RenderedSample, video: boolean): Record<string, ExtraFile> {
  const { image, instances, boxes, motion } = sample;
  const size = [image.height, image.width] as const;
  const area = image.width * image.height;
  return {
    instances: instanceFile(instances, size),
    ...(boxes && { boxes: { extension: "json", bytes: Buffer.from(`${JSON.stringify(boxes)}\n`) } }),
    ...(video &&
      motion && {
        flow: flowFile(motion),
        motion: floats(
          [0, 1, 2].map((c) => motion.motion.data.subarray(c * area, (c + 1) * area)),
          size,
        ),
      }),
  };
}
