/** @file Three brokers of this machine that hold everything three times, by the file that users are given. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectNats, natsPackages } from "../../src/transport/nats-client.js";
import { startBroker, type TestBroker } from "./broker.js";

const NAMES: readonly string[] = ["a", "b", "c"];

export interface TestCluster {
  /** Addresses of all, as `--bus` takes them. */
  readonly url: string;
  readonly brokers: readonly TestBroker[];
  /** The broker that leads a stream just now, asked of those that are not `without`. */
  leaderOf(stream: string, without?: TestBroker): Promise<TestBroker>;
  /** Waits until all three hold all of a stream. */
  whole(stream: string): Promise<void>;
  stop(): Promise<void>;
}

/** A port that was free a moment ago: routes are written down before the brokers are there. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** The lines of the example that make a broker one of three, with addresses of this machine. */
function clusterLines(name: string, own: number, ports: readonly number[]): string {
  const text = readFileSync("examples/cluster/three-brokers.conf", "utf8");
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  return text
    .replace("$NAME", name)
    .replace(/^port: .*$/m, "")
    .replace(/^jetstream .*$/m, "")
    .replace(/listen: .*/, `listen: "127.0.0.1:${own}"`)
    .replace(/routes: .*/, `routes: [ ${routes} ]`);
}

/** Starts them and waits until they can hold something. */
export async function startCluster(): Promise<TestCluster> {
  const ports = await Promise.all(NAMES.map(freePort));
  const brokers = await Promise.all(NAMES.map((name, i) => startBroker(clusterLines(name, ports[i], ports))));
  const packages = await natsPackages();
  const ask = async <T>(servers: readonly string[], work: (jsm: Manager) => Promise<T>): Promise<T> => {
    const nc = await connectNats(packages, { kind: "nats", servers }, "_INBOX.test");
    try {
      return await work(await packages.jetstream.jetstreamManager(nc, { checkAPI: false, timeout: 2000 }));
    } finally {
      await nc.close();
    }
  };
  type Manager = Awaited<ReturnType<typeof packages.jetstream.jetstreamManager>>;
  const again = async <T>(what: string, work: () => Promise<T | undefined>): Promise<T> => {
    for (const end = performance.now() + 120_000; performance.now() < end; await sleep(250)) {
      const result = await work().catch(() => undefined);
      if (result !== undefined) return result;
    }
    throw new Error(`never seen: ${what}`);
  };
  const urls = brokers.map(({ url }) => url);
  await again("three brokers that have found one another", () =>
    ask(urls, async (jsm) => {
      await jsm.streams.add({ name: "READY", subjects: ["ready"], num_replicas: 3 });
      return await jsm.streams.delete("READY");
    }),
  );
  return {
    url: urls.join(","),
    brokers,
    leaderOf: (stream, without) => {
      const servers = brokers.filter((each) => each !== without).map(({ url }) => url);
      return again(`a leader of ${stream}`, () =>
        ask([servers[0]], async (jsm) => {
          const { leader } = (await jsm.streams.info(stream)).cluster ?? {};
          const found = brokers[NAMES.indexOf(leader ?? "")];
          return found === without ? undefined : found;
        }),
      );
    },
    whole: (stream) =>
      again(`${stream} on three brokers`, () =>
        ask(urls, async (jsm) => {
          const { replicas = [] } = (await jsm.streams.info(stream)).cluster ?? {};
          return replicas.length === 2 && replicas.every(({ current, lag }) => current && !lag)
            ? true
            : undefined;
        }),
      ).then(() => undefined),
    stop: async () => void (await Promise.all(brokers.map((each) => each.stop()))),
  };
}
