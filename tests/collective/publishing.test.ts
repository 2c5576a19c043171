import { expect, test } from "vitest";
import { RefreshSchedule, Uploads } from "../../src/collective/remote/publishing.js";
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
