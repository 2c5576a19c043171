/** @file Data sets of filmed sequences: splits of whole sequences, and which frames follow one another. */
import type { Pose } from "../../fields/pose.js";
import { fileDataset, type SampleFiles } from "../file-dataset.js";
import type { Sequences } from "../sequences.js";
import type { Dataset, DatasetInfo } from "../types.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";
import { nonEmpty } from "./shared.js";

/** What a data set has of a frame. */
interface Posed {
  readonly pose?: Pose;
}

/** A frame of a sequence. */
export interface FilmedFrame<T = SampleFiles> {
  /** Its place in time; frames follow one another at the step that most of a sequence's have. */
  readonly number: number;
  /** Of its file: the sample's id is `sequence-stem`. */
  readonly stem: string;
  readonly files: T;
  /** Seconds. */
  readonly time?: number;
}

/** A sequence and the split it belongs to. */
export interface FilmedSequence<T = SampleFiles> {
  readonly name: string;
  readonly split: "train" | "val" | "test";
  readonly frames: readonly FilmedFrame<T>[];
}

export interface Filmed {
  readonly about: Pick<DatasetInfo, "name" | "tasks">;
  readonly sequences: readonly FilmedSequence[];
  readonly path: string;
  /** How the folder should look, for whoever has another one. */
  readonly layout: string;
}

/** The id of a sequence's frame. */
const filmedId = ({ name }: { readonly name: string }, { stem }: { readonly stem: string }): string =>
  `${name}-${stem}`;

/** The step between most neighbours. */
function usualStep(frames: readonly Pick<FilmedFrame, "number">[]): number {
  const counts = new Map<number, number>();
  frames.slice(1).forEach(({ number }, i) => {
    const step = number - frames[i].number;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  });
  // Among equals the least: a frame left out makes a larger one.
  return [...counts].sort(([stepA, a], [stepB, b]) => b - a || stepA - stepB)[0]?.[0] ?? 1;
}

/** Runs of frames that follow one another: cut where a number is left out. */
function runsOf<T extends Pick<FilmedFrame, "number">>(frames: readonly T[], step: number): T[][] {
  const runs: T[][] = [];
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
export function filmedRuns<T extends Posed>(
  name: string,
  frames: readonly FilmedFrame<T>[],
  id: (frame: FilmedFrame<T>) => string,
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
function listed<T extends Posed>(
  sequence: FilmedSequence<T>,
  holds: ReadonlyMap<string, unknown>,
): Sequences[string] {
  const id = (frame: FilmedFrame<T>) => filmedId(sequence, frame);
  const own = sequence.frames.filter((frame) => holds.has(id(frame)));
  return filmedRuns(sequence.name, own, id, usualStep(sequence.frames));
}

/**
 * The frames of each split by id. Where no sequence is `val`, the last of several training sequences is, else
 * every tenth run of eight frames, or what `validation.txt` lists (`hold-out.ts`).
 */
export async function filmedSplits<T>(
  sequences: readonly FilmedSequence<T>[],
  path: string,
): Promise<Record<FilmedSequence["split"], Map<string, T>>> {
  const samples = (split: FilmedSequence["split"]) =>
    new Map(
      sequences
        .filter((sequence) => sequence.split === split)
        .flatMap((sequence) =>
          sequence.frames.map((frame) => [filmedId(sequence, frame), frame.files] as const),
        ),
    );
  const training = sequences.filter(({ split }) => split === "train");
  const last = training[training.length - 1];
  const heldOut = (id: string, index: number) =>
    training.length > 1 ? id.startsWith(`${last.name}-`) : inHeldOutRun(index);
  const [published, val] = [samples("train"), samples("val")];
  const shared = val.size > 0 ? { train: published, val } : await holdOut(path, published, heldOut);
  return { ...shared, test: samples("test") };
}

/** Which of the frames that splits hold follow one another. */
export function filmedSequences<T extends Posed>(
  sequences: readonly FilmedSequence<T>[],
  splits: Readonly<Record<string, ReadonlyMap<string, unknown>>>,
): Sequences {
  const ownVal = sequences.some(({ split, frames }) => split === "val" && frames.length > 0);
  // Names repeat from split to split; what is held out comes from the training sequences.
  const origin = (split: string) => (split === "val" && !ownVal ? "train" : split);
  return Object.fromEntries(
    Object.entries(splits).map(([split, holds]) => {
      const own = sequences.filter((sequence) => sequence.split === origin(split));
      return [split, own.flatMap((sequence) => listed(sequence, holds))];
    }),
  );
}

/** The data set. Throws UserError where there is no frame. */
export async function filmedDataset({ about, sequences, path, layout }: Filmed): Promise<Dataset> {
  const files = nonEmpty(await filmedSplits(sequences, path), about.name, path, layout);
  const dataset = fileDataset(about, files, path);
  return { ...dataset, info: { ...dataset.info, sequences: filmedSequences(sequences, files) } };
}
