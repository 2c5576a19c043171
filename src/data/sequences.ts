/** @file sequences.json of a dataset folder: which samples follow one another in time. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { Pose } from "../fields/pose.js";
import { identity3, type Mat3, multiply3, transpose3 } from "../geometry/rotation.js";
import type { SequencePlace } from "../tasks/task.js";
import { comparable } from "./listing.js";

const sequenceSchema = z.strictObject({
  name: z.string().optional(),
  /** Sample ids in order of time. */
  frames: z.array(z.string().transform(comparable)),
  /** Seconds, one a frame, ascending. */
  timestamps: z.array(z.number()).optional(),
  /**
   * Where the camera stands, one a frame: the rows of [rotation | position], from the camera to the scene,
   * metres.
   */
  poses: z.array(z.array(z.number()).length(12)).optional(),
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
    for (const { frames, timestamps, poses } of sequences) {
      const stray = frames.find((id) => !known.has(id));
      if (stray !== undefined) throw refuse(where, `split ${split} has no sample ${JSON.stringify(stray)}`);
      if (poses !== undefined) requirePoses(poses, frames.length, split, where);
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

/** A pose from its rows of [rotation | position]; numbers behind the twelve are left aside. */
export function poseOfRows(n: readonly number[]): Pose {
  return {
    rotation: [n[0], n[1], n[2], n[4], n[5], n[6], n[8], n[9], n[10]],
    position: [n[3], n[7], n[11]],
  };
}

/** Throws UserError unless there is a pose for each frame, with a rotation that is one. */
function requirePoses(
  poses: readonly (readonly number[])[],
  count: number,
  split: string,
  where: string,
): void {
  if (poses.length !== count) {
    throw refuse(where, `the poses of a sequence in split ${split} do not fit`, {
      expected: `${count}, one a frame`,
      got: String(poses.length),
    });
  }
  const bad = poses.findIndex((pose) => !isRotation(poseOfRows(pose).rotation));
  if (bad === -1) return;
  throw refuse(where, `pose ${bad} of a sequence in split ${split} does not rotate`, {
    expected: "[rotation | position] by rows: three orthogonal unit vectors, right-handed, and metres",
    got: JSON.stringify(poses[bad]),
  });
}

/** Up to rounding in a file of few digits. */
function isRotation(m: Mat3): boolean {
  const product = multiply3(m, transpose3(m));
  const orthogonal = product.every((value, i) => Math.abs(value - identity3[i]) < 1e-3);
  const [a, b, c, d, e, f, g, h, i] = m;
  return orthogonal && a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0;
}

/** The pose of each sample of a split that has one, by its id. */
export function posesOf(sequences: Sequences | undefined, split: string): ReadonlyMap<string, Pose> {
  if (sequences === undefined || !Object.hasOwn(sequences, split)) return new Map();
  return new Map(
    sequences[split].flatMap(({ frames, poses }) =>
      (poses ?? []).map((pose, i) => [frames[i], poseOfRows(pose)] as const),
    ),
  );
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
