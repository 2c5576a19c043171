/**
 * @file Trains a list of configurations through the command line, two at a time with one thread each, and measures them on test images.
 * Resumable: a run that is finished is taken as it stands, one that was killed goes on where it stopped.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface PlannedRun {
  /** Names the run folder; unique within a benchmark. */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Split to measure on. */
  readonly split: string;
}

export interface MeasuredRun {
  readonly name: string;
  /** By task, then metric. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly images: number;
  readonly trainingSeconds: number;
}

const COMMAND = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Folder that a benchmark's runs are kept in; not committed. */
export function workFolder(benchmark: string): string {
  const folder = fileURLToPath(new URL(`../../../benchmarks/work/${benchmark}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs `taskloom ARGS`; resolves with its stdout. Rejects with its stderr where it fails. */
export function taskloom(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args]);
    let [out, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`taskloom ${args.join(" ")} ended with ${code}:\n${errors}`));
    });
  });
}

async function measure(folder: string, { name, config, split }: PlannedRun): Promise<MeasuredRun> {
  const run = join(folder, name);
  const file = join(folder, `${name}.yaml`);
  const finished = join(folder, `${name}.result.json`);
  const text = JSON.stringify(config, null, 2);
  if (existsSync(finished)) {
    const kept = JSON.parse(readFileSync(finished, "utf8")) as MeasuredRun & { config: string };
    if (kept.config === text) return kept;
  }
  writeFileSync(file, text);
  await taskloom([
    "train",
    file,
    "--run",
    run,
    ...(existsSync(join(run, "checkpoints")) ? ["--resume"] : []),
  ]);
  const { metrics, images } = JSON.parse(
    // The last weights, not those of the best validation score: nothing is chosen, so nothing can be chosen well or badly.
    await taskloom(["evaluate", run, "--split", split, "--checkpoint", "last", "--json"]),
  ) as MeasuredRun;
  const result = { name, metrics, images, trainingSeconds: trainingSeconds(run) };
  writeFileSync(finished, JSON.stringify({ ...result, config: text }));
  return result;
}

/** Time spent in training steps, summed over interruptions. */
function trainingSeconds(run: string): number {
  const records = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return records.reduce((sum, line) => {
    const record = JSON.parse(line) as { kind: string; timing?: { seconds?: number } };
    return sum + (record.kind === "step" ? (record.timing?.seconds ?? 0) : 0);
  }, 0);
}

/** Measures all runs, `parallel` at a time; reports each as it ends. */
export async function measureAll(
  folder: string,
  runs: readonly PlannedRun[],
  parallel = 2,
): Promise<MeasuredRun[]> {
  const results: MeasuredRun[] = new Array(runs.length);
  let next = 0;
  const work = async () => {
    while (next < runs.length) {
      const index = next++;
      results[index] = await measure(folder, runs[index]);
      process.stderr.write(`${runs[index].name}: ${JSON.stringify(results[index].metrics)}\n`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}
