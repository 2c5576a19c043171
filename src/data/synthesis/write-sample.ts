/** @file Renders one sample of a world into a dataset folder: the work of one turn, in whatever thread. */

import { worldByName } from "../../worlds/index.js";
import { type DatasetDescription, writeSample } from "../folder.js";

/** Plain data, so that it can be sent to a worker thread. */
export interface WriteJob {
  readonly world: string;
  readonly out: string;
  /** [height, width] in pixels. */
  readonly size: readonly [number, number];
  readonly seed: number;
  readonly description: DatasetDescription;
}

/** File name of a sample, without extension. */
export function sampleId(index: number): string {
  return String(index).padStart(6, "0");
}

/** Renders and writes sample `index` of a split: its image and every label. */
export async function writeWorldSample(job: WriteJob, split: string, index: number): Promise<void> {
  const [height, width] = job.size;
  const { image, labels, camera } = worldByName(job.world).render(job.seed, split, index, height, width);
  const area = width * height;
  const planar = new Float32Array(3 * area);
  for (let i = 0; i < 3 * area; i++) planar[(i % 3) * area + Math.floor(i / 3)] = image.data[i] / 255;
  const sample = { id: sampleId(index), width, height, image: planar, labels, camera };
  await writeSample(job.out, job.description, split, sample);
}
