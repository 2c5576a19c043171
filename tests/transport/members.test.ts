import { expect, test } from "vitest";
import { Members } from "../../src/transport/members.js";
import { type Heartbeat, PROTOCOL } from "../../src/transport/messages.js";

const beat = (more: Partial<Heartbeat> = {}): Heartbeat => ({
  ...{ protocol: PROTOCOL, version: "0", role: "server", module: "depth", instance: "one", beat: 1 },
  ...{ snapshot: null, step: 3, queue: 0, busyMs: 0, digest: null, skipped: 0, stale: {} },
  ...more,
});

/** Members whose clock and heartbeats are the test's. */
function members() {
  const clock = { ms: 0 };
  let say: (heartbeat: Heartbeat) => void = () => undefined;
  const bus = {
    onBeat: (listener: typeof say) => {
      say = listener;
      return () => undefined;
    },
  };
  const known = new Members(bus, () => clock.ms);
  return { known, clock, say: (heartbeat: Heartbeat) => say(heartbeat) };
}

test("who has been silent for three heartbeats and a half counts as gone, until it is heard again", () => {
  const { known, clock, say } = members();
  say(beat());
  clock.ms = 1700;
  expect(known.servers("depth").map(({ instance }) => instance)).toEqual(["one"]);
  clock.ms = 1800;
  expect(known.servers("depth")).toEqual([]);
  say(beat({ beat: 2 }));
  expect(known.servers("depth")).toHaveLength(1);
});

test.each<[string, Partial<Heartbeat>]>([
  ["speak another protocol", { protocol: PROTOCOL + 1 }],
  ["spoke an older one", { protocol: PROTOCOL - 1 }],
  ["are of another module", { module: "normals" }],
  ["are trainers", { role: "trainer" }],
])("those that %s are not asked", (_, more) => {
  const { known, say } = members();
  say(beat(more));
  expect(known.servers("depth")).toEqual([]);
  expect(known.all()).toHaveLength(1);
});

test("a module's step is that of its trainer, also once that has ended", () => {
  const { known, clock, say } = members();
  expect(known.stepOf("depth")).toBeUndefined();
  say(beat({ step: 90 }));
  say(beat({ role: "trainer", step: 40 }));
  clock.ms = 100_000;
  expect(known.stepOf("depth")).toBe(40);
});
