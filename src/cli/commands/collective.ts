/** @file `taskloom collective train` */
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { collect, note, print } from "../output.js";
import { stopSignals } from "../stop-signals.js";

const AFTER = `
Each module is an ordinary run in <run>/modules/<name>: evaluate, predict and export take its folder.
Ctrl-C finishes the step, saves, and says how to go on.

Examples:
  $ taskloom collective train collective.yaml --run runs/rooms
  $ taskloom collective train collective.yaml --run runs/rooms --resume
  $ taskloom evaluate runs/rooms/modules/depth
`;

interface Flags {
  readonly run?: string;
  readonly set?: readonly string[];
  readonly resume?: boolean;
}

export function collectiveCommand(): Command {
  const command = new Command("collective").description("train networks apart, tied by constraints");
  command
    .command("train")
    .description("train all modules in one process")
    .argument("<config>", "configuration of the collective, YAML or JSON")
    .option("--run <dir>", "folder to write (default: runs/<name of the configuration>)")
    .option("--set <key=value>", "replace a value of the configuration; may be given several times", collect)
    .option("--resume", "go on with the collective in the folder")
    .addHelpText("after", AFTER)
    .action(trainAction);
  return command;
}

async function trainAction(file: string, flags: Flags): Promise<void> {
  const { readCollective, trainCollective } = await import("../../collective/index.js");
  const { parseOverride } = await import("../../training/index.js");
  const config = await readCollective(file, (flags.set ?? []).map(parseOverride));
  const folder = flags.run ?? join("runs", basename(file, extname(file)));
  const { signal, stopCode, dispose } = stopSignals("finishing the step and saving. Once more ends at once.");
  const every = Math.max(1, Math.round(config.steps / 20));
  try {
    const result = await trainCollective({
      ...{ config, folder, resume: flags.resume, signal, log: note },
      onStep: (step) => {
        if (step % every === 0 || step === config.steps) note(`step ${step}/${config.steps}`);
      },
    });
    if (result.outcome === "interrupted") {
      note(`Stopped after step ${result.step} of ${config.steps}; everything is saved. Go on with:`);
      note(`  taskloom collective train ${file} --run ${folder} --resume`);
      process.exitCode = stopCode();
      return;
    }
    print(
      Object.entries(result.modules)
        .map(([name, path]) => `${name}: ${path}`)
        .join("\n"),
    );
  } finally {
    dispose();
  }
}
