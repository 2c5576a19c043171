/**
 * @file Tasks whose labels follow from what else is known of samples. A dataset of sequences has `motion`:
 * from each frame to the next, by where the camera stood.
 */
import { motion, motionLabel } from "../tasks/motion.js";
import type { LabelMap, TaskSpec } from "../tasks/task.js";
import type { FileDataset } from "./file-dataset.js";
import { posesOf, type Sequences } from "./sequences.js";
import type { Dataset, DatasetInfo, Pose } from "./types.js";

/** The tasks that a run may name: those with labels of their own, and those that follow from the rest. */
export function knownTasks({
  tasks,
  derived,
}: Pick<DatasetInfo, "tasks" | "derived">): Readonly<Record<string, TaskSpec>> {
  return { ...derived, ...tasks };
}

/** The poses of a frame and of the one after it, by the frame's id, where both are known. */
function posePairs(
  sequences: Sequences,
  split: string,
): ReadonlyMap<string, readonly [from: Pose, to: Pose]> {
  const poses = posesOf(sequences, split);
  return new Map(
    (sequences[split] ?? []).flatMap(({ frames }) =>
      frames.slice(1).flatMap((next, i) => {
        const [from, to] = [poses.get(frames[i]), poses.get(next)];
        return from === undefined || to === undefined ? [] : [[frames[i], [from, to]] as const];
      }),
    ),
  );
}

/**
 * The dataset with the derived task `motion`, where it has sequences and no task of that name: frames with a
 * successor are labelled if the poses of both are known.
 */
export function withDerivedTasks(dataset: Dataset & Partial<FileDataset>): Dataset {
  const { info } = dataset;
  const { sequences } = info;
  const name = motion.kind;
  if (sequences === undefined || Object.hasOwn(info.tasks, name)) return dataset;
  const bySplit = new Map(Object.keys(info.splits).map((split) => [split, posePairs(sequences, split)]));
  const pairOf = (split: string, id: string) => bySplit.get(split)?.get(id);
  const others = (tasks: readonly string[]) => tasks.filter((task) => task !== name);
  const read: Dataset["read"] = async (split, id, tasks) => {
    const sample = await dataset.read(split, id, others(tasks));
    const pair = tasks.includes(name) ? pairOf(split, id) : undefined;
    if (pair === undefined) return sample;
    return { ...sample, labels: { ...sample.labels, [name]: motionLabel(...pair, sample) } };
  };
  const { fileOf, readLabel, storedBits } = dataset;
  const derived: Dataset & Partial<FileDataset> = {
    ...dataset,
    info: { ...info, derived: { ...info.derived, [name]: motion.specSchema.parse({ kind: name }) } },
    labelledTasks: async (split, id) => [
      ...(await dataset.labelledTasks(split, id)),
      ...(pairOf(split, id) === undefined ? [] : [name]),
    ],
    read,
    ...(fileOf && { fileOf: (split, id, task) => (task === name ? undefined : fileOf(split, id, task)) }),
    ...(storedBits && {
      storedBits: async (split, id, task) => (task === name ? undefined : await storedBits(split, id, task)),
    }),
    ...(readLabel && {
      readLabel: async (split, id, task): Promise<LabelMap> =>
        task === name ? (await read(split, id, [name])).labels[name] : await readLabel(split, id, task),
    }),
  };
  return derived;
}
