/** @file Trains and measures a suite through the command line; what is finished is not repeated. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchResults } from "../../src/bench/index.js";

const COMMAND = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Folder that a benchmark's runs are kept in; not committed. */
export function scratchFolder(benchmark: string): string {
  const folder = fileURLToPath(new URL(`../../../benchmarks/scratch/${benchmark}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs `suite` (the content of a suite file) in `folder`, two runs at a time. Rejects where a run failed. */
export async function measureSuite(folder: string, name: string, suite: object): Promise<BenchResults> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(suite, null, 2));
  const args = ["bench", file, "--out", join(folder, name), "--jobs", "2", "--json"];
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new Error(`taskloom ${args.join(" ")} ended with ${code}`);
  return JSON.parse(out) as BenchResults;
}
