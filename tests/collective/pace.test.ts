import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseCollective } from "../../src/collective/config.js";
import { leadOf, Pace } from "../../src/collective/remote/pace.js";

/** A pace whose peers are heard at these steps, look by look; the last stays. */
function paced(lead: number, looks: readonly (readonly number[])[], signal?: AbortSignal) {
  let looked = 0;
  const stepsOf = async () => [...looks[Math.min(looked++, looks.length - 1)]];
  const pace = new Pace({ station: { stepsOf }, peers: ["depth", "normals"], lead, signal });
  return { pace, looked: () => looked };
}

test.each<[string, number, number, number[][], number]>([
  ["the slowest is near enough", 5, 3, [[2, 9]], 1],
  [
    "it catches up",
    5,
    3,
    [
      [0, 9],
      [1, 9],
      [2, 9],
    ],
    3,
  ],
  ["nobody is heard", 5, 3, [[]], 1],
  ["it dies meanwhile", 5, 3, [[0], [0], []], 3],
  ["it has ended", 5, 0, [[10]], 1],
  ["it may be as far ahead as it likes", 5, Number.POSITIVE_INFINITY, [[0]], 0],
])("takes a step once %s", async (_, step, lead, looks, times) => {
  const { pace, looked } = paced(lead, looks);
  await pace.wait(step);
  expect(looked()).toBe(times);
});

test("looks again only where what it knows does not suffice", async () => {
  const { pace, looked } = paced(10, [[0], [7]]);
  for (let step = 0; step <= 10; step++) await pace.wait(step);
  expect(looked()).toBe(1);
  await pace.wait(11);
  expect(looked()).toBe(2);
});

test("does not wait once the run is to end", async () => {
  const ending = new AbortController();
  const { pace } = paced(1, [[0]], ending.signal);
  setTimeout(() => ending.abort(), 20);
  await pace.wait(100);
});

test("two that keep to it are never further apart than it says, and both get to their end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      async (lead, turns) => {
        const steps = [0, 0];
        const paces = [1, 0].map(
          (other) => new Pace({ station: { stepsOf: async () => [steps[other]] }, peers: ["other"], lead }),
        );
        for (const turn of turns) {
          const mine = turn ? 1 : 0;
          // Would wait: the other one's turn.
          const able = steps[mine] - steps[1 - mine] <= lead ? mine : 1 - mine;
          await paces[able].wait(steps[able]++);
          expect(Math.abs(steps[0] - steps[1])).toBeLessThanOrEqual(lead + 1);
        }
      },
    ),
    { numRuns: 30 },
  );
});

const NEVER = Number.POSITIVE_INFINITY;
test.each([
  ["nothing is said", {}, { depth: NEVER, normals: 20 }],
  ["a limit is set", { bus: { maxLeadSteps: 7 } }, { depth: 7, normals: 7 }],
  ["none is wanted", { bus: { maxLeadSteps: null } }, { depth: NEVER, normals: NEVER }],
  ["all wait anyhow", { staleness: { steps: 0 } }, { depth: NEVER, normals: NEVER }],
])("a module without labels keeps near its peers unless told otherwise: %s", (_, more, expected) => {
  const world = { world: "rooms", train: 1, val: 1, test: 1, size: [32, 32] };
  const module = (task: string, data: unknown) => ({
    tasks: [task],
    model: { name: "segnet", width: 2 },
    data,
  });
  const config = parseCollective(
    stringify({
      ...{ mediator: { data: world }, constraints: [{ name: "depth-normals" }], steps: 1 },
      modules: { depth: module("depth", world), normals: module("normals", "none") },
      ...{ staleness: { steps: 5 }, ...more },
    }),
    "c.yaml",
  );
  expect(Object.fromEntries(config.modules.map((each) => [each.name, leadOf(config, each)]))).toEqual(
    expected,
  );
});
