/** @file `taskloom doctor` */
import { execFile } from "node:child_process";
import { Command, Option } from "commander";
import type { MachineReport, ProviderReport } from "../../runtime/doctor.js";
import { packageVersion } from "../../runtime/version.js";
import { print, printJson } from "../output.js";

const AFTER = `
Each provider is tried on a small graph in a process of its own.

Examples:
  $ taskloom doctor
  $ taskloom doctor --json
`;
const PROBE_TIMEOUT_MS = 60_000;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("show what this machine offers for training")
    .option("--json", "print one JSON document")
    .addOption(new Option("--probe <provider>", "try one provider and print the outcome").hideHelp())
    .addHelpText("after", AFTER)
    .action(doctorAction);
}

async function doctorAction({
  json,
  probe,
}: {
  json?: boolean;
  probe?: ProviderReport["name"];
}): Promise<void> {
  const { inspectMachine, PROVIDERS, probeProvider } = await import("../../runtime/doctor.js");
  if (probe !== undefined) {
    printJson(await probeProvider(probe));
    return;
  }
  const machine = await inspectMachine();
  const providers: ProviderReport[] = [];
  if (machine.onnxruntime.installed) {
    for (const name of PROVIDERS) providers.push(await probeApart(name));
  }
  const report = { taskloom: packageVersion(), ...machine, providers };
  if (json) printJson(report);
  else print(doctorText(report));
}

/** Tries a provider in another process: a broken driver may end it. */
function probeApart(name: ProviderReport["name"]): Promise<ProviderReport> {
  const args = [process.argv[1], "doctor", "--probe", name];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: PROBE_TIMEOUT_MS }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as ProviderReport);
      } catch {
        const reason = `the process that tried it ended with ${error?.signal ?? error?.code ?? "no answer"}`;
        resolve({ name, works: false, reason });
      }
    });
  });
}

type DoctorReport = MachineReport & {
  readonly taskloom: string;
  readonly providers: readonly ProviderReport[];
};

function doctorText({
  taskloom,
  node,
  platform,
  cpu,
  threads,
  memoryBytes,
  onnxruntime,
  providers,
}: DoctorReport) {
  const { installed, version, blockSize, copiesOutputs, fix } = onnxruntime;
  const lines = [
    ["taskloom", taskloom],
    ["node", node],
    ["platform", platform],
    ["cpu", cpu],
    ["threads", String(threads)],
    ["memory", `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ["onnxruntime-node", installed ? (version ?? "installed") : `not installed. ${fix}`],
    ...(installed
      ? [
          ["convolution blocks", blockSize === 0 ? "not used" : `${blockSize} channels`],
          ["outputs of a step", copiesOutputs ? "copied once more after it" : "written in place"],
        ]
      : []),
    ...providers.map(({ name, works, reason }) => [`provider ${name}`, works ? "works" : `no: ${reason}`]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(20)} ${value}`).join("\n");
}
