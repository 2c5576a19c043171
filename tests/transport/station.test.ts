import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryHub, memoryBus } from "../../src/transport/memory-bus.js";
import type { SnapshotRef } from "../../src/transport/messages.js";
import { openStation } from "../../src/transport/open-station.js";
import { PeerError } from "../../src/transport/peer-error.js";
import { Station, type StationOwner } from "../../src/transport/station.js";

/** A station on a hub; its bus is away for the first `away` reads of keys. */
function open(hub: MemoryHub, role: "trainer" | "server", away = 0) {
  const bus = memoryBus(hub);
  const { get } = bus.keys;
  let reads = 0;
  const absent = () => Promise.reject(new PeerError("failed", "timeout"));
  Object.assign(bus.keys, { get: (key: string) => (reads++ < away ? absent() : get(key)) });
  const notes: string[] = [];
  const adopted: string[] = [];
  const owner: StationOwner = {
    compute: absent,
    adopt: async ({ object }: SnapshotRef) => void adopted.push(object),
    lost: (holder) => notes.push(`lost to ${holder}`),
    note: (message) => notes.push(message),
  };
  const identity = { run: "r", role, module: "depth", instance: role };
  return { station: new Station(bus, { identity }, owner), notes, adopted };
}

test("a process that starts waits for a bus that is away, and says so once", async () => {
  const hub = new MemoryHub();
  const trainer = open(hub, "trainer", 2);
  expect(await trainer.station.claim({ tasks: ["depth"] }, "digest")).toBe(1);
  expect(trainer.notes).toEqual(["waiting for the bus: timeout"]);
  const server = open(hub, "server", 1);
  expect(await server.station.descriptions(["depth"], 0)).toEqual({ depth: { tasks: ["depth"] } });
  expect(server.notes).toEqual(["waiting for the bus: timeout"]);
  for (const { station } of [trainer, server]) await station.close();
});

test("whom it waits for is said when that changes, however often it is asked", async () => {
  const server = open(new MemoryHub(), "server");
  for (let i = 0; i < 3; i++) expect(await server.station.descriptions(["depth", "normals"], 0)).toBeNull();
  await server.station.descriptions(["normals"], 0);
  expect(server.notes).toEqual(["waiting for depth, normals", "waiting for normals"]);
  await server.station.close();
});

test("two collectives of one name do not mix", async () => {
  const hub = new MemoryHub();
  const first = open(hub, "trainer");
  await first.station.claim([], "one");
  await expect(open(hub, "trainer").station.claim([], "another")).rejects.toMatchObject({
    reason: "mismatch",
  });
  await first.station.close();
});

test("a server takes over what the pointer names, also of a life that is counted anew", async () => {
  const hub = new MemoryHub();
  const trainer = open(hub, "trainer");
  await trainer.station.claim([], "digest");
  await trainer.station.publish(5, new Uint8Array([1]));
  const server = open(hub, "server");
  await server.station.serve();
  const seen = async (count: number) => {
    for (let tries = 0; server.adopted.length < count && tries < 1000; tries++) {
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  await seen(1);
  await trainer.station.close();
  // The bus loses all; the next trainer knows nothing of the one before.
  hub.keys.clear();
  hub.blobs.get("depth")!.clear();
  const next = open(hub, "trainer");
  expect(await next.station.claim([], "digest")).toBe(1);
  await next.station.publish(0, new Uint8Array([2]));
  await seen(2);
  expect(server.adopted).toEqual(["1-1", "1-1"]);
  for (const { station } of [next, server]) await station.close();
});

test("a process whose main thread is held up is heard all the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tl-"));
  const owner: StationOwner = {
    ...{ compute: () => Promise.reject(new Error("asks nobody")), adopt: async () => undefined },
    ...{ lost: () => undefined, note: () => undefined },
  };
  const identity = { run: "r", role: "trainer", module: "depth", instance: "i" } as const;
  const station = await openStation({ kind: "local", folder }, { identity }, owner);
  const file = join(folder, "beats/trainer.depth.i.json");
  const beats = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).beat : 0);
  while (beats() === 0) await new Promise((done) => setTimeout(done, 20));
  const before = beats();
  const until = performance.now() + 60_000;
  // No turn of this thread's loop.
  while (beats() < before + 3 && performance.now() < until)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  expect(beats()).toBeGreaterThanOrEqual(before + 3);
  await station.close();
  rmSync(folder, { recursive: true, force: true });
});
