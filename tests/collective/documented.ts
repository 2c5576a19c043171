/** @file What docs/collective.md says to type, run as it stands there. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { runCli } from "../cli/helpers.js";
import { Processes, type Started } from "./processes.js";

export const DOCUMENT = readFileSync("docs/collective.md", "utf8");

/** A network of few operators: most of the time would go by in making sessions of larger ones. */
const PLAIN_NET = resolve("examples/plugins/plain-net.mjs");

/** The blocks of a language, by the heading they stand under. */
export function blocksOf(markdown: string, language: string): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  let heading = "";
  for (const [, title, kind, text] of markdown.matchAll(/^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    heading = title ?? heading;
    if (kind === language) blocks.set(heading, [...(blocks.get(heading) ?? []), text]);
  }
  return blocks;
}

/** The commands under a heading, a line each. */
export function commandsUnder(heading: string): string[] {
  const blocks = blocksOf(DOCUMENT, "sh").get(heading) ?? [];
  return blocks.flatMap((text) => text.split("\n").filter((line) => line.trim() !== ""));
}

/** The first configuration of the document, made small, networks too; `changes` lie over it. */
function smallConfig(changes: object): string {
  const [text] = [...blocksOf(DOCUMENT, "yaml").values()].flat();
  const config = parse(text) as {
    mediator: { data: object };
    modules: Record<string, { model: object; data: string | object }>;
  };
  const small = { train: 4, val: 1, test: 1, size: [32, 32] };
  Object.assign(config.mediator.data, small);
  for (const module of Object.values(config.modules)) {
    module.model = { name: "plain-net", width: 2 };
    if (typeof module.data === "object") Object.assign(module.data, small);
  }
  return stringify({
    ...config,
    plugins: [PLAIN_NET],
    ...{ steps: 2, evaluation: { split: null }, checkpoint: { best: null }, samples: { count: 0 } },
    runtime: { threads: 1, workers: 0 },
    // Machines that test are busy.
    bus: { acceptMs: 5000, idleMs: 20_000, waitMs: 5000, onSkipped: "continue" },
    ...changes,
  });
}

/** A folder in which the document's commands are typed. */
export class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  readonly #processes: Processes;
  readonly #brokers: ChildProcess[] = [];
  #port = 0;

  constructor() {
    process.env.TASKLOOM_CACHE = join(this.folder, "cache");
    this.#processes = new Processes(this.folder);
  }

  config(changes: object = {}): void {
    writeFileSync(join(this.folder, "collective.yaml"), smallConfig(changes));
  }

  async photo(): Promise<void> {
    const create = { width: 64, height: 48, channels: 3, background: "#946" } as const;
    await sharp({ create }).jpeg().toFile(join(this.folder, "photo.jpg"));
  }

  /** A line's words after the program, addresses and ports those of this test. */
  #words(line: string): string[] {
    const [, ...words] = line.replace(/ &$/, "").split(" ");
    return words.map((word) =>
      word.replace(/^nats:\/\/(127\.0\.0\.1|broker\.example\.org):4222$/, `nats://127.0.0.1:${this.#port}`),
    );
  }

  /** Starts the broker of a line, on a port that is free. */
  async broker(line: string): Promise<void> {
    const ports = join(this.folder, `ports-${this.#brokers.length}`);
    mkdirSync(ports);
    const own = ["-p", "-1", "--ports_file_dir", ports, "-l", join(ports, "log.txt")];
    // One without a configuration would keep its data in a folder of the whole machine.
    const data = line.includes(" -c ") ? [] : ["-sd", join(ports, "data")];
    const child = spawn("nats-server", [...this.#words(line), ...own, ...data], {
      cwd: this.folder,
      stdio: "ignore",
    });
    this.#brokers.push(child);
    const log = () =>
      existsSync(join(ports, "log.txt")) ? readFileSync(join(ports, "log.txt"), "utf8") : "";
    await this.#processes.until(`${line}: a port`, () => {
      if (child.exitCode !== null) throw new Error(`${line} ended: ${log()}`);
      const name = readdirSync(ports).find((each) => each.endsWith(".ports"));
      const found = name && /(?:nats|tls):\/\/[^"]*:(\d+)/.exec(readFileSync(join(ports, name), "utf8"));
      if (found) this.#port = Number(found[1]);
      return Boolean(found);
    });
  }

  /** Runs a line to its end in this process, and expects it to come to a good one. */
  async run(line: string): Promise<string> {
    const { code, stdout, stderr } = await runCli(this.#words(line), this.folder);
    expect(code, `${line}: ${stderr}`).toBe(0);
    return stdout;
  }

  /** Runs a line that starts processes of its own. */
  async runApart(line: string): Promise<void> {
    const { code, stderr } = await this.#processes.start(...this.#words(line)).ended;
    expect(code, `${line}: ${stderr}`).toBe(0);
  }

  start(line: string): Started {
    return this.#processes.start(...this.#words(line));
  }

  /** Runs the line of the table until it lists so many, all with a snapshot. */
  async status(line: string, count: number): Promise<void> {
    let shown = "";
    const full = (): boolean => {
      const rows = shown.split("\n").filter((row) => /\b(trainer|server)\b/.test(row));
      return (
        rows.length >= count && rows.filter((row) => /server +\w+ +\d+-\d+/.test(row)).length >= count / 2
      );
    };
    await this.#processes.until(`${line} lists ${count}`, async () => {
      const { code, stdout } = await runCli(this.#words(line), this.folder);
      shown = stdout;
      return code === 0 && full();
    });
  }

  /** Runs trainers and servers of these lines beside one another, then stops them as a person would. */
  async household(lines: readonly string[]): Promise<void> {
    const of = (command: string) => lines.filter((line) => line.startsWith(`taskloom ${command} `));
    const [trainers, servers] = [of("trainer"), of("forward-server")].map((some) =>
      some.map((line) => this.start(line)),
    );
    for (const line of of("collective status")) await this.status(line, trainers.length + servers.length);
    for (const { code, stderr } of await Promise.all(trainers.map((each) => each.end("SIGTERM")))) {
      expect(code, stderr).toBe(143);
      expect(stderr).toContain("everything is saved");
    }
    for (const { code, stderr } of await Promise.all(servers.map((each) => each.end("SIGTERM")))) {
      expect(code, stderr).toBe(0);
    }
  }

  async close(): Promise<void> {
    await this.#processes.close();
    for (const broker of this.#brokers) {
      const gone = new Promise((done) => broker.once("exit", done));
      if (broker.exitCode === null && broker.kill("SIGKILL")) await gone;
    }
    rmSync(resolve(this.folder), { recursive: true, force: true });
    delete process.env.TASKLOOM_CACHE;
  }
}
