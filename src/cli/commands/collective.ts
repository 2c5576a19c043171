/** @file `taskloom collective`: networks trained apart, in one process, several, or on many machines. */
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { UsageError } from "../../common/errors.js";
import { type BusFlags, busArguments, busOptions } from "../bus-options.js";
import { collect, note, print, printJson } from "../output.js";
import { stopSignals } from "../stop-signals.js";

const AFTER = `
Each module is an ordinary run in <run>/modules/<name>: evaluate, predict and export take its folder.
Ctrl-C finishes the step, saves, and says how to go on.

Examples:
  $ taskloom collective train collective.yaml --run runs/rooms
  $ taskloom collective train collective.yaml --run runs/rooms --resume
  $ taskloom collective train collective.yaml --run runs/rooms --processes
  $ taskloom collective train collective.yaml --run runs/rooms --bus nats://127.0.0.1:4222
  $ taskloom evaluate runs/rooms/modules/depth
`;

interface TrainFlags extends Partial<BusFlags> {
  readonly run?: string;
  readonly set?: readonly string[];
  readonly resume?: boolean;
  readonly processes?: boolean;
}

interface StatusFlags extends BusFlags {
  readonly json?: boolean;
}

export function collectiveCommand(): Command {
  const command = new Command("collective").description("train networks apart, tied by constraints");
  const train = command
    .command("train")
    .description("train all modules: in one process, or with --processes or --bus in one for each")
    .argument("<config>", "configuration of the collective, YAML or JSON")
    .option("--run <dir>", "folder to write (default: runs/<name of the configuration>)")
    .option("--set <key=value>", "replace a value of the configuration; may be given several times", collect)
    .option("--resume", "go on with the collective in the folder")
    .option("--processes", "a trainer and a server for each module, in processes of this machine");
  busOptions(train, false).addHelpText("after", AFTER).action(trainAction);
  const status = command
    .command("status")
    .description("who is at work on a bus: role, module, version, staleness, queue, skips")
    .option("--json", "print it as JSON");
  busOptions(status).action(statusAction);
  command
    .command("init-security")
    .description("write certificates, keys, and the broker's file with what each role may do")
    .argument("<dir>", "a new folder; ca.key in it signs further certificates: keep it apart")
    .option("--config <file>", "configuration of the collective", "collective.yaml")
    .option(
      "--host <name>",
      "name or address of the broker, beside this machine's; may be given again",
      collect,
    )
    .action(initSecurityAction);
  return command;
}

async function trainAction(file: string, flags: TrainFlags): Promise<void> {
  const { readCollective, trainByProcesses, trainCollective } = await import("../../collective/index.js");
  const { parseBusAddress } = await import("../../transport/index.js");
  const { parseOverride } = await import("../../training/index.js");
  const { processes = false, bus, set = [], resume = false } = flags;
  if (processes && bus !== undefined) throw new UsageError("--processes and --bus are two ways: give one");
  const config = await readCollective(file, set.map(parseOverride));
  const folder = flags.run ?? join("runs", basename(file, extname(file)));
  const { signal, stopCode, dispose } = stopSignals("finishing the step and saving. Once more ends at once.");
  const every = Math.max(1, Math.round(config.steps / 20));
  const onStep = (step: number) => {
    if (step % every === 0 || step === config.steps) note(`step ${step}/${config.steps}`);
  };
  const apart = processes || bus !== undefined;
  if (bus !== undefined) parseBusAddress(bus, flags);
  try {
    const outcome = apart
      ? await trainByProcesses({
          ...{ config, file, set, folder, resume, signal, log: note },
          bus: bus === undefined ? undefined : busArguments({ ...flags, bus }),
        })
      : (await trainCollective({ config, folder, resume, signal, log: note, onStep })).outcome;
    if (outcome === "interrupted") {
      const how = processes ? " --processes" : bus === undefined ? "" : ` --bus ${bus}`;
      note("Stopped; everything is saved. Go on with:");
      note(`  taskloom collective train ${file} --run ${folder}${how} --resume`);
      process.exitCode = stopCode();
      return;
    }
    print(config.modules.map(({ name }) => `${name}: ${join(folder, "modules", name)}`).join("\n"));
  } finally {
    dispose();
  }
}

async function statusAction({ json, ...flags }: StatusFlags): Promise<void> {
  const { collectiveStatus, nobodyThere } = await import("../../collective/index.js");
  const { parseBusAddress } = await import("../../transport/index.js");
  const members = await collectiveStatus(parseBusAddress(flags.bus, flags));
  if (json) printJson(members);
  else if (members.length === 0) throw nobodyThere(flags.bus);
  else {
    const { textTable } = await import("../../report/index.js");
    const number = (value: number | null, digits = 0) => (value === null ? "" : value.toFixed(digits));
    const rows = members.map((each) => [
      ...[each.collective, each.role, each.module, each.snapshot ?? "", number(each.step)],
      ...[number(each.staleSteps), number(each.staleSeconds, 1), number(each.queue), number(each.skipped)],
      ...[each.instance, each.trouble ?? ""],
    ]);
    const left = ["collective", "role", "module", "version"].map((title) => ({ title }));
    const right = ["step", "stale steps", "stale s", "queue", "skipped"].map((title) => ({
      ...{ title, align: "right" as const },
    }));
    print(textTable({ columns: [...left, ...right, { title: "instance" }, { title: "trouble" }], rows }));
  }
}

async function initSecurityAction(
  dir: string,
  { config: file, host = [] }: { readonly config: string; readonly host?: readonly string[] },
): Promise<void> {
  const { readCollective } = await import("../../collective/index.js");
  const { initSecurity } = await import("../../transport/index.js");
  const { name, modules } = await readCollective(file);
  const hosts = ["localhost", "127.0.0.1", ...host];
  const roles = await initSecurity(dir, { run: name, modules: modules.map((each) => each.name), hosts });
  print(`broker: nats-server -c ${join(dir, "broker", "broker.conf")}`);
  for (const role of roles) print(`${role}: --credentials ${join(dir, role)}`);
}
