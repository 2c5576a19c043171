import { describe, expect, test } from "vitest";
import { publishSurely, RefreshSchedule, Uploads } from "../../src/collective/remote/publishing.js";
import { UserError } from "../../src/common/errors.js";
import { PeerError, type PeerReason } from "../../src/transport/peer-error.js";

/** Uploads whose publishing ends as `outcome` says, and what was told. */
function uploads(outcome: (step: number) => Promise<void>) {
  const told: { errors: unknown[]; notes: string[] } = { errors: [], notes: [] };
  const publish = async (step: number) => {
    await outcome(step);
    return undefined as never;
  };
  const listener = {
    onError: (error: unknown) => void told.errors.push(error),
    note: (message: string) => void told.notes.push(message),
  };
  return { ...told, uploads: new Uploads({ publish }, listener) };
}

const NONE = new Uint8Array();

test("of the weights that wait for an upload the latest leave, the others are counted", async () => {
  const steps: number[] = [];
  const { uploads: some } = uploads(async (step) => void steps.push(step));
  for (const step of [1, 2, 3, 4]) some.add(step, NONE);
  await some.settled();
  expect(steps).toEqual([1, 4]);
  expect(some.dropped).toBe(2);
});

test.each<[string, PeerReason | null, boolean]>([
  ["a broker that does not answer", "failed", false],
  ["an upload that takes too long", "deadline", false],
  ["another trainer of the module", "conflict", true],
  ["an error that nobody expected", null, true],
])("%s (%s) ends training: %s", async (_, reason, ends) => {
  const error = reason === null ? new Error("bug") : new PeerError(reason, "so it is");
  const {
    uploads: some,
    errors,
    notes,
  } = uploads(async (step) => {
    if (step === 1) throw error;
  });
  some.add(1, NONE);
  await some.settled();
  expect(errors).toEqual(ends ? [error] : []);
  expect(notes).toEqual(ends ? [] : ["warning: the weights of step 1 were not published: so it is"]);
  // What comes after it is tried all the same.
  some.add(2, NONE);
  await some.settled();
  expect([...errors, ...notes]).toHaveLength(1);
});

test.each([
  [{ steps: 3 }, [0, 3, 6]],
  [{ steps: 0 }, [0, 1, 2, 3, 4, 5, 6]],
  [{ steps: 0, seconds: 2 }, [0, 2, 4, 6]],
])("at a second a step, a refresh by %o is due at %o", (refresh, due) => {
  let now = 0;
  const schedule = new RefreshSchedule(refresh, () => now);
  const found = [0, 1, 2, 3, 4, 5, 6].filter((step) => {
    now = step * 1000;
    return schedule.due(step);
  });
  expect(found).toEqual(due);
});

describe("weights that peers wait for", () => {
  /** Publishes where the first tries fail by these reasons. */
  async function published(reasons: (PeerReason | null)[], patienceMs: number, signal?: AbortSignal) {
    const bytes = new Uint8Array([1, 2, 3]);
    const [sent, notes]: [unknown[], string[]] = [[], []];
    const publish = async (step: number, given: Uint8Array, end?: number) => {
      sent.push([step, [...given], end]);
      // What is handed over to another thread is gone here.
      structuredClone(given, { transfer: [given.buffer as ArrayBuffer] });
      const reason = reasons[sent.length - 1];
      if (reason === null) throw new TypeError("bug");
      if (reason !== undefined) throw new PeerError(reason, "away");
      return undefined as never;
    };
    const note = (message: string) => void notes.push(message);
    const error = await publishSurely(
      { publish },
      { step: 4, bytes, end: 9 },
      { patienceMs, signal, note },
    ).catch((thrown: unknown) => thrown);
    return { sent, notes, error };
  }

  test("are sent whole until they get there, and one warning says so", async () => {
    const { sent, notes, error } = await published(["failed", "deadline"], 60_000);
    expect(error).toBeUndefined();
    expect(sent).toEqual(new Array(3).fill([4, [1, 2, 3], 9]));
    expect(notes).toEqual(["warning: step 4 waits for the bus, 60 s at most: away"]);
  });

  test.each([
    ["the time is over", 0, undefined],
    ["the run is to end", 60_000, AbortSignal.abort()],
  ])("end the run in one message where %s", async (_, patienceMs, signal) => {
    const { error } = await published(["failed", "failed"], patienceMs, signal);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).facts).toMatchObject({ code: "bus.unpublished" });
    expect((error as UserError).message).toContain("the weights of step 4 could not be published: away");
  });

  test("are given up at once where another process trains the module, or by a bug", async () => {
    expect((await published(["conflict"], 60_000)).error).toMatchObject({ reason: "conflict" });
    expect((await published([null], 60_000)).error).toBeInstanceOf(TypeError);
  });
});
