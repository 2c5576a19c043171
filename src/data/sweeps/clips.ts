/** @file Which sweeps stand before a sweep. */
import { UserError } from "../../common/errors.js";
import type { SweepPlan } from "../../fields/sweep.js";
import { gapsOf } from "../loading/clips.js";
import type { SweepSource } from "./source.js";

/**
 * The ids of the sweeps of each sample, the present one first, by split and the present one's id: as many as
 * the plan has frames, in the split's order. None reaches over frames that are missing by the timestamps.
 * Throws UserError where no sequence of a split is long enough.
 */
export function sweepClips(
  { name, splits, sequences }: Pick<SweepSource, "name" | "splits" | "sequences">,
  { frames, step }: Pick<SweepPlan, "frames" | "step">,
): Record<string, ReadonlyMap<string, readonly string[]>> {
  const back = (frames - 1) * step;
  const clipsOf = (split: string): ReadonlyMap<string, readonly string[]> => {
    if (frames === 1) return new Map(splits[split].map((id) => [id, [id]]));
    const known = new Map<string, readonly string[]>();
    for (const sequence of sequences?.[split] ?? []) {
      const gaps = gapsOf(sequence);
      sequence.frames.forEach((id, at) => {
        if (at < back || gaps.slice(at - back, at).includes(true)) return;
        known.set(
          id,
          Array.from({ length: frames }, (_, k) => sequence.frames[at - k * step]),
        );
      });
    }
    const clips = splits[split].flatMap((id) => {
      const clip = known.get(id);
      return clip === undefined ? [] : [[id, clip] as const];
    });
    if (clips.length > 0) return new Map(clips);
    throw new UserError({
      code: "data.no-clips",
      what: `split ${split} has no sweeps with earlier ones before them`,
      where: name,
      expected: `sequences of at least ${back + 1} sweeps`,
      got: sequences?.[split] === undefined ? "no sequences" : "shorter ones",
      fix: "Set `model.frames: 1`, or a smaller `model.step`, or take data of longer sequences.",
    });
  };
  return Object.fromEntries(Object.keys(splits).map((split) => [split, clipsOf(split)]));
}
