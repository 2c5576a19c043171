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

/** Runs the command line to its end in a process of its own. */
export function runProcess(args: readonly string[], cwd: string): Promise<CliResult> {
  return finish(startCli(args, cwd));
}

/**
 * Runs the command line to its end: in this process, which spares a second of starting, or, where it shall
 * have an environment of its own, in another. One after another: the working folder
 * is the process's.
 */
export function runCli(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<CliResult> {
  if (Object.keys(env).length > 0) return finish(startCli(args, cwd, env));
  const mine = turn.then(() => runHere(args, cwd));
  turn = mine.catch(() => undefined);
  return mine;
}

/** Ends when the command line that was started last has ended. */
let turn: Promise<unknown> = Promise.resolve();

async function runHere(args: readonly string[], cwd: string): Promise<CliResult> {
  const cli = await import("../../src/cli/main.js");
  const home = process.cwd();
  const stdout = captured(process.stdout);
  const stderr = captured(process.stderr);
  process.chdir(cwd);
  try {
    const code = await cli.runCli(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(home);
    process.exitCode = 0;
    stdout.release();
    stderr.release();
  }
}

/** What is written to a stream from now on, in place of where it went. */
function captured(stream: NodeJS.WriteStream) {
  const write = stream.write;
  let text = "";
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const done = rest.at(-1);
    if (typeof done === "function") done();
    return true;
  }) as typeof stream.write;
  return {
    text: () => text,
    release: () => {
      stream.write = write;
    },
  };
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
