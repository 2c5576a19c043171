/** @file sequences.json of a dataset folder: which samples follow one another in time. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { SequencePlace } from "../tasks/task.js";
import { comparable } from "./listing.js";

const sequenceSchema = z.strictObject({
  name: z.string().optional(),
  /** Sample ids in order of time. */
  frames: z.array(z.string().transform(comparable)),
  /** Seconds, one a frame, ascending. */
  timestamps: z.array(z.number()).optional(),
});
const schema = z.record(z.string(), z.array(sequenceSchema));

/** Consecutive samples of one split. */
type Sequence = z.output<typeof sequenceSchema>;
/** By split. */
export type Sequences = Readonly<Record<string, readonly Sequence[]>>;

function refuse(where: string, what: string, more: { expected?: string; got?: string } = {}): UserError {
  return new UserError({ code: "data.bad-sequences", what, where, ...more });
}

/** Reads the text of a sequences.json and checks it against the ids of each split. Throws UserError. */
export function parseSequences(
  text: string,
  splits: Readonly<Record<string, readonly string[]>>,
  where: string,
): Sequences {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(where, "this is not JSON", { got: (cause as Error).message });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(where, `\`${issue.path.join(".")}\`: ${issue.message}`);
  }
  for (const [split, sequences] of Object.entries(parsed.data)) {
    const known = new Set(Object.hasOwn(splits, split) ? splits[split] : []);
    for (const { frames, timestamps } of sequences) {
      const stray = frames.find((id) => !known.has(id));
      if (stray !== undefined) throw refuse(where, `split ${split} has no sample ${JSON.stringify(stray)}`);
      if (timestamps === undefined) continue;
      const ascending = timestamps.every((time, i) => i === 0 || time > timestamps[i - 1]);
      if (timestamps.length !== frames.length || !ascending) {
        throw refuse(where, `the timestamps of a sequence in split ${split} do not fit`, {
          expected: `${frames.length} ascending numbers`,
          got: String(timestamps.length),
        });
      }
    }
  }
  return parsed.data;
}

/** Where each sample of a split stands in time, by its id: in the first sequence that holds it. */
export function sequencePlaces(
  sequences: Sequences | undefined,
  split: string,
): ReadonlyMap<string, SequencePlace> {
  const places = new Map<string, SequencePlace>();
  if (sequences === undefined || !Object.hasOwn(sequences, split)) return places;
  sequences[split].forEach(({ name, frames, timestamps }, index) => {
    frames.forEach((id, frame) => {
      if (!places.has(id)) places.set(id, { index, name, frame, timestamp: timestamps?.[frame] });
    });
  });
  return places;
}
