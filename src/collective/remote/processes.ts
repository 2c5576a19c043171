/**
 * @file A collective as processes of this machine: a trainer for each module, and a server for each module
 * that others look at. Whoever is killed is started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { UserError } from "../../common/errors.js";
import type { CollectiveConfig } from "../config.js";
import { commonPoint, moduleFolder } from "../module.js";
import { isLockStep } from "./place.js";

export interface ProcessesOptions {
  readonly config: CollectiveConfig;
  /** The configuration's file, and what is laid over it. */
  readonly file: string;
  readonly set: readonly string[];
  readonly folder: string;
  /** `--bus` and what goes with it; a folder of this machine if left out. */
  readonly bus?: readonly string[];
  readonly resume: boolean;
  readonly log: (message: string) => void;
  readonly signal: AbortSignal;
  /** Program and first arguments that stand for `taskloom`. */
  readonly command?: readonly string[];
  /** Told of each process that is started. */
  readonly onStart?: (role: "trainer" | "server", module: string, pid: number) => void;
}

const COMMAND = [process.execPath, fileURLToPath(new URL("../../cli/main.js", import.meta.url))];
/** Times that a trainer which was killed is started again. */
const RESTARTS = 5;
/** Before a server that ended is started again, milliseconds. */
const PAUSE_MS = 1000;

/** Trains all modules in processes of their own. Throws UserError where one of them fails. */
export async function trainByProcesses(options: ProcessesOptions): Promise<"done" | "interrupted"> {
  const { config, folder, log, signal } = options;
  const local = options.bus === undefined ? mkdtempSync(join(tmpdir(), "taskloom-bus-")) : undefined;
  const bus = options.bus ?? ["--bus", `local:${local}`];
  const household = new Household({ ...options, bus });
  try {
    if (options.resume && isLockStep(config)) await requireCommonStep(config, folder, log);
    return await household.run(signal);
  } finally {
    await household.end();
    if (local !== undefined) rmSync(local, { recursive: true, force: true });
  }
}

/** Lock-step has no use for modules at different steps. Throws UserError. */
async function requireCommonStep(
  { modules }: CollectiveConfig,
  folder: string,
  log: (message: string) => void,
): Promise<void> {
  const steps = new Set<number>();
  for (const { name, frozen } of modules) {
    if (!frozen) steps.add((await commonPoint([moduleFolder(folder, name)], log)).step);
  }
  if (steps.size < 2) return;
  throw new UserError({
    code: "collective.out-of-step",
    where: folder,
    what: `the modules stand at different steps (${[...steps].join(", ")}), and at staleness 0 all take the same one`,
    fix: "Go on with it in one process (without --processes and --bus), which finds the last step that all have.",
  });
}

class Household {
  readonly #options: ProcessesOptions & { readonly bus: readonly string[] };
  readonly #children = new Map<ChildProcess, "trainer" | "forward-server">();
  #ending = false;

  constructor(options: ProcessesOptions & { readonly bus: readonly string[] }) {
    this.#options = options;
  }

  /** Until all trainers are done. */
  async run(signal: AbortSignal): Promise<"done" | "interrupted"> {
    const { config } = this.#options;
    // Servers go on: what trainers still do, they do together.
    const stop = () => this.#signalAll("SIGTERM", "trainer");
    signal.addEventListener("abort", stop, { once: true });
    try {
      const names = config.modules.map(({ name }) => name);
      if (config.constraints.length > 0) for (const name of names) void this.#keepServing(name);
      const trainers = names.map((name) => this.#train(name, signal));
      // One that fails ends all: they save first.
      for (const each of trainers) each.catch(stop);
      const results = await Promise.allSettled(trainers);
      const failed = results.find((each) => each.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return signal.aborted ? "interrupted" : "done";
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #train(name: string, signal: AbortSignal): Promise<void> {
    const { folder, resume, log } = this.#options;
    for (let restarts = 0; !this.#ending; restarts++) {
      const again = resume || (restarts > 0 && existsSync(moduleFolder(folder, name)));
      const args = ["--run", folder, ...(again ? ["--resume"] : [])];
      const { code, killed, message } = await this.#child("trainer", name, args);
      if (code === 0 || signal.aborted || this.#ending) return;
      if (killed === null || restarts >= RESTARTS) {
        throw new UserError({
          code: "collective.process",
          where: `modules.${name}`,
          what: `its trainer ended: ${message || (killed ?? `exit code ${code}`)}`,
        });
      }
      log(`${name}: its trainer was ended by ${killed}; it goes on from its checkpoint`);
    }
  }

  async #keepServing(name: string): Promise<void> {
    while (!this.#ending) {
      const { killed, message } = await this.#child("forward-server", name, []);
      if (this.#ending) return;
      this.#options.log(`${name}: its server ended (${killed ?? message}); it is started again`);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  /** One process, to its end. */
  async #child(
    what: "trainer" | "forward-server",
    module: string,
    more: readonly string[],
  ): Promise<{ code: number | null; killed: NodeJS.Signals | null; message: string }> {
    const { file, set, bus, command = COMMAND, log, onStart } = this.#options;
    const [program, ...first] = command;
    const overrides = set.flatMap((each) => ["--set", each]);
    const args = [...first, what, file, "--module", module, ...bus, ...more, ...overrides];
    // In a group of its own: Ctrl-C on a terminal reaches whole groups, and would come twice.
    const child = spawn(program, args, {
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#children.set(child, what);
    if (child.pid !== undefined) onStart?.(what === "trainer" ? "trainer" : "server", module, child.pid);
    let message = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (/^(error|bug): /.test(line)) message = line.replace(/^error: |\.$/g, "");
      if (line.trim() !== "") log(`${module}${what === "trainer" ? "" : " server"}: ${line}`);
    });
    const [code, killed] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
      child.once("error", fail);
      child.once("close", (...ending) => done(ending));
    });
    this.#children.delete(child);
    return { code, killed, message };
  }

  #signalAll(signal: NodeJS.Signals, only?: "trainer"): void {
    for (const [child, what] of this.#children) if (only === undefined || what === only) child.kill(signal);
  }

  /** Ends what still runs: servers, once nobody asks them any more. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#signalAll("SIGTERM");
    const children = [...this.#children.keys()];
    const gone = children.map((child) => new Promise((done) => child.once("close", done)));
    const late = setTimeout(() => this.#signalAll("SIGKILL"), 10_000);
    await Promise.all(gone);
    clearTimeout(late);
  }
}
