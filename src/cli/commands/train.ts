/** @file `taskloom train` */
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { UserError } from "../../common/errors.js";
import type { PresetName, TrainResult } from "../../training/index.js";
import { collect, note, print } from "../output.js";
import { presetOption } from "../preset-option.js";
import { stopSignals } from "../stop-signals.js";
import { preparedEvent, printEvent } from "../train-events.js";
import { typedCommand } from "../typed.js";

const AFTER = `
Keys are those of the configuration file, with dots: --set optimizer.learningRate=1e-3.
Paths in the configuration, also in --set, are relative to the configuration file.
Built-in worlds (data: {world: rooms}) are rendered once, into TASKLOOM_CACHE or ~/.cache/taskloom.
Ctrl-C finishes the step, saves, writes the report so far and says how to go on; a resumed run ends in the
same numbers.

Examples:
  $ taskloom train config.yaml
  $ taskloom train config.yaml --preset fast --run runs/first-look
  $ taskloom train config.yaml --run runs/wide --set model.width=64 --set steps=10000
  $ taskloom train runs/wide/config.resolved.yaml --run runs/wide --resume
`;

interface TrainFlags {
  readonly run?: string;
  readonly set?: readonly string[];
  readonly preset?: PresetName;
  readonly resume?: boolean;
  readonly json?: boolean;
}

export function trainCommand(): Command {
  return new Command("train")
    .description("train a model as a configuration says")
    .argument("<config>", "configuration file, YAML or JSON")
    .option("--run <dir>", "run folder to write (default: runs/<name of the configuration>)")
    .option("--set <key=value>", "replace a value of the configuration; may be given several times", collect)
    .addOption(presetOption("network, method, length and size of images in place of the configuration's"))
    .option("--resume", "go on with the run in the run folder")
    .option("--json", "print events as they happen, a JSON document a line")
    .addHelpText("after", AFTER)
    .action(trainAction);
}

async function trainAction(file: string, flags: TrainFlags): Promise<void> {
  const { parseOverride, presetOverrides, readConfig, train, requireExpected } = await import(
    "../../training/index.js"
  );
  const { reportRecorder } = await import("../../report/index.js");
  const { recordListener } = await import("../../runs/metrics-log.js");
  const { TrainProgress } = await import("../train-progress.js");
  const { builtLine, dataLine, runLine } = await import("../train-header.js");
  await requireNoFolder(file);
  const set = (flags.set ?? []).map(parseOverride);
  const given = await readConfig(file, set);
  const { preset } = flags;
  const config =
    preset === undefined
      ? given
      : await readConfig(file, [...(await presetOverrides(preset, given, note)), ...set]);
  const folder = flags.run ?? join("runs", basename(file, extname(file)));
  const { signal, stopCode, dispose } = stopSignals("finishing the step and saving. Once more ends at once.");
  const { split, every } = config.evaluation;
  const progress = new TrainProgress({ evaluateEvery: split === null ? null : every });
  const tell = flags.json === true ? printEvent : () => undefined;
  const warn = (error: unknown) => progress.print(`warning: the report could not be written: ${error}`);
  const course = reportRecorder(folder, warn);
  try {
    progress.print(runLine(config, folder));
    const result = await train({
      config,
      folder,
      resume: flags.resume,
      log: (message) => {
        progress.print(message);
        tell({ kind: "log", message });
      },
      signal,
      recorders: [progress.recorder, course, recordListener(tell)],
      onPrepared: (prepared) => {
        progress.print(dataLine(prepared));
        tell(preparedEvent(folder, prepared));
      },
      onBuilt: (built) => progress.print(builtLine(built)),
      onStart: ({ step, steps, data }) => {
        const images = split === null ? 0 : data.dataset.info.splits[split].length;
        progress.start({ step, steps, evaluationImages: images });
        tell({ kind: "start", step, steps });
      },
      onEvaluation: (at) => progress.evaluating(at),
    });
    progress.finish();
    await course.settled();
    const { outcome, step } = result;
    const interrupted = outcome === "interrupted";
    const report = await (interrupted ? interruptedReport : finalReport)(folder, result, flags);
    tell({ kind: "end", outcome, step, report });
    if (interrupted) process.exitCode = stopCode();
    else if (result.metrics !== undefined) requireExpected(config.expect ?? [], result.metrics);
  } finally {
    progress.finish();
    dispose();
  }
}

/** Throws UserError where a folder is named in the place of a configuration; says what to do with it. */
async function requireNoFolder(path: string): Promise<void> {
  const { existsSync, statSync } = await import("node:fs");
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const config = join(path, "config.yaml");
  throw new UserError({
    code: "config.folder",
    what: "this is a folder, not a configuration",
    where: path,
    fix: existsSync(config)
      ? `Train with the configuration in it: \`taskloom train ${config}\`.`
      : `Make a dataset and a configuration of the photos in it: \`taskloom init ${path} [--masks DIR] [--depth DIR]\`.`,
  });
}

/** Says how to go on, and writes the report so far; returns its path. */
async function interruptedReport(folder: string, result: TrainResult): Promise<string> {
  const { writeRunReport } = await import("../../report/index.js");
  const so = `after step ${result.step} of ${result.steps}`;
  const command = typedCommand(["train", join(folder, "config.resolved.yaml"), "--run", folder, "--resume"]);
  note(`Stopped ${so}; everything is saved. Go on with:\n  ${command}`);
  const notes = [`The run was interrupted ${so}. It goes on with: ${command}`];
  const { path } = await writeRunReport(folder, result.tasks, notes);
  note(`Report so far: ${path}`);
  return path;
}

/** Writes the report and shows its numbers; returns its path. */
async function finalReport(folder: string, result: TrainResult, { json }: TrainFlags): Promise<string> {
  const { writeRunReport } = await import("../../report/index.js");
  const { path, table } = await writeRunReport(folder, result.tasks);
  if (result.outcome === "stopped")
    note(`Stopped early after step ${result.step}: no better evaluation came.`);
  const show = json === true ? note : print;
  show(`${table}\nRun folder: ${folder}\nReport: ${path}`);
  return path;
}
