import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BusAddress } from "../../src/transport/address.js";
import type { Bus } from "../../src/transport/bus.js";
import { localBus } from "../../src/transport/local-bus.js";
import { MemoryHub, memoryBus } from "../../src/transport/memory-bus.js";
import { natsBus } from "../../src/transport/nats-bus.js";
import { connectNats, natsPackages } from "../../src/transport/nats-client.js";
import { fetchSnapshot, Publisher, pointerOf } from "../../src/transport/snapshots.js";
import { hasBroker, startBroker } from "../helpers/broker.js";

const DIED = new Error("killed");

/** A bus whose process dies at its n-th step from now, before that step is done or after it. */
function mortal(bus: Bus, steps: number, done: boolean): Bus {
  let left = steps;
  const counted =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left < 0) throw DIED;
      const dies = left-- === 0;
      if (dies && !done) throw DIED;
      const result = await act(...args);
      if (dies) throw DIED;
      return result;
    };
  const { keys } = bus;
  return {
    ...bus,
    keys: { get: counted(keys.get), put: counted(keys.put) },
    blobs: (module) => {
      const blobs = bus.blobs(module);
      const counting = { put: counted(blobs.put), get: counted(blobs.get), delete: counted(blobs.delete) };
      return { ...blobs, ...counting };
    },
  };
}

const bytesOf = (value: number) => new Uint8Array(1000).fill(value);

describe("a publisher that dies at any point of an upload", () => {
  const points = [0, 1, 2, 3].flatMap((steps) => [false, true].map((done) => ({ steps, done })));

  test.each(points)("leaves a pointer to whole weights: step $steps, done: $done", async (point) => {
    const hub = new MemoryHub();
    const bus = memoryBus(hub);
    const first = new Publisher(bus, "depth", 1);
    for (let step = 0; step < 3; step++) await first.publish(step, bytesOf(step));
    const dying = new Publisher(mortal(bus, point.steps, point.done), "depth", 2);
    await dying.publish(7, bytesOf(7)).catch((error: unknown) => expect(error).toBe(DIED));
    const pointer = (await pointerOf(bus, "depth"))!;
    // Moved by the last step alone, and then to what is there.
    expect(pointer.step).toBe(point.steps > 2 || (point.steps === 2 && point.done) ? 7 : 2);
    expect(await fetchSnapshot(bus, pointer)).toEqual(bytesOf(pointer.step));
    // The next life clears away what nobody names, and goes on.
    const next = new Publisher(bus, "depth", 3);
    await next.tidy();
    expect(await bus.blobs("depth").list()).toEqual([pointer.object]);
    await next.publish(8, bytesOf(8));
    expect(await fetchSnapshot(bus, (await pointerOf(bus, "depth"))!)).toEqual(bytesOf(8));
  });
});

test("a bit that flips in a stored snapshot is found", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tl-"));
  const bus = await localBus(folder);
  const ref = await new Publisher(bus, "depth", 1).publish(0, bytesOf(1));
  const [name] = readdirSync(join(folder, "blobs/depth"));
  const file = join(folder, "blobs/depth", name);
  const stored = readFileSync(file);
  stored[500] ^= 1;
  writeFileSync(file, stored);
  await expect(fetchSnapshot(bus, ref)).rejects.toMatchObject({ reason: "corrupt" });
  await bus.close();
  rmSync(folder, { recursive: true, force: true });
});

test.runIf(hasBroker)("chunks of an upload that never ended are removed from the broker", async () => {
  const broker = await startBroker();
  const address = { kind: "nats", servers: [broker.url] } as Extract<BusAddress, { kind: "nats" }>;
  const bus = await natsBus(address, { run: "r", role: "trainer", module: "depth", instance: "i" });
  const publisher = new Publisher(bus, "depth", 1);
  const ref = await publisher.publish(0, bytesOf(1));
  const packages = await natsPackages();
  const nc = await connectNats(packages, address, "_INBOX.test");
  const jsm = await packages.jetstream.jetstreamManager(nc);
  await packages.jetstream.jetstream(nc).publish("$O.TL_r_depth.C.neverended", bytesOf(9));
  const count = async () => (await jsm.streams.info("OBJ_TL_r_depth")).state.messages;
  const before = await count();
  await publisher.tidy();
  expect(await count()).toBe(before - 1);
  expect(Buffer.compare(await fetchSnapshot(bus, ref), bytesOf(1))).toBe(0);
  await nc.close();
  await bus.close();
  await broker.stop();
});
