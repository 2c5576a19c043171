/** @file The sequences of a scene of 7-Scenes as it is downloaded, and which split each belongs to. */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { SampleFiles, SplitFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import type { Sequences } from "../sequences.js";
import { type FilmedFrame, filmedRuns } from "./filmed.js";
import { holdOut, inHeldOutRun } from "./hold-out.js";

/** A sequence's folder. */
export const SEQUENCE = /^seq-\d+$/;
const [TRAIN, TEST] = ["TrainSplit.txt", "TestSplit.txt"];

/** Throws UserError where the sequences are still the archives that the download holds. */
export function requireUnpacked(files: readonly string[], path: string): void {
  const packed = files.filter((name) => /^seq-\d+\.zip$/i.test(name));
  if (packed.length === 0) return;
  throw new UserError({
    code: "data.packed",
    what: `the sequences are still packed (${packed.length} archives)`,
    where: join(path, packed[0]),
    expected: "folders seq-01, seq-02, ...",
    fix: "Unpack the archives in this folder.",
  });
}

/** Folders of the sequences that a file lists, one `sequence1` a line. */
async function readSequences(file: string, there: ReadonlyMap<string, unknown>): Promise<string[]> {
  const lines = (await readText(file)).split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => {
    const number = /^seq(?:uence)?[\s-]*(\d+)$/i.exec(line)?.[1];
    const name = [...there.keys()].find((each) => Number(each.slice("seq-".length)) === Number(number));
    if (number !== undefined && name !== undefined) return name;
    throw new UserError({
      code: number === undefined ? "data.bad-splits" : "data.missing-file",
      what:
        number === undefined ? "the line names no sequence" : "the split lists a sequence that is not there",
      where: file,
      expected: number === undefined ? "sequence1" : [...there.keys()].join(", "),
      got: JSON.stringify(line.slice(0, 80)),
    });
  });
}

type Frames = ReadonlyMap<string, ReadonlyMap<string, SampleFiles>>;

/** Frames by their numbers, in order of time. */
export function framesOf(samples: ReadonlyMap<string, SampleFiles>): FilmedFrame[] {
  const frames = [...samples].map(([stem, files]) => ({ number: Number(stem), stem, files }));
  return frames.sort((a, b) => a.number - b.number);
}

/** Ids are unique over the sequences. */
const idOf = (sequence: string, frame: string): string => `${sequence}-${frame}`;

function samplesOf(names: readonly string[], frames: Frames): Map<string, SampleFiles> {
  return new Map(
    names.flatMap((name) => [...frames.get(name)!].map(([id, files]) => [idOf(name, id), files] as const)),
  );
}

/**
 * The splits of a scene, and the frames of each in order of time: the published ones where both files are
 * there, else all sequences are `train`. Throws UserError for a sequence that is listed and not there.
 */
export async function downloadedSplits(
  path: string,
  rootFiles: readonly string[],
  frames: Frames,
): Promise<{ files: SplitFiles; sequences: Sequences }> {
  const listed = async (name: string) =>
    rootFiles.includes(name) ? await readSequences(join(path, name), frames) : undefined;
  const [train, test] = [await listed(TRAIN), await listed(TEST)];
  const training = train ?? [...frames.keys()].filter((name) => !test?.includes(name));
  const last = training[training.length - 1];
  const isHeldOut = (id: string, index: number) =>
    training.length > 1 ? id.startsWith(`${last}-`) : inHeldOutRun(index);
  const published = samplesOf(training, frames);
  const files: SplitFiles =
    test === undefined
      ? { train: published }
      : { ...(await holdOut(path, published, isHeldOut)), test: samplesOf(test, frames) };
  const sequences = Object.entries(files).map(([split, samples]) => {
    const own = [...frames].flatMap(([name, each]) => {
      const id = ({ stem }: FilmedFrame) => idOf(name, stem);
      const held = framesOf(each).filter((frame) => samples.has(id(frame)));
      return filmedRuns(name, held, id);
    });
    return [split, own] as const;
  });
  return { files, sequences: Object.fromEntries(sequences.filter(([, own]) => own.length > 0)) };
}
