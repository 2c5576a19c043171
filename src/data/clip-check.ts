/** @file What is worth a word of sequences whose frames are to be seen together. */
import type { FramesPlan } from "../fields/layout.js";
import { spread } from "./label-look.js";
import { clipsOf, gapsOf } from "./loading/clips.js";
import type { Dataset, Sample } from "./types.js";

/** Clips that are looked at, spread over a split. */
const CLIPS = 8;
/** Mean difference of two frames, of values from 0 to 1, below which nothing moves in them. */
const STILL_IMAGE = 0.5 / 255;
/** Metres below which a camera stands where it stood. */
const STILL_CAMERA = 1e-4;

/** Whether the camera stands still between two frames: by its poses, else by how much alike they look. */
function standsStill(from: Sample, to: Sample): boolean {
  if (from.pose !== undefined && to.pose !== undefined) {
    const [a, b] = [from.pose.position, to.pose.position];
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < STILL_CAMERA;
  }
  const difference = from.image.reduce((sum, value, i) => sum + Math.abs(value - to.image[i]), 0);
  return difference / from.image.length < STILL_IMAGE;
}

/**
 * Warnings, one sentence each: sequences that are too short, frames that are missing by the sequences'
 * timestamps, cameras that do not move. Throws UserError where no sequence is long enough.
 */
export async function checkClips(dataset: Dataset, split: string, plan: FramesPlan): Promise<string[]> {
  const clips = clipsOf(dataset, split, plan);
  const sequences = dataset.info.sequences?.[split] ?? [];
  const where = `${dataset.info.name}: ${split}`;
  const span = (plan.count - 1) * plan.step + 1;
  const short = sequences.filter(({ frames }) => frames.length < span).length;
  const torn = sequences.filter((sequence) => gapsOf(sequence).includes(true)).length;
  const looked = spread(clips).slice(0, CLIPS);
  let still = 0;
  for (const clip of looked) {
    const [from, to] = [await dataset.read(split, clip[0], []), await dataset.read(split, clip[1], [])];
    if (standsStill(from, to)) still++;
  }
  return [
    ...(short > 0
      ? [
          `${where}: ${short} of ${sequences.length} sequences have fewer than ${span} frames and are not used.`,
        ]
      : []),
    ...(torn > 0
      ? [
          `${where}: ${torn} of ${sequences.length} sequences miss frames by their timestamps; no clip reaches over a gap.`,
        ]
      : []),
    ...(2 * still > looked.length
      ? [
          `${where}: the camera does not move in ${still} of ${looked.length} clips looked at: depth cannot be seen ` +
            "from them, and a photometric loss has no minimum there. Leave such frames out, or take them farther apart (`step`).",
        ]
      : []),
  ];
}
