/** @file Processes of a collective that a test starts, kills, and waits for. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type CliResult, finish, startCli } from "../cli/helpers.js";

/** How long anything may take on the slowest machine, milliseconds. */
const LONGEST_MS = 280_000;

export interface Started {
  readonly args: readonly string[];
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<CliResult>;
}

/** The processes of one test file, in one folder. */
export class Processes {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #running = new Set<Started>();
  /** What those that have ended said last. */
  readonly #last: string[] = [];

  constructor(folder: string, env: Record<string, string> = {}) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Starts `taskloom` with these arguments. */
  start(...args: readonly string[]): Started {
    const child = startCli(args, this.#folder, this.#env);
    const ended = finish(child);
    const started: Started = {
      ...{ args, child, ended },
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
    this.#running.add(started);
    void ended.then(({ code, stderr }) => {
      this.#running.delete(started);
      this.#last.push(`${args.join(" ")}: code ${code}\n${stderr.slice(-1000)}`);
    });
    return started;
  }

  /** Waits for something; the error of one that never comes tells what became of the processes. */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + LONGEST_MS;
    while (performance.now() < end) {
      if (await condition()) return;
      await sleep(100);
    }
    throw new Error(`never seen: ${what}\nended: ${this.#last.join("\n")}`);
  }

  /** Ends all that still run. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((each) => each.end("SIGKILL")));
  }
}
