/** @file Trains and measures a suite through the command line; what is finished is not repeated. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchResults } from "../../src/bench/index.js";
import { taskloom } from "./command-line.js";

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
  return JSON.parse(await taskloom(args)) as BenchResults;
}
