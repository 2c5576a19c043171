/** @file The built command line, run to its end. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `taskloom` with these arguments. */
export function taskloom(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve("dist/cli/main.js"), ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
