/** @file `taskloom features` */
import { Command, InvalidArgumentError } from "commander";
import type { WhichCheckpoint } from "../../training/index.js";
import { print, wholeNumber } from "../output.js";
import { Progress } from "../progress.js";
import { checkpointOption } from "./export.js";

/** Time and memory grow with the square of the points. */
const MOST_POINTS = 3000;

const AFTER = `
The features are those of the last map that all tasks read, at places drawn at random from the split's images;
t-SNE lays them out so that neighbours stay neighbours. It takes time with the square of the points: about ten
seconds for 1000, a minute and a half for ${MOST_POINTS}, the most it takes. The same seed gives the same pictures.

It writes features-TASK.svg for each task, its points in the colours of their labels, and features.json into the
run's folder, where its report shows them, and into --out.

Example:
  $ taskloom features runs/first --split val --out features
`;

interface FeaturesFlags {
  readonly split: string;
  readonly out?: string;
  readonly points: number;
  readonly perplexity: number;
  readonly iterations: number;
  readonly seed: number;
  readonly checkpoint: WhichCheckpoint;
}

function pointCount(text: string): number {
  const points = wholeNumber(10)(text);
  if (points <= MOST_POINTS) return points;
  throw new InvalidArgumentError(`It takes ${MOST_POINTS} points at most: its time grows with their square.`);
}

export function featuresCommand(): Command {
  return new Command("features")
    .description("draw what a run has learned: local features by t-SNE")
    .argument("<run>", "run folder")
    .option("--split <name>", "split whose images are looked at", "val")
    .option("--out <dir>", "another folder for the files, besides features in the run")
    .option("--points <count>", `places drawn, ${MOST_POINTS} at most`, pointCount, 1000)
    .option("--perplexity <count>", "about how many neighbours count", wholeNumber(2), 30)
    .option("--iterations <count>", "steps of t-SNE", wholeNumber(1), 500)
    .option("--seed <number>", "draws the places and where the points begin", wholeNumber(0), 0)
    .addOption(checkpointOption())
    .addHelpText("after", AFTER)
    .action(featuresAction);
}

async function featuresAction(folder: string, flags: FeaturesFlags): Promise<void> {
  const { findRun, keptData } = await import("../../training/index.js");
  const { writeFeatures, writeRunReport } = await import("../../report/index.js");
  const run = findRun(folder);
  const progress = new Progress();
  const paths = await writeFeatures(run, {
    ...flags,
    log: (text) => progress.print(text),
    onProgress: (unit, done, total) =>
      progress.show({ unit, done, total, imagesPerSecond: null, secondsLeft: null }),
  }).finally(() => progress.finish());
  for (const path of paths) print(path);
  print((await writeRunReport(folder, (await keptData(run)).tasks)).path);
}
