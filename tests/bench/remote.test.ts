import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { readSuite, runSuite, runSuiteRemotely, workOnSuites } from "../../src/bench/index.js";
import { packFolder, unpackFolder } from "../../src/bench/remote/packed-folder.js";
import { openQueue } from "../../src/bench/remote/queue.js";
import { parseBusAddress } from "../../src/transport/index.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const command = [process.execPath, resolve("tests/bench/fake-taskloom.mjs")];
let broker: TestBroker | undefined;
let folder: string;
beforeAll(async () => {
  if (hasBroker) broker = await startBroker();
});
afterAll(() => broker?.stop());
beforeEach(() => {
  folder = scratchFolder();
  vi.stubEnv("JOURNAL", join(folder, "journal"));
});
afterEach(() => vi.unstubAllEnvs());

test.runIf(hasBroker)(
  "a suite over workers gives the results of the same suite here, also where one dies",
  async () => {
    const method = { name: "supervised" };
    const file = join(folder, "suite.yaml");
    const methods = { a: { method, steps: 10 }, b: { method, steps: 8 }, bad: { method, steps: 13 } };
    writeFileSync(file, stringify({ base: { data: { path: "data" } }, methods, seeds: [0], baseline: "a" }));
    const suite = await readSuite(file);
    const here = await runSuite(suite, { out: join(folder, "here"), command });

    const address = parseBusAddress(broker!.url);
    const silenceS = 1;
    // Takes a run and is never heard again.
    const dead = await openQueue(address, silenceS);
    const there = runSuiteRemotely(suite, { out: join(folder, "there"), address, file, silenceS });
    let taken: Awaited<ReturnType<typeof dead.take>>;
    while (taken === undefined) taken = await dead.take();
    const over = new AbortController();
    const workers = ["w1", "w2"].map((name) =>
      workOnSuites({ address, out: join(folder, name), command, signal: over.signal, silenceS }),
    );
    const result = await there;
    over.abort();
    await Promise.all(workers);
    await dead.close();
    expect(result.failed).toEqual(["bad/seed-0"]);
    const plain = (results: unknown) =>
      JSON.parse(
        JSON.stringify(results, (key, value) => (/finished|machine|failedAt/i.test(key) ? 0 : value)),
      );
    expect(plain(result.results)).toEqual(plain(here.results));
    // Once more: nothing is left to do, and nobody has to be there.
    const again = await runSuiteRemotely(suite, {
      ...{ out: join(folder, "there"), only: "a", address, file, silenceS },
    });
    expect(again.failed).toEqual([]);
  },
);

describe("a packed folder", () => {
  test("comes back whole, without locks", async () => {
    const from = join(folder, "from");
    mkdirSync(join(from, "run/checkpoints"), { recursive: true });
    writeFileSync(join(from, "run.json"), "{}");
    writeFileSync(join(from, ".lock"), "me");
    writeFileSync(join(from, "run/checkpoints/last"), new Uint8Array([0, 1, 2]));
    const to = join(folder, "to");
    const packed = await packFolder(from);
    await unpackFolder(packed, to);
    expect(Buffer.from(await packFolder(to))).toEqual(Buffer.from(packed));
    expect(Buffer.from(packed).includes(".lock")).toBe(false);
    for (const length of [0, 3, 10, packed.length - 1]) {
      const { facts } = await userError(() => unpackFolder(packed.subarray(0, length), to));
      expect(facts.code).toBe("bench.damaged-folder");
    }
  });

  test.each(["../x", "/x", "a/../../x", "a\\b", "a//b"])(
    "that leads elsewhere (%s) is refused",
    async (path) => {
      const index = Buffer.from(JSON.stringify([{ path, bytes: 0 }]));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(index.length);
      const { facts } = await userError(() =>
        unpackFolder(Buffer.concat([length, index]), join(folder, "to")),
      );
      expect(facts.what).toContain("leads elsewhere");
    },
  );
});
