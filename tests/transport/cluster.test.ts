import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bus } from "../../src/transport/bus.js";
import { parseBusAddress } from "../../src/transport/index.js";
import { natsBus } from "../../src/transport/nats-bus.js";
import { Patience } from "../../src/transport/patience.js";
import { fetchSnapshot, Publisher, pointerOf } from "../../src/transport/snapshots.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";
import { startCluster, type TestCluster } from "../helpers/cluster.js";

const bytesOf = (value: number) => new Uint8Array(300_000).fill(value);

const busOf = (url: string, role: "trainer" | "server" = "trainer"): Promise<Bus> => {
  const address = parseBusAddress(url);
  if (address.kind !== "nats") throw new Error("no address of a broker");
  return natsBus(address, { run: "r", role, module: "depth", instance: role });
};

describe.runIf(hasBroker)("three brokers", () => {
  let cluster: TestCluster;
  let trainer: Bus;
  let server: Bus;
  let publisher: Publisher;

  beforeAll(async () => {
    cluster = await startCluster();
    trainer = await busOf(cluster.url);
    server = await busOf(cluster.url, "server");
    publisher = new Publisher(trainer, "depth", 1);
  });
  afterAll(async () => {
    for (const bus of [trainer, server]) await bus?.close();
    await cluster?.stop();
  });

  /** Publishes as a trainer does, whatever the brokers are at, and reads it as a server does. */
  const publishes = async (step: number) => {
    const bytes = bytesOf(step);
    await new Patience(() => undefined).through(() => publisher.publish(step, bytes));
    const [pointer, read] = await new Patience(() => undefined).through(async () => {
      const pointer = (await pointerOf(server, "depth"))!;
      return [pointer, await fetchSnapshot(server, pointer)] as const;
    });
    expect(pointer.step).toBe(step);
    expect(Buffer.compare(read, bytes)).toBe(0);
  };
  const leads = (stream: string, without?: TestBroker) => cluster.leaderOf(stream, without);

  test("go on when the one that leads is killed", async () => {
    await publishes(1);
    const leader = await leads("KV_TL_r");
    await leader.kill();
    await publishes(2);
    expect(await leads("KV_TL_r", leader)).not.toBe(leader);
    await leader.start();
    await publishes(3);
  });

  test("go on when the one that leads is cut off, and take it in again", async () => {
    const leader = await leads("OBJ_TL_r_depth");
    leader.signal("SIGSTOP");
    await publishes(4);
    leader.signal("SIGCONT");
    await publishes(5);
  });
});

test.runIf(hasBroker)("several brokers that are no cluster are refused", async () => {
  const broker = await startBroker();
  await expect(busOf([broker.url, broker.url, broker.url].join(","))).rejects.toMatchObject({
    facts: { code: "bus.no-cluster" },
  });
  await broker.stop();
});
