#!/usr/bin/env node
/**
 * @file The command line: finds the command, runs it, and turns whatever goes wrong into one message and an
 * exit code.
 */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { loadPlugins } from "../disk/plugins.js";
import { packageVersion } from "../runtime/version.js";
import { benchCommand, benchWorkerCommand } from "./commands/bench.js";
import { collectiveCommand } from "./commands/collective.js";
import { completionCommand } from "./commands/completion.js";
import { dataCommand } from "./commands/data.js";
import { doctorCommand } from "./commands/doctor.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { exportCommand } from "./commands/export.js";
import { featuresCommand } from "./commands/features.js";
import { initCommand } from "./commands/init.js";
import { predictCommand } from "./commands/predict.js";
import { reportCommand } from "./commands/report.js";
import { trainCommand } from "./commands/train.js";
import { forwardServerCommand, trainerCommand } from "./commands/trainer.js";
import { EXIT, reportFailure } from "./failure.js";

const AFTER = `
Exit codes: 0 done, 1 you can mend it, 2 wrong usage, 70 a bug of Taskloom.
With --json, stdout carries one JSON document (train: one a line); everything else goes to stderr.

Start here:
  $ taskloom doctor
  $ taskloom init photos --masks masks
  $ taskloom train photos-dataset/config.yaml --run runs/first
`;

/** The program with all its commands. */
export function buildProgram(): Command {
  const program = new Command("taskloom")
    .description("Multi-task vision networks, trained from partly labelled images.")
    .version(packageVersion())
    .option("--plugin <file>", "load a module of your own (.mjs); may be given again", collect, [])
    .hook("preAction", (root) => loadPlugins((root.opts().plugin as string[]).map((path) => resolve(path))))
    .addHelpText("after", AFTER)
    .showHelpAfterError("Run it with --help to see what it takes.");
  for (const make of [
    doctorCommand,
    initCommand,
    dataCommand,
    trainCommand,
    collectiveCommand,
    trainerCommand,
    forwardServerCommand,
    evaluateCommand,
    predictCommand,
    exportCommand,
    reportCommand,
    featuresCommand,
    benchCommand,
    benchWorkerCommand,
    completionCommand,
  ]) {
    program.addCommand(make());
  }
  overrideExits(program);
  return program;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** Commander ends the process by itself otherwise, with exit code 1 for wrong usage. */
function overrideExits(command: Command): void {
  command.exitOverride().showHelpAfterError("Run it with --help to see what it takes.");
  command.commands.forEach(overrideExits);
}

/** Runs a command line. Returns the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  // A reader that went away, e.g. `| head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  try {
    process.exitCode = EXIT.done;
    await buildProgram().parseAsync([...args], { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(error);
  }
}

const entry = process.argv[1];
if (entry !== undefined && realpathSync(entry) === fileURLToPath(import.meta.url)) {
  // Errors that no command waits for, e.g. of a worker thread that cannot start.
  process.once("uncaughtException", (error) => process.exit(reportFailure(error)));
  process.exitCode = await runCli(process.argv.slice(2));
}
