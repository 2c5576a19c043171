/** @file Clips: frames that follow one another, drawn together. */
import { UserError } from "../../common/errors.js";
import type { FramesPlan } from "../../fields/layout.js";
import type { Dataset } from "../types.js";

/**
 * All clips of a split, each as the ids of its frames in order of time: `count` of one sequence, `step`
 * apart. None reaches over a cut, that is from one sequence into another. Throws UserError where no sequence
 * is long enough.
 */
export function clipsOf(
  { info }: Pick<Dataset, "info">,
  split: string,
  { count, step }: FramesPlan,
): (readonly string[])[] {
  const sequences = info.sequences?.[split] ?? [];
  const span = (count - 1) * step;
  const clips = sequences.flatMap(({ frames }) =>
    Array.from({ length: Math.max(0, frames.length - span) }, (_, start) =>
      Array.from({ length: count }, (_, i) => frames[start + i * step]),
    ),
  );
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
