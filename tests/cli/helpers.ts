import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { expect } from "vitest";

const MAIN = resolve("dist/cli/main.js");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the compiled command line. */
export function startCli(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
}

/** Runs a process to its end. */
export async function finish(child: ChildProcess): Promise<CliResult> {
  let [stdout, stderr] = ["", ""];
  child.stdout!.on("data", (text: Buffer) => {
    stdout += text;
  });
  child.stderr!.on("data", (text: Buffer) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, stdout, stderr };
}

export function runCli(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<CliResult> {
  return finish(startCli(args, cwd, env));
}

/** Runs the command line under a limit of `kilobytes` on the size of any file it writes. */
export function runLimited(args: readonly string[], cwd: string, kilobytes: number): Promise<CliResult> {
  const command = `ulimit -f ${kilobytes}; exec "$0" "$@"`;
  return finish(spawn("bash", ["-c", command, process.execPath, MAIN, ...args], { cwd }));
}

/** The one message of a command that failed by the user's mistake; no stack trace, exit code 1. */
export function userMessage({ code, stderr }: CliResult): string {
  const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(errors, stderr).toHaveLength(1);
  expect(code, stderr).toBe(1);
  return errors[0];
}
