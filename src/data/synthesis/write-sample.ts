/** @file Renders samples of a world into a dataset folder: the work of one turn, in whatever thread. */

import { UserError } from "../../common/errors.js";
import { worldByName } from "../../worlds/index.js";
import type { LidarFrame, RenderedSample, World } from "../../worlds/world.js";
import { type DatasetDescription, writeExtra, writeSample } from "../folder.js";
import type { Pose } from "../types.js";
import { type ExtraFile, extraFiles } from "./extras.js";
import { lidarFiles, sweepsOf } from "./lidar.js";

/** Plain data, so that it can be sent to a worker thread. */
export interface WriteJob {
  readonly world: string;
  readonly style?: string;
  readonly out: string;
  /** [height, width] in pixels. */
  readonly size: readonly [number, number];
  readonly seed: number;
  /** Frames of each snippet; left out: still images. */
  readonly video?: number;
  /** Name of a sensor whose sweeps are written, too. */
  readonly lidar?: string;
  readonly description: DatasetDescription;
}

/** File name of a sample, without extension: of a still image, or of frame `frame` of a snippet. */
export function sampleId(index: number, frame?: number): string {
  const digits = (value: number) => String(value).padStart(6, "0");
  return frame === undefined ? digits(index) : `${digits(index)}-${digits(frame)}`;
}

async function writeRendered(
  job: WriteJob,
  split: string,
  id: string,
  rendered: RenderedSample,
  sweep: LidarFrame | undefined,
): Promise<void> {
  const { out, description, video } = job;
  const { image, labels, camera } = rendered;
  const { width, height } = image;
  const area = width * height;
  const planar = new Float32Array(3 * area);
  for (let i = 0; i < 3 * area; i++) planar[(i % 3) * area + Math.floor(i / 3)] = image.data[i] / 255;
  await writeSample(out, description, split, { id, width, height, image: planar, labels, camera });
  const extras: Record<string, ExtraFile> = {
    ...extraFiles(rendered, video !== undefined),
    ...(sweep && lidarFiles(sweep)),
  };
  for (const [name, file] of Object.entries(extras)) {
    if (description.extras?.includes(name)) await writeExtra(out, description, split, name, id, file);
  }
}

/** A world's video. Throws UserError `data.no-video` where it has none. */
export function videoOf({ name, video }: World): NonNullable<World["video"]> {
  if (video !== undefined) return video;
  throw new UserError({
    code: "data.no-video",
    what: `the world ${name} does not move`,
    where: "video",
    fix: "Leave it out: the world renders still images.",
  });
}

/**
 * Renders and writes item `index` of a split: an image, or the frames of a snippet, with every label.
 * @param done called after each image.
 * @returns where the camera stands in each frame of a snippet; nothing for an image.
 */
export async function writeWorldItem(
  job: WriteJob,
  split: string,
  index: number,
  done: () => void,
): Promise<Pose[]> {
  const { seed, size, video } = job;
  const world = worldByName(job.world, job.style);
  const sweeps =
    job.lidar === undefined ? undefined : sweepsOf(world, job.lidar)(seed, split, index)[Symbol.iterator]();
  const nextSweep = (): LidarFrame | undefined => sweeps?.next().value;
  if (video === undefined) {
    const rendered = world.render(seed, split, index, ...size);
    await writeRendered(job, split, sampleId(index), rendered, nextSweep());
    done();
    return [];
  }
  const poses: Pose[] = [];
  for (const sample of videoOf(world).frames(seed, split, index, ...size)) {
    await writeRendered(job, split, sampleId(index, poses.length), sample, nextSweep());
    if (sample.pose === undefined) throw new RangeError(`a frame of ${job.world} has no pose`);
    poses.push(sample.pose);
    done();
    if (poses.length === video) break;
  }
  return poses;
}
