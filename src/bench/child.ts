/** @file The command line as a child process. */
import { spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { createInterface } from "node:readline";

export interface ChildOptions {
  /** Program and first arguments that stand for `taskloom`. */
  readonly command: readonly string[];
  /** File that its stderr is appended to. */
  readonly log: string;
  /** Aborting sends SIGINT: training then saves and ends. */
  readonly signal: AbortSignal;
  /** Told every line of its stderr. */
  readonly onLine?: (line: string) => void;
}

export interface ChildResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** One sentence on why it failed. */
  readonly message: string;
}

/** Enough of stderr to find the message in. */
const TAIL = 8192;

/** Runs `taskloom ARGS` to its end. Rejects only where it cannot be started. */
export async function runTaskloom(args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  const [program, ...first] = options.command;
  // In a group of its own: Ctrl-C on a terminal reaches whole groups, and a second one ends a training
  // without saving.
  const child = spawn(program, [...first, ...args], {
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const interrupt = () => child.kill("SIGINT");
  const abandon = () => child.kill("SIGTERM");
  options.signal.addEventListener("abort", interrupt, { once: true });
  process.once("exit", abandon);
  let [stdout, stderr] = ["", ""];
  let logged: Promise<unknown> = appendFile(options.log, `$ taskloom ${args.join(" ")}\n`);
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const { onLine } = options;
  if (onLine !== undefined) createInterface({ input: child.stderr }).on("line", onLine);
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-TAIL);
    logged = logged.then(() => appendFile(options.log, chunk));
  });
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
      child.once("error", fail);
      child.once("close", (...ending) => done(ending));
    });
    await logged;
    return { ok: code === 0, stdout, message: messageOf(stderr, code, signal) };
  } finally {
    options.signal.removeEventListener("abort", interrupt);
    process.off("exit", abandon);
  }
}

/** The error a child printed; else how it ended. */
function messageOf(stderr: string, code: number | null, signal: NodeJS.Signals | null): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const error = lines.findLast((line) => /^(error|bug): /.test(line));
  if (error !== undefined) return error.replace(/^error: /, "");
  if (signal === "SIGKILL") return "killed by SIGKILL: often the system ran out of memory";
  const ending = signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
  return lines.length === 0 ? ending : `${ending}: ${lines[lines.length - 1]}`;
}
