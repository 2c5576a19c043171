import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BusAddress } from "../../src/transport/address.js";
import { Asker, type AskLimits } from "../../src/transport/ask.js";
import type { Bus, FrameHandler } from "../../src/transport/bus.js";
import { Lease } from "../../src/transport/lease.js";
import { localBus } from "../../src/transport/local-bus.js";
import { MemoryHub, memoryBus } from "../../src/transport/memory-bus.js";
import type { ForwardRequest, Heartbeat, SnapshotRef } from "../../src/transport/messages.js";
import { type BusIdentity, natsBus } from "../../src/transport/nats-bus.js";
import { PeerError } from "../../src/transport/peer-error.js";
import { type Computed, forwardService } from "../../src/transport/service.js";
import { fetchSnapshot, Publisher, pointerOf } from "../../src/transport/snapshots.js";
import { decodeTensor, encodeTensor } from "../../src/transport/tensor-codec.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";

const REF: SnapshotRef = {
  ...{
    module: "depth",
    incarnation: 1,
    seq: 1,
    step: 3,
    object: "1-1",
    sha256: "",
    bytes: 0,
    publishedAt: 0,
  },
};
// Generous: machines that test are busy.
const LIMITS: AskLimits = { acceptMs: 20_000, idleMs: 20_000, tries: 3 };
const REQUEST: ForwardRequest = {
  ...{ kind: "forward", id: "a/1/0/depth", caller: "a", module: "depth", samples: ["x", "y"], codec: {} },
  ...{ minStep: null, maxStep: null },
};

let broker: TestBroker | undefined;
beforeAll(async () => {
  if (hasBroker) broker = await startBroker();
});
afterAll(() => broker?.stop());

interface Kind {
  readonly name: string;
  /** Makes places on one transport; a new transport each time it is called. */
  open(): Promise<{ place(role?: BusIdentity["role"]): Promise<Bus>; end(): void }>;
}

let runs = 0;
const kinds: Kind[] = [
  {
    name: "memory",
    open: async () => {
      const hub = new MemoryHub();
      return { place: async () => memoryBus(hub), end: () => undefined };
    },
  },
  {
    name: "local",
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), "tl-"));
      return { place: () => localBus(folder), end: () => rmSync(folder, { recursive: true, force: true }) };
    },
  },
  {
    name: "nats",
    open: async () => {
      const run = `run-${runs++}`;
      const address = { kind: "nats", servers: [broker!.url] } as Extract<BusAddress, { kind: "nats" }>;
      return {
        place: (role = "trainer") => natsBus(address, { run, role, module: "depth", instance: "me" }),
        end: () => undefined,
      };
    },
  },
];

const heartbeat = (more: Partial<Heartbeat> = {}): Heartbeat => ({
  ...{
    protocol: 1,
    version: "0",
    role: "server",
    module: "depth",
    instance: "one",
    beat: 1,
    snapshot: REF,
    step: 3,
  },
  ...{ queue: 0, busyMs: 0, digest: null, skipped: 0, stale: {} },
  ...more,
});

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let tries = 0; tries < 6000; tries++) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error("it never came");
};

describe.each(kinds)("the transport $name", ({ name, open }) => {
  const needed = name !== "nats" || hasBroker;

  /** Places of a test, with a server that answers by `compute` and beats. */
  async function scene(compute: (request: ForwardRequest) => Promise<Computed>, limits = LIMITS) {
    const transport = await open();
    const buses: Bus[] = [];
    const place = async (role?: BusIdentity["role"]) => {
      const bus = await transport.place(role);
      buses.push(bus);
      return bus;
    };
    const asker = new Asker(await place(), limits);
    const timers: NodeJS.Timeout[] = [];
    /** A server that beats, and is seen by the asker. */
    const serve = async (instance: string, handler: FrameHandler) => {
      const bus = await place("server");
      const { address } = await bus.serve("depth", instance, handler);
      let beat = 0;
      const say = () => bus.beat(heartbeat({ instance, address, beat: beat++ }));
      say();
      timers.push(setInterval(say, 200));
      await until(() => asker.members.servers("depth").some((each) => each.instance === instance));
    };
    await serve("one", forwardService({ module: "depth", instance: "one", compute, ageMs: () => 7 }));
    const end = async () => {
      for (const timer of timers) clearInterval(timer);
      asker.close();
      for (const bus of buses) await bus.close();
      transport.end();
    };
    return { asker, serve, end };
  }

  const computed = (values: Float32Array): Computed => ({
    reply: { snapshot: REF, inputCrc: 5, computeMs: 1 },
    tensors: { out: encodeTensor(values, [values.length], "f32") },
  });

  test.runIf(needed)("carries requests and replies byte for byte, large ones too, many at once", async () => {
    const large = Float32Array.from({ length: 400_000 }, (_, i) => Math.sin(i));
    const seen: ForwardRequest[] = [];
    const { asker, end } = await scene(async (request) => {
      seen.push(request);
      return computed(request.samples.length === 1 ? large : Float32Array.of(request.samples.length));
    });
    const sizes = [1, 2, 3, 4];
    const answers = await Promise.all(
      sizes.map((size) =>
        asker.ask(
          { ...REQUEST, id: `r${size}`, caller: `c${size}`, samples: new Array(size).fill("x") },
          { pixels: encodeTensor(large, [large.length], "f32") },
          { deadlineMs: 60_000 },
        ),
      ),
    );
    expect(Buffer.compare(answers[0].tensors.out.bytes, new Uint8Array(large.buffer))).toBe(0);
    expect(decodeTensor(answers[0].tensors.out)[399_999]).toBe(large[399_999]);
    for (const [i, { reply }] of answers.entries()) {
      expect(reply).toMatchObject({
        id: `r${sizes[i]}`,
        snapshot: REF,
        servedBy: "one",
        inputCrc: 5,
        ageMs: 7,
      });
    }
    expect([...decodeTensor(answers[2].tensors.out)]).toEqual([3]);
    // On a busy machine one may have been asked twice.
    expect([...new Set(seen.map(({ samples }) => samples.length))].sort()).toEqual(sizes);
    await end();
  });

  /** Why a request gets nothing in some time. */
  const reason = async (asker: Asker, changes: Partial<ForwardRequest>, deadlineMs: number) => {
    const result = await asker.ask({ ...REQUEST, ...changes }, {}, { deadlineMs }).catch((error) => error);
    return result instanceof PeerError ? result.reason : result;
  };

  test.runIf(needed)("an asker hears why it got nothing: refusal, silence, deadline, nobody", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    const { asker, end } = await scene(async ({ samples }) => {
      if (samples[0] === "fail") throw new PeerError("gone", "no more");
      if (samples[0] === "slow") await held;
      return computed(Float32Array.of(1));
    });
    expect(await reason(asker, { samples: ["fail"] }, 60_000)).toBe("gone");
    expect(await reason(asker, { module: "normals" }, 100)).toBe("no-server");
    expect(await reason(asker, { minStep: 4 }, 100)).toBe("no-server");
    // Where this process itself was held up, its server may seem to be gone for a moment.
    await until(async () => (await reason(asker, { samples: ["slow"], caller: "b" }, 500)) === "deadline");
    release();
    await end();
  });

  test.runIf(needed)("a server that is silent is left alone, and another one asked", async () => {
    let asked = 0;
    const limits = { acceptMs: 400, idleMs: 20_000, tries: 100 };
    const { asker, serve, end } = await scene(async () => computed(Float32Array.of(1)), limits);
    await serve("dead", () => {
      asked++;
      return new Promise(() => undefined);
    });
    const begun = performance.now();
    for (let i = 0; i < 10; i++) {
      const { reply } = await asker.ask({ ...REQUEST, id: `r${i}` }, {}, { deadlineMs: 60_000 });
      expect(reply.servedBy).toBe("one");
    }
    // Left alone for 2 s, then 4, then 8: however slow this machine is, that much time is between them.
    const passedS = (performance.now() - begun) / 1000;
    expect(2 * (2 ** Math.max(0, asked - 1) - 1)).toBeLessThanOrEqual(passedS);
    await end();
  });

  test.runIf(needed)("a server refuses more than it can hold, and nobody is blamed for it", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    const { asker, end } = await scene(async () => {
      await held;
      return computed(Float32Array.of(1));
    });
    const asks = [0, 1].map((i) =>
      asker.ask({ ...REQUEST, id: `r${i}`, samples: [`s${i}`] }, {}, { deadlineMs: 60_000 }),
    );
    await until(async () => (await reason(asker, { id: "r2", samples: ["s2"] }, 200)) === "busy");
    asks.push(asker.ask({ ...REQUEST, id: "r3", samples: ["s3"] }, {}, { deadlineMs: 60_000 }));
    release();
    expect((await Promise.all(asks)).map(({ reply }) => reply.servedBy)).toEqual(["one", "one", "one"]);
    await end();
  });

  test.runIf(needed)("keys change by comparing: one of two writers wins", async () => {
    const transport = await open();
    const [a, b] = [await transport.place(), await transport.place()];
    expect(await a.keys.get("ptr.depth")).toBeNull();
    const first = await a.keys.put("ptr.depth", { n: 1 }, 0);
    await expect(b.keys.put("ptr.depth", { n: 2 }, 0)).rejects.toMatchObject({ reason: "conflict" });
    expect(await b.keys.get("ptr.depth")).toEqual({ value: { n: 1 }, revision: first });
    const results = await Promise.allSettled([a, b].map((bus, n) => bus.keys.put("ptr.depth", { n }, first)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const bus of [a, b]) await bus.close();
    transport.end();
  });

  test.runIf(needed)(
    "snapshots: the pointer names whole ones only, old ones go, damage is found",
    async () => {
      const transport = await open();
      const [a, b] = [await transport.place(), await transport.place()];
      const publisher = new Publisher(a, "depth", 1);
      await publisher.tidy();
      const bytes = Uint8Array.from({ length: 1_200_000 }, (_, i) => i % 251);
      const ref = await publisher.publish(0, bytes);
      expect(await pointerOf(b, "depth")).toEqual(ref);
      expect(Buffer.compare(await fetchSnapshot(b, ref), bytes)).toBe(0);
      await expect(fetchSnapshot(b, { ...ref, sha256: "0" })).rejects.toMatchObject({ reason: "corrupt" });
      await expect(fetchSnapshot(b, { ...ref, object: "9-9" })).rejects.toMatchObject({ reason: "gone" });
      for (let step = 1; step < 5; step++) await publisher.publish(step, bytes.subarray(step));
      expect((await b.blobs("depth").list()).sort()).toEqual(["1-3", "1-4", "1-5"]);
      // A later life begins at a lower step, and the life before cannot move the pointer any more.
      const later = new Publisher(b, "depth", 2);
      await later.tidy();
      expect(await b.blobs("depth").list()).toEqual(["1-5"]);
      await later.publish(1, bytes);
      await expect(publisher.publish(9, bytes)).rejects.toMatchObject({ reason: "conflict" });
      expect(await pointerOf(a, "depth")).toMatchObject({ incarnation: 2, seq: 1, step: 1 });
      for (const bus of [a, b]) await bus.close();
      transport.end();
    },
  );

  test.runIf(needed)(
    "a lease has one holder: a living one is not robbed, a silent one is, and finds out",
    async () => {
      const transport = await open();
      const [a, b] = [await transport.place(), await transport.place()];
      const lost: string[] = [];
      // Long before a living one seems dead, however slow this machine is.
      const options = (holder: string, expiryMs = 60_000) => ({
        ...{ module: "depth", holder, description: { holder }, times: { renewMs: 100, expiryMs } },
        onLost: (by: string) => lost.push(`${holder} to ${by}`),
      });
      const first = await Lease.claim(a, options("elsewhere:1"));
      await expect(Lease.claim(b, options("there:2"))).rejects.toMatchObject({ reason: "conflict" });
      await first.release();
      const second = await Lease.claim(b, options("there:2"));
      expect([first.incarnation, second.incarnation]).toEqual([1, 2]);
      // Silent, as a process that is stopped: its writes do not come through.
      const put = b.keys.put;
      Object.assign(b.keys, { put: () => Promise.reject(new PeerError("failed", "no way out")) });
      let third: Lease | undefined;
      // A renewal that was on its way may still come through: it lives a little longer.
      await until(async () => {
        third = await Lease.claim(a, options("elsewhere:3", 500)).catch(() => undefined);
        return third !== undefined;
      });
      expect(third?.incarnation).toBe(3);
      Object.assign(b.keys, { put });
      await until(() => lost.length > 0);
      expect(lost).toEqual(["there:2 to elsewhere:3"]);
      await third?.release();
      for (const bus of [a, b]) await bus.close();
      transport.end();
    },
  );
});
