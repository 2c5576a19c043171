/** @file Trainers and servers of a collective as processes that a benchmark starts, stops and kills. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMAND } from "../lib/command-line.js";

export type Role = "trainer" | "server";

export interface Member {
  readonly role: Role;
  readonly module: string;
  /** Its way to the broker. */
  readonly bus: string;
  readonly child: ChildProcess;
  /** File that it writes its notes to. */
  readonly log: string;
  readonly ended: Promise<void>;
  /** Whether its end is wanted. */
  dismissed: boolean;
}

export interface StartOptions {
  readonly resume?: boolean;
  /** Its way to the broker; that of the household if left out. */
  readonly bus?: string;
}

/** All processes of one collective. */
export class Household {
  readonly #folder: string;
  readonly #file: string;
  readonly #bus: string;
  readonly members = new Set<Member>();
  /** Told of a process that ended though nobody had ended it. */
  onLoss: (member: Member) => void = () => undefined;
  #count = 0;

  /** `folder` takes the run and the logs; `file` is the collective's configuration. */
  constructor(folder: string, file: string, bus: string) {
    this.#folder = folder;
    this.#file = file;
    this.#bus = bus;
  }

  get run(): string {
    return join(this.#folder, "run");
  }

  start(role: Role, module: string, { resume = false, bus = this.#bus }: StartOptions = {}): Member {
    const args = ["--module", module, "--bus", bus];
    if (role === "trainer") args.push("--run", this.run, ...(resume ? ["--resume"] : []));
    const command = role === "trainer" ? "trainer" : "forward-server";
    const log = join(this.#folder, `${role}-${module}-${this.#count++}.log`);
    const file = openSync(log, "w");
    const child = spawn(process.execPath, [COMMAND, command, this.#file, ...args], {
      stdio: ["ignore", "ignore", file],
    });
    closeSync(file);
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    const member: Member = { role, module, bus, child, log, ended, dismissed: false };
    this.members.add(member);
    void ended.then(() => {
      this.members.delete(member);
      if (!member.dismissed) this.onLoss(member);
    });
    return member;
  }

  /** Starts what a process did that has ended; a trainer goes on from its checkpoint. */
  again({ role, module, bus }: Member): Member {
    return this.start(role, module, { resume: role === "trainer", bus });
  }

  /** Ends a process by a signal and waits for it; gives its exit code, null where it was killed. */
  async end(member: Member, signal: NodeJS.Signals): Promise<number | null> {
    member.dismissed = true;
    member.child.kill(signal);
    await member.ended;
    return member.child.exitCode;
  }

  of(role: Role, module?: string): Member[] {
    return [...this.members].filter(
      (each) => each.role === role && (module === undefined || each.module === module),
    );
  }

  /** Saves and ends all, trainers first; gives their exit codes. */
  async leave(): Promise<{ readonly role: Role; readonly code: number | null }[]> {
    const codes: { role: Role; code: number | null }[] = [];
    for (const role of ["trainer", "server"] as const) {
      const ending = this.of(role).map(async (each) => ({ role, code: await this.end(each, "SIGTERM") }));
      codes.push(...(await Promise.all(ending)));
    }
    return codes;
  }

  async kill(): Promise<void> {
    await Promise.all([...this.members].map((each) => this.end(each, "SIGKILL")));
  }
}

/** What a process said last. */
export function lastWords({ log }: Member): string {
  return readFileSync(log, "utf8").slice(-2000);
}

/** Waits until a condition holds; gives the milliseconds. Rejects where it takes longer than `limitMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 180_000,
): Promise<number> {
  const begun = performance.now();
  while (!(await condition())) {
    if (performance.now() - begun > limitMs) throw new Error(`it never came: ${what}`);
    await sleep(20);
  }
  return performance.now() - begun;
}
