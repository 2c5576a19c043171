/**
 * @file What the loss of one of three brokers does to a collective: the one that leads the keys, or the
 * snapshots of a module, is killed, or cut off (stopped, which leaves its connections open and mute), and
 * comes back once all is well again without it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseBusAddress } from "../../src/transport/index.js";
import { natsBus } from "../../src/transport/nats-bus.js";
import { pointerOf } from "../../src/transport/snapshots.js";
import type { TestBroker } from "../../tests/helpers/broker.js";
import { startCluster } from "../../tests/helpers/cluster.js";
import { endlessCollective } from "./collectives.js";
import { Household, lastWords, until } from "./household.js";
import { type Watched, watch } from "./recovery.js";

export interface ClusterOptions {
  readonly folder: string;
  readonly quick: boolean;
  readonly log: (text: string) => void;
}

/** One loss, as a module that asks its peer lived through it. */
interface Lived extends Watched {
  /** From the loss to the first weights of the peer that were uploaded after it, milliseconds. */
  readonly publishedMs: number;
}

export interface ClusterResult {
  readonly steps: string;
  /** Processes that ended though nobody had ended them, and what they said. */
  readonly lost: readonly string[];
  readonly losses: readonly { readonly loss: string; readonly lived: readonly Lived[] }[];
}

const NAME = "cluster";
/** The broker that leads the keys is also asked for leases; that of the snapshots for weights. */
const STREAMS = { keys: `KV_TL_${NAME}`, weights: `OBJ_TL_${NAME}_depth` };

/** Loses brokers again and again; everything else is at work. */
export async function measureCluster({ folder, quick, log }: ClusterOptions): Promise<ClusterResult> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cluster = await startCluster();
  const file = join(folder, `${NAME}.json`);
  writeFileSync(file, JSON.stringify({ name: NAME, ...endlessCollective(20, 10_000) }));
  const house = new Household(folder, file, cluster.url);
  const lost: string[] = [];
  house.onLoss = (member) => void lost.push(`${member.role} ${member.module}: ${lastWords(member)}`);
  const address = parseBusAddress(cluster.url);
  if (address.kind !== "nats") throw new Error("a cluster has addresses of brokers");
  const bus = await natsBus(address, { run: NAME, role: "observer", module: "", instance: "bench" });

  const published = (since: number) =>
    until("weights of afterwards", async () => {
      const pointer = await pointerOf(bus, "depth").catch(() => null);
      return pointer !== null && pointer.publishedAt > since;
    });
  const lose = async (stream: string, how: (broker: TestBroker) => unknown): Promise<Lived> => {
    const leader = await cluster.leaderOf(stream);
    const [since, clock] = [performance.now(), Date.now()];
    await how(leader);
    const [watched, publishedMs] = await Promise.all([watch(house.run, "normals", since), published(clock)]);
    leader.signal("SIGCONT");
    await leader.start();
    await cluster.whole(stream);
    return { ...watched, publishedMs: Math.round(publishedMs) };
  };
  const kill = (broker: TestBroker) => broker.kill();
  const cut = (broker: TestBroker) => broker.signal("SIGSTOP");
  try {
    for (const name of ["depth", "normals"]) {
      house.start("server", name);
      house.start("trainer", name);
    }
    for (const name of ["depth", "normals"]) await watch(house.run, name, performance.now());
    const losses: ClusterResult["losses"][number][] = [];
    for (const [what, stream] of Object.entries(STREAMS)) {
      for (const [deed, how] of Object.entries({ killed: kill, "cut off": cut })) {
        const loss = `the one that leads the ${what}, ${deed}`;
        const lived: Lived[] = [];
        for (let i = 0; i < (quick ? 1 : 3); i++) {
          lived.push(await lose(stream, how));
          log(`${loss}: ${JSON.stringify(lived.at(-1))}`);
          if (!quick) await sleep(4000);
        }
        losses.push({ loss, lived });
      }
    }
    return { steps: "two tiny networks, 32x32, a thread each, answers waited for up to 10 s", lost, losses };
  } finally {
    house.onLoss = () => undefined;
    await house.kill();
    await bus.close();
    await cluster.stop();
  }
}
