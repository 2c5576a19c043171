/** @file Clips: frames that follow one another, drawn together. */
import { UserError } from "../../common/errors.js";
import type { FramesPlan } from "../../fields/layout.js";
import type { Sequences } from "../sequences.js";
import type { Dataset } from "../types.js";

type Sequence = Sequences[string][number];

/** Times the usual interval between two frames from which some are missing between them. */
const GAP = 1.5;

/** The (lower) median interval of a sequence's timestamps, seconds. */
function usualInterval(timestamps: readonly number[]): number {
  const intervals = timestamps.slice(1).map((time, i) => time - timestamps[i]);
  return intervals.sort((a, b) => a - b)[Math.floor((intervals.length - 1) / 2)];
}

/** Whether frames are missing, by the timestamps, behind each of a sequence's frames. */
export function gapsOf({ timestamps, frames }: Sequence): readonly boolean[] {
  if (timestamps === undefined || timestamps.length < 3) return frames.map(() => false);
  const longest = GAP * usualInterval(timestamps);
  return timestamps.map((time, i) => timestamps[i + 1] - time > longest);
}

/**
 * All clips of a split, each as the ids of its frames in order of time: `count` of one sequence, `step`
 * apart. None reaches over a cut, that is from one sequence into another, or over frames that are missing by
 * the timestamps. Throws UserError where no sequence is long enough.
 */
export function clipsOf(
  { info }: Pick<Dataset, "info">,
  split: string,
  { count, step }: FramesPlan,
): (readonly string[])[] {
  const sequences = info.sequences?.[split] ?? [];
  const span = (count - 1) * step;
  const clips = sequences.flatMap((sequence) => {
    const { frames } = sequence;
    const gaps = gapsOf(sequence);
    const starts = Array.from({ length: Math.max(0, frames.length - span) }, (_, start) => start);
    return starts
      .filter((start) => !gaps.slice(start, start + span).includes(true))
      .map((start) => Array.from({ length: count }, (_, i) => frames[start + i * step]));
  });
  if (clips.length > 0) return clips;
  throw new UserError({
    code: "data.no-clips",
    what: `split ${split} has no frames to be drawn together`,
    where: info.name,
    expected: `sequences of at least ${span + 1} frames`,
    got:
      sequences.length === 0
        ? "no sequences"
        : `sequences of at most ${Math.max(...sequences.map(({ frames }) => frames.length))}`,
    fix: "Name them in the dataset's sequences.json.",
  });
}
