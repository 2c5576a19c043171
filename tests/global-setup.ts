/** @file Builds dist/ once before the tests: worker threads and the command line run compiled code. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

export default function setup(): void {
  // Incremental: only what changed is compiled. The record must not lie in dist/, which is published.
  const record = ".cache/tests.tsbuildinfo";
  const args = [
    "node_modules/typescript/bin/tsc",
    "-p",
    "tsconfig.build.json",
    "--incremental",
    "--tsBuildInfoFile",
    record,
  ];
  // Without dist/ an old record would claim that there is nothing to do.
  if (!existsSync("dist/cli/main.js")) rmSync(record, { force: true });
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status === 0) return;
  // Code with type errors is emitted all the same; `npm run check` is what refuses it.
  if (!existsSync("dist/cli/main.js")) throw new Error(`the build failed:\n${stdout}`);
  console.warn(`the build reports type errors:\n${stdout}`);
}
