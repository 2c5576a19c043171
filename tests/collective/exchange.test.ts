import { expect, test } from "vitest";
import { Exchange, type ExchangeOptions } from "../../src/collective/remote/exchange.js";
import { imageNames, inputCrc } from "../../src/collective/remote/snapshot-arrays.js";
import type { Batch } from "../../src/data/types.js";
import type { ForwardRequest } from "../../src/transport/messages.js";
import { PeerError } from "../../src/transport/peer-error.js";
import { type PeerAnswer, sharedNow } from "../../src/transport/station.js";
import { encodeTensor } from "../../src/transport/tensor-codec.js";

const BUS: ExchangeOptions["bus"] = {
  ...{ prefetch: 1, waitMs: 30, acceptMs: 300, idleMs: 2000, startWaitS: 60 },
  ...{ maxSkippedFraction: 0.2, onSkipped: "stop" },
};
const [IMAGE] = imageNames(1);
const BATCH = {
  arrays: { [IMAGE]: { data: Float32Array.of(1, 2, 3), shape: [1, 3, 1, 1] } },
  drawn: { main: [{ id: "a" }] },
} as unknown as Batch;
const OUTPUT = "peer.depth.frame0";

/** What a server of depth answers. */
const answer = (more: Partial<PeerAnswer["reply"]> = {}, heardStep = 7): PeerAnswer => ({
  reply: {
    ...{ kind: "reply", id: "r", servedBy: "one", queueMs: 0, computeMs: 1, ageMs: 500 },
    snapshot: {
      ...{ module: "depth", incarnation: 1, seq: 1, step: 5, object: "1-1", sha256: "", bytes: 0 },
      publishedAt: 0,
    },
    inputCrc: inputCrc(BATCH.arrays, [IMAGE]),
    ...more,
  },
  tensors: { [OUTPUT]: encodeTensor(Float32Array.of(9), [1, 1, 1, 1], "f32") },
  ...{ bytes: 100, heardStep, arrivedAt: sharedNow() },
});

function exchange(
  ask: (request: ForwardRequest, deadlineMs: number) => Promise<PeerAnswer>,
  changes: Partial<ExchangeOptions> = {},
  digests: (string | null)[] = ["d"],
) {
  const asked: { request: ForwardRequest; sent: string[]; deadlineMs: number }[] = [];
  const notes: string[] = [];
  const made = new Exchange(
    {
      station: {
        ask: (request, tensors, deadlineMs) => {
          asked.push({ request, sent: Object.keys(tensors), deadlineMs });
          return ask(request, deadlineMs);
        },
        digestsOf: async () => digests,
      },
      peers: [{ module: "depth", frozen: false, outputs: [OUTPUT] }],
      ...{ bus: BUS, lockStep: false, frames: 1, digest: "d", caller: "me/1" },
      ...changes,
    },
    (message) => notes.push(message),
  );
  return { take: (step: number) => made.ask(BATCH, step)(), asked, notes };
}

test("an answer joins the batch, with how old it is", async () => {
  const { take, asked } = exchange(async () => answer());
  const { arrays, stale, skipped, bytes } = await take(3);
  expect(arrays[OUTPUT].data).toEqual(Float32Array.of(9));
  expect(arrays[IMAGE]).toBe(BATCH.arrays[IMAGE]);
  expect(stale.depth.steps).toBe(2);
  expect(stale.depth.seconds).toBeGreaterThanOrEqual(0.5);
  expect([skipped, bytes]).toEqual([[], 100]);
  expect(asked[0].request).toMatchObject({ samples: ["a"], codec: { [OUTPUT]: "f16" }, minStep: null });
  // The images are there as well: names are enough.
  expect(asked[0].sent).toEqual([]);
  await take(4);
  // The first time everybody may still be starting.
  expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([60_000, 30]);
});

test("pixels go along to a server that has not the same images", async () => {
  const { take, asked } = exchange(async () => answer(), {}, ["d", null]);
  await take(0);
  expect(asked[0].sent).toEqual([IMAGE]);
});

test("lock-step asks for the weights of this very step, and hears when all stop", async () => {
  const snapshot = { ...answer().reply.snapshot, end: 12 };
  const { take, asked } = exchange(async () => answer({ snapshot }), { lockStep: true });
  expect((await take(5)).end).toBe(12);
  expect(asked[0].request).toMatchObject({ minStep: 5, maxStep: 5, codec: { [OUTPUT]: "f32" } });
});

test("a peer that is fed other images is told of once, and never asked again", async () => {
  const { take, asked, notes } = exchange(async () => answer({ inputCrc: 1 }));
  for (let step = 0; step < 3; step++) {
    const { arrays, skipped } = await take(step);
    expect(skipped).toEqual([{ peer: "depth", reason: "mismatch" }]);
    expect(arrays).toEqual(BATCH.arrays);
  }
  expect([asked.length, notes.length]).toEqual([1, 1]);
  expect(notes[0]).toContain("one feeds depth other images");
});

test.each([
  [{ maxStaleSteps: 1 }, ["stale"]],
  [{ maxStaleSteps: 2 }, []],
  [{ maxStaleSeconds: 0.4 }, ["stale"]],
  [{ maxStaleSeconds: 40 }, []],
])("at %o answers of weights 2 steps and half a second old are skipped as %o", async (limits, reasons) => {
  const { take } = exchange(async () => answer(), { bus: { ...BUS, ...limits } });
  const { arrays, skipped } = await take(0);
  expect(skipped.map(({ reason }) => reason)).toEqual(reasons);
  expect(OUTPUT in arrays).toBe(reasons.length === 0);
});

test("what nobody answered is skipped by its reason; other errors are not", async () => {
  const silent = exchange(() => Promise.reject(new PeerError("silent", "no word")));
  expect((await silent.take(0)).skipped).toEqual([{ peer: "depth", reason: "silent" }]);
  const broken = exchange(() => Promise.reject(new TypeError("bug")));
  await expect(broken.take(0)).rejects.toThrow("bug");
});

test.each([
  ["before", 0],
  ["after", 20],
])("a run that is to end waits for no peer any more: told %s it asked", async (_, ms) => {
  const stop = new AbortController();
  if (ms === 0) stop.abort();
  else setTimeout(() => stop.abort(), ms);
  const { take } = exchange(() => new Promise(() => undefined), { signal: stop.signal });
  expect((await take(0)).skipped).toEqual([{ peer: "depth", reason: "deadline" }]);
});
