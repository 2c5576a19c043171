/** @file `taskloom evaluate` */
import { Command } from "commander";
import type { WhichCheckpoint } from "../../training/export.js";
import { note, print, printJson } from "../output.js";
import { checkpointOption } from "./export.js";

const AFTER = `
Examples:
  $ taskloom evaluate runs/first
  $ taskloom evaluate runs/first --split val --json
  $ taskloom evaluate runs/first --data other-rooms
`;

interface EvaluateFlags {
  readonly data?: string;
  readonly split: string;
  readonly checkpoint: WhichCheckpoint;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("measure a run: every metric of every task")
    .argument("<run>", "run folder")
    .option("--data <dir>", "another dataset folder with the run's tasks")
    .option("--split <name>", "split to measure", "test")
    .addOption(checkpointOption())
    .option("--json", "print one JSON document")
    .addHelpText("after", AFTER)
    .action(evaluateAction);
}

async function evaluateAction(folder: string, flags: EvaluateFlags): Promise<void> {
  const { evaluateRun, findRun, requireExpected, runConfig } = await import("../../training/index.js");
  const { imagesProgress } = await import("../images-progress.js");
  const { resultsTable, textTable } = await import("../../report/index.js");
  const run = findRun(folder);
  const { data, split, checkpoint } = flags;
  const progress = imagesProgress();
  const { onProgress, print: log } = progress;
  const result = await evaluateRun(run, { data, split, checkpoint, log, onProgress }).finally(
    progress.finish,
  );
  const { tasks, metrics } = result;
  if (flags.json) printJson({ ...result, tasks: tasks.map(({ name, kind }) => ({ name, kind: kind.kind })) });
  else {
    note(`${result.images} images of split ${result.split}, ${result.checkpoint}`);
    const described = tasks.map(({ name, kind }) => ({
      name,
      metrics: kind.metrics.infos,
      primaryMetric: kind.metrics.primary,
    }));
    print(
      textTable(resultsTable({ tasks: described, runs: [{ name: folder, records: [], final: metrics }] })),
    );
  }
  requireExpected((await runConfig(run)).expect ?? [], metrics);
}
