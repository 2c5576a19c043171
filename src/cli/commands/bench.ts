/** @file `taskloom bench` and `taskloom bench-worker` */
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { type BusFlags, busOptions } from "../bus-options.js";
import { EXIT } from "../failure.js";
import { note, print, printJson, wholeNumber, wholeNumbers } from "../output.js";
import { stopSignals } from "../stop-signals.js";

const AFTER = `
Each run is trained by \`taskloom train\` and measured by \`taskloom evaluate\`, in processes of its own. Ctrl-C lets them save; the same command goes
on. Runs that are finished are not repeated unless their configuration has changed; failed ones are tried again. The same suite may be run by
several processes at once: they share the runs.

A pattern of --only with a slash is held against whole names, one without against each part; * stands for any letters.
Exit code 1 also where some runs failed; results.md says which, and why.

Examples:
  $ taskloom bench suite.yaml --dry-run
  $ taskloom bench suite.yaml --jobs 2
  $ taskloom bench suite.yaml --seeds 0
  $ taskloom bench suite.yaml --only 'onelabel/*/seed-0'
  $ taskloom bench suite.yaml --bus nats://127.0.0.1:4222
  $ taskloom bench-worker --bus nats://127.0.0.1:4222
`;

interface BenchFlags extends Partial<BusFlags> {
  readonly out?: string;
  readonly jobs: number;
  readonly seeds?: readonly number[];
  readonly only?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

interface WorkerFlags extends BusFlags {
  readonly out: string;
  readonly runs?: number;
}

export function benchCommand(): Command {
  const command = new Command("bench")
    .description("train and compare methods, settings, networks and seeds as a suite file names them")
    .argument("<suite>", "suite file, YAML or JSON")
    .option("--out <dir>", "folder of runs and results (default: bench/<name of the suite file>)")
    .option("--jobs <n>", "runs at a time, each with its share of the threads", wholeNumber(1), 1)
    .option("--seeds <list>", "seeds in place of the suite's, e.g. 0,1,2", wholeNumbers)
    .option("--only <pattern>", "only runs whose names fit, and those they need")
    .option("--json", "print results.json")
    .option("--dry-run", "list the runs and what would be done, and do nothing");
  return busOptions(command, false).addHelpText("after", AFTER).action(benchAction);
}

export function benchWorkerCommand(): Command {
  const command = new Command("bench-worker")
    .description("carry out runs of suites that others share out: `bench --bus`")
    .option("--out <dir>", "folder for the runs at work", "bench-worker")
    .option("--runs <n>", "end after so many runs (default: work on and on)", wholeNumber(1));
  return busOptions(command).action(async ({ out, runs, ...flags }: WorkerFlags) => {
    const { workOnSuites } = await import("../../bench/index.js");
    const { parseBusAddress } = await import("../../transport/index.js");
    const address = parseBusAddress(flags.bus, flags);
    const { signal, dispose } = stopSignals("the run saves and goes back to the others.");
    try {
      await workOnSuites({ address, out, runs, signal, log: note });
    } finally {
      dispose();
    }
  });
}

async function benchAction(file: string, flags: BenchFlags): Promise<void> {
  const { planSuite, readSuite, resultsText, runSuite, runSuiteRemotely } = await import(
    "../../bench/index.js"
  );
  const { parseBusAddress } = await import("../../transport/index.js");
  const { jobs, only, json, dryRun, seeds } = flags;
  const written = await readSuite(file);
  const suite = seeds === undefined ? written : { ...written, seeds: [...seeds] };
  const out = flags.out ?? join("bench", basename(file, extname(file)));
  if (dryRun) {
    const runs = await planSuite(suite, { out, only });
    if (json) printJson(runs);
    else
      print(
        runs.map(({ name, hash, next }) => `${hash.slice(0, 12)}  ${next.padEnd(10)}  ${name}`).join("\n"),
      );
    return;
  }
  const { signal, stopCode, dispose } = stopSignals(
    "the runs finish their step and save. Once more does not wait for them.",
  );
  try {
    const { results, failed, interrupted } =
      flags.bus === undefined
        ? await runSuite(suite, { out, jobs, only, signal, log: note })
        : await runSuiteRemotely(suite, {
            ...{ out, only, signal, file, log: note },
            address: parseBusAddress(flags.bus, flags),
          });
    if (json) printJson(results);
    else
      print(
        `${await resultsText(out)}\nResults: ${join(out, "results.html")}, results.md and results.json beside it`,
      );
    if (interrupted) {
      note("Stopped; everything is saved. The same command goes on.");
      process.exitCode = stopCode();
    } else if (failed.length > 0) {
      note(
        `error: ${failed.length} of ${results.runs.length} runs failed: ${failed.join(", ")}. ${join(out, "results.md")} says why.`,
      );
      process.exitCode = EXIT.user;
    }
  } finally {
    dispose();
  }
}
