/** @file `taskloom trainer` and `taskloom forward-server`: the processes of a collective over a bus. */
import { Command } from "commander";
import { type BusFlags, busOptions } from "../bus-options.js";
import { collect, note, print } from "../output.js";
import { stopSignals } from "../stop-signals.js";

interface ModuleFlags extends BusFlags {
  readonly module: string;
  readonly set?: readonly string[];
}

interface TrainerFlags extends ModuleFlags {
  readonly run: string;
  readonly resume?: boolean;
}

function moduleOptions(command: Command): Command {
  return busOptions(command.requiredOption("--module <name>", "module of the collective")).option(
    "--set <key=value>",
    "replace a value of the configuration; may be given several times",
    collect,
  );
}

async function opened(file: string, { set, ...flags }: ModuleFlags) {
  const { readCollective } = await import("../../collective/index.js");
  const { parseBusAddress } = await import("../../transport/index.js");
  const { parseOverride } = await import("../../training/index.js");
  const address = parseBusAddress(flags.bus, flags);
  return { address, config: await readCollective(file, (set ?? []).map(parseOverride)) };
}

export function trainerCommand(): Command {
  const command = new Command("trainer")
    .description("train one module of a collective, its peers elsewhere")
    .argument("<config>", "configuration of the collective, the same for all its processes")
    .requiredOption("--run <dir>", "folder of the collective: the module's run is <dir>/modules/<name>")
    .option("--resume", "go on with the run in the folder");
  return moduleOptions(command)
    .addHelpText(
      "after",
      `
Ctrl-C or SIGTERM finishes the step, saves, and says how to go on; a trainer that was killed goes on with --resume, too.
Peers that do not answer are left out of a step: metrics.jsonl says so, and the run stops where that is too often.

Examples:
  $ taskloom trainer collective.yaml --module depth --run runs/rooms --bus nats://127.0.0.1:4222
  $ taskloom trainer collective.yaml --module depth --run runs/rooms --bus nats://127.0.0.1:4222 --resume
`,
    )
    .action(trainerAction);
}

async function trainerAction(file: string, flags: TrainerFlags): Promise<void> {
  const { trainModule } = await import("../../collective/index.js");
  const { config, address } = await opened(file, flags);
  const { module, run, resume } = flags;
  const { signal, stopCode, dispose } = stopSignals("finishing the step and saving. Once more ends at once.");
  const every = Math.max(1, Math.round(config.steps / 20));
  try {
    const result = await trainModule({
      ...{ config, module, folder: run, address, resume, signal, log: note },
      onStep: (step) => {
        if (step % every === 0 || step === config.steps) note(`step ${step}/${config.steps}`);
      },
    });
    if (result.skipped > 0)
      note(`${result.skipped} predictions of peers were missing; metrics.jsonl says which`);
    if (result.outcome === "interrupted") {
      note(`Stopped after step ${result.step} of ${config.steps}; everything is saved. Go on with --resume.`);
      process.exitCode = stopCode();
    } else print(result.folder);
  } finally {
    dispose();
  }
}

export function forwardServerCommand(): Command {
  const command = new Command("forward-server")
    .description("answer a module's peers with its latest weights")
    .argument("<config>", "configuration of the collective, the same for all its processes");
  return moduleOptions(command)
    .addHelpText(
      "after",
      `
Holds nothing: start as many as are wanted, anywhere, end and restart them at any time. SIGTERM finishes the requests at hand.

Example:
  $ taskloom forward-server collective.yaml --module depth --bus nats://127.0.0.1:4222
`,
    )
    .action(async (file: string, flags: ModuleFlags) => {
      const { serveModule } = await import("../../collective/index.js");
      const { config, address } = await opened(file, flags);
      const { signal, dispose } = stopSignals("finishing the requests at hand. Once more ends at once.");
      try {
        const onReady = () => note("ready");
        await serveModule({ ...{ config, address, signal, onReady }, module: flags.module, log: note });
      } finally {
        dispose();
      }
    });
}
