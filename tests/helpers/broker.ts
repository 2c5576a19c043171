import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether there is a broker to test with; says why not where there is none. */
export const hasBroker = spawnSync("nats-server", ["--version"]).status === 0;
if (!hasBroker) console.warn("nats-server is not installed: tests over a broker are skipped");

export interface TestBroker {
  readonly url: string;
  readonly folder: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** SIGSTOP leaves it there and mute, as a link that is cut does, until SIGCONT. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts it again on the same port, if it does not run. */
  start(): Promise<void>;
  /** Ends it and removes all that it has stored. */
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

/** A broker of a test file's own, on a free port, with further lines of its configuration. */
export async function startBroker(more = ""): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-nats-"));
  let child: ChildProcess | undefined;
  let port = -1;
  /** The process, while it runs. */
  const running = () => (child?.exitCode === null && child.signalCode === null ? child : undefined);
  const start = async () => {
    if (running() !== undefined) return;
    for (const name of readdirSync(folder)) if (name.endsWith(".ports")) rmSync(join(folder, name));
    const file = join(folder, "broker.conf");
    const lines = [
      `port: ${port}`,
      'host: "127.0.0.1"',
      `ports_file_dir: "${folder}"`,
      `jetstream { store_dir: "${join(folder, "jetstream")}" }`,
      more,
    ];
    writeFileSync(file, lines.join("\n"));
    child = spawn("nats-server", ["-c", file, "-l", join(folder, "log.txt")], { stdio: "ignore" });
    for (let tries = 0; tries < 200; tries++) {
      const ports = readdirSync(folder).find((name) => name.endsWith(".ports"));
      if (ports !== undefined) {
        const url = /(?:nats|tls):\/\/127[^"]*/.exec(readFileSync(join(folder, ports), "utf8"));
        if (url !== null) {
          port = Number(new URL(url[0]).port);
          return;
        }
      }
      if (child.exitCode !== null) break;
      await sleep(50);
    }
    const log = join(folder, "log.txt");
    throw new Error(`the broker did not start: ${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
  };
  const kill = async () => {
    const process = running();
    if (process === undefined) return;
    const gone = new Promise((done) => process.once("exit", done));
    process.kill("SIGKILL");
    await gone;
  };
  const wipe = async () => {
    await kill();
    rmSync(join(folder, "jetstream"), { recursive: true, force: true });
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    ...{ folder, kill, start, wipe },
    signal: (signal) => void child?.kill(signal),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
