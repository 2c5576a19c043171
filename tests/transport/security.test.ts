import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BusAddress } from "../../src/transport/address.js";
import { parseBusAddress } from "../../src/transport/address.js";
import { Lease } from "../../src/transport/lease.js";
import type { Heartbeat } from "../../src/transport/messages.js";
import { hearAll, inboxOf, natsBus } from "../../src/transport/nats-bus.js";
import { connectNats, natsPackages } from "../../src/transport/nats-client.js";
import { initSecurity } from "../../src/transport/security/init.js";
import { fetchSnapshot, Publisher, pointerOf } from "../../src/transport/snapshots.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";
import { userError } from "../helpers/folder.js";

let scratch: string;
let secured: string;
let broker: TestBroker | undefined;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "taskloom-"));
  secured = join(scratch, "security");
  await initSecurity(secured, { run: "r", modules: ["depth", "normals"], hosts: ["localhost", "127.0.0.1"] });
  const text = readFileSync(join(secured, "broker/broker.conf"), "utf8");
  const rest = text.split("\n").filter((line) => !/^(port|jetstream)\b/.test(line));
  if (hasBroker) broker = await startBroker(rest.join("\n"));
});
afterAll(async () => {
  await broker?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

type Nats = Extract<BusAddress, { kind: "nats" }>;
const addressOf = (role: string) =>
  parseBusAddress(broker!.url, { credentials: join(secured, role) }) as Nats;

/** What the broker says to a role that publishes or subscribes. */
async function told(
  role: string,
  act: "publish" | "subscribe",
  subjects: readonly string[],
): Promise<string[]> {
  const [kind, module = ""] = role.split("-");
  const inbox = inboxOf({ role: kind as "trainer", module });
  const nc = await connectNats(await natsPackages(), addressOf(role), inbox);
  const denied: string[] = [];
  const listening = (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error")
        denied.push(/"([^"]+)"/.exec(String(status.error))?.[1] ?? String(status.error));
    }
  })();
  for (const subject of subjects) {
    if (act === "publish") nc.publish(subject);
    else nc.subscribe(subject, { callback: () => undefined });
  }
  await nc.flush();
  await nc.flush();
  await nc.close();
  await listening;
  return denied;
}

test("addresses: this machine is open, others only with credentials or where told", () => {
  for (const open of ["nats://127.0.0.1:4222", "nats://localhost", "nats://[::1]:1", "local:/tmp/x"]) {
    expect(() => parseBusAddress(open)).not.toThrow();
  }
  const code = (text: string, options = {}) => {
    try {
      parseBusAddress(text, options);
      return "open";
    } catch (error) {
      return (error as { facts: { code: string } }).facts.code;
    }
  };
  expect(code("nats://gpu1:4222")).toBe("bus.insecure");
  expect(code("nats://127.0.0.1:4222,nats://10.0.0.1:4222")).toBe("bus.insecure");
  expect(code("nats://127.0.0.1.example.org")).toBe("bus.insecure");
  expect(code("nats://gpu1:4222", { insecure: true })).toBe("open");
  expect(code("nats://gpu1:4222", { credentials: "x" })).toBe("open");
  expect(code("nats://me:secret@127.0.0.1:4222")).toBe("bus.secret-in-address");
  for (const wrong of ["http://127.0.0.1", "127.0.0.1:4222", "", "local:"])
    expect(code(wrong)).toBe("bus.address");
});

test("keys are their owner's to read, and no folder is written over", async () => {
  for (const file of ["ca.key", "broker/key.pem", "trainer-depth/user.nk", "server-depth/key.pem"]) {
    expect(statSync(join(secured, file)).mode & 0o077, file).toBe(0);
  }
  const again = await userError(() => initSecurity(secured, { run: "r", modules: [], hosts: [] }));
  expect(again.facts.code).toBe("security.exists");
});

describe.runIf(hasBroker)("on a secured broker", () => {
  test("a trainer publishes, a server fetches and answers, the trainer of a peer asks", async () => {
    const bus = (role: "trainer" | "server", module: string) =>
      natsBus(addressOf(`${role}-${module}`), { run: "r", role, module, instance: "i" });
    const [depth, server, normals] = [
      await bus("trainer", "depth"),
      await bus("server", "depth"),
      await bus("trainer", "normals"),
    ];
    // A server may come first; it makes nothing, which it has no right to.
    expect(await server.keys.get("lease.depth")).toBeNull();
    expect(await server.blobs("depth").list()).toEqual([]);
    await depth.keys.put("run", {}, 0);
    const options = { module: "depth", holder: "h:1", description: [], onLost: () => undefined };
    const lease = await Lease.claim(depth, options);
    const publisher = new Publisher(depth, "depth", lease.incarnation);
    await publisher.tidy();
    const bytes = new Uint8Array(700_000).fill(7);
    for (let step = 0; step < 4; step++) await publisher.publish(step, bytes);
    const ref = (await pointerOf(server, "depth"))!;
    expect(ref.seq).toBe(4);
    expect((await fetchSnapshot(server, ref)).length).toBe(bytes.length);
    await server.serve("depth", "i", async (frame) => frame);
    const heartbeat: Heartbeat = {
      ...{
        protocol: 1,
        version: "0",
        role: "server",
        module: "depth",
        instance: "i",
        beat: 1,
        snapshot: ref,
      },
      ...{ step: 0, queue: 0, busyMs: 0, digest: null, skipped: 0, stale: {} },
    };
    const heard = new Promise((done) => normals.onBeat(done));
    await new Promise((done) => setTimeout(done, 100));
    const everybody = hearAll(addressOf("observer"), 1000);
    const beating = setInterval(() => server.beat(heartbeat), 100);
    expect([...(await everybody)]).toMatchObject([["r", [{ instance: "i" }]]]);
    clearInterval(beating);
    const denied = await userError(() => hearAll(addressOf("server-depth"), 300));
    expect(denied.facts.code).toBe("bus.refused");
    expect(await heard).toMatchObject({ instance: "i" });
    const signal = AbortSignal.timeout(10_000);
    const reply = await normals.call(heartbeat, new Uint8Array([1, 2]), { signal, heard: () => undefined });
    expect([...reply]).toEqual([1, 2]);
    await lease.release();
    for (const each of [depth, server, normals]) await each.close();
  });

  test.each([
    [
      "trainer-depth",
      ["$KV.TL_r.ptr.normals", "$KV.TL_r.lease.normals", "$O.TL_r_normals.C.x", "tl.r.hb.server.depth.i"],
      ["tl.r.fp.depth.i", "_INBOX.trainer-normals.>", "$KV.>", "tl.other.hb.>"],
    ],
    [
      "server-depth",
      [
        "$KV.TL_r.ptr.depth",
        "$KV.TL_r.lease.depth",
        "$O.TL_r_depth.C.x",
        "tl.r.fp.depth.i",
        "tl.r.hb.trainer.depth.i",
      ],
      ["tl.r.fp.normals.i", "tl.r.hb.trainer.normals.i", "_INBOX.>"],
    ],
    ["observer", ["tl.r.hb.trainer.depth.i", "$KV.TL_r.run"], ["tl.r.fp.>", "_INBOX.>"]],
    ["bench", ["tl.r.hb.trainer.depth.i", "$KV.TL_r.run"], ["tl.r.hb.>", "_INBOX.>"]],
  ])("%s cannot overstep", async (role, publish, subscribe) => {
    const administration = [
      "$JS.API.STREAM.DELETE.KV_TL_r",
      "$JS.API.STREAM.PURGE.KV_TL_r",
      "$JS.API.STREAM.LIST",
    ];
    const all = [...publish, ...administration];
    expect((await told(role, "publish", all)).sort()).toEqual(all.sort());
    expect((await told(role, "subscribe", subscribe)).sort()).toEqual([...subscribe].sort());
  });

  test("nobody gets in without credentials", async () => {
    const open = parseBusAddress(broker!.url) as Nats;
    const { facts } = await userError(async () => connectNats(await natsPackages(), open, "_INBOX.x"));
    expect(facts.code).toMatch(/^bus\.(refused|unreachable)$/);
  });
});
