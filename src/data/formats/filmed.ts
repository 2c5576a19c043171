/** @file Data sets of filmed sequences: splits of whole sequences, and which frames follow one another. */
import type { Pose } from "../../fields/pose.js";
import { fileDataset, type SampleFiles } from "../file-dataset.js";
import type { Sequences } from "../sequences.js";
import type { Dataset, DatasetInfo } from "../types.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";
import { nonEmpty } from "./shared.js";

/** A frame of a sequence. */
export interface FilmedFrame {
  /** Its place in time; frames follow one another at the step that most of a sequence's have. */
  readonly number: number;
  /** Of its file: the sample's id is `sequence-stem`. */
  readonly stem: string;
  readonly files: SampleFiles;
  /** Seconds. */
  readonly time?: number;
}

/** A sequence and the split it belongs to. */
export interface FilmedSequence {
  readonly name: string;
  readonly split: "train" | "val" | "test";
  readonly frames: readonly FilmedFrame[];
}

export interface Filmed {
  readonly about: Pick<DatasetInfo, "name" | "tasks">;
  readonly sequences: readonly FilmedSequence[];
  readonly path: string;
  /** How the folder should look, for whoever has another one. */
  readonly layout: string;
}

const idOf = ({ name }: FilmedSequence, { stem }: FilmedFrame): string => `${name}-${stem}`;

/** The step between most neighbours. */
function usualStep(frames: readonly FilmedFrame[]): number {
  const counts = new Map<number, number>();
  frames.slice(1).forEach(({ number }, i) => {
    const step = number - frames[i].number;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  });
  // Among equals the least: a frame left out makes a larger one.
  return [...counts].sort(([stepA, a], [stepB, b]) => b - a || stepA - stepB)[0]?.[0] ?? 1;
}

/** Runs of frames that follow one another: cut where a number is left out. */
function runsOf(frames: readonly FilmedFrame[], step: number): FilmedFrame[][] {
  const runs: FilmedFrame[][] = [];
  for (const frame of frames) {
    const run = runs[runs.length - 1];
    if (run !== undefined && frame.number - run[run.length - 1].number === step) run.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

const rowsOf = ({ rotation: r, position: p }: Pose): number[] =>
  [0, 1, 2].flatMap((row) => [r[3 * row], r[3 * row + 1], r[3 * row + 2], p[row]]);

/**
 * Some frames of a sequence, in order of time, as sequences.json would have them: cut where one is left out.
 * `step` is that between the numbers of neighbours; that of most of them if left out.
 */
export function filmedRuns(
  name: string,
  frames: readonly FilmedFrame[],
  id: (frame: FilmedFrame) => string,
  step = usualStep(frames),
): Sequences[string] {
  return runsOf(frames, step).map((run) => {
    const poses = run.flatMap(({ files }) => (files.pose === undefined ? [] : [rowsOf(files.pose)]));
    const timestamps = run.flatMap(({ time }) => (time === undefined ? [] : [time]));
    return {
      name,
      frames: run.map(id),
      ...(timestamps.length === run.length && { timestamps }),
      ...(poses.length === run.length && { poses }),
    };
  });
}

/** The frames of a sequence that a split holds. */
function listed(sequence: FilmedSequence, holds: ReadonlyMap<string, unknown>): Sequences[string] {
  const id = (frame: FilmedFrame) => idOf(sequence, frame);
  const own = sequence.frames.filter((frame) => holds.has(id(frame)));
  return filmedRuns(sequence.name, own, id, usualStep(sequence.frames));
}

/**
 * The data set. Where no sequence is `val`, the last of several training sequences is, else every tenth run
 * of eight frames, or what `validation.txt` lists (`hold-out.ts`).
 * @throws UserError where there is no frame.
 */
export async function filmedDataset({ about, sequences, path, layout }: Filmed): Promise<Dataset> {
  const samples = (split: FilmedSequence["split"]) =>
    new Map(
      sequences
        .filter((sequence) => sequence.split === split)
        .flatMap((sequence) => sequence.frames.map((frame) => [idOf(sequence, frame), frame.files] as const)),
    );
  const training = sequences.filter(({ split }) => split === "train");
  const last = training[training.length - 1];
  const heldOut = (id: string, index: number) =>
    training.length > 1 ? id.startsWith(`${last.name}-`) : inHeldOutRun(index);
  const val = samples("val");
  const published = samples("train");
  const { train, val: held } =
    val.size > 0 ? { train: published, val } : await holdOut(path, published, heldOut);
  const files = nonEmpty({ train, val: held, test: samples("test") }, about.name, path, layout);
  const dataset = fileDataset(about, files, path);
  // Names repeat from split to split; what is held out comes from the training sequences.
  const origin = (split: string) => (split === "val" && val.size === 0 ? "train" : split);
  const inOrder = Object.entries(files).map(([split, holds]) => {
    const own = sequences.filter((sequence) => sequence.split === origin(split));
    return [split, own.flatMap((sequence) => listed(sequence, holds))] as const;
  });
  return { ...dataset, info: { ...dataset.info, sequences: Object.fromEntries(inOrder) } };
}
