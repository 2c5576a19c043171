/**
 * @file A trainer against a loop written out by hand: which step number, rate, noise, ramp and batch each
 * update sees.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Random } from "../../src/common/random.js";
import { add, mul, reduceMean, reduceSum, square, sub } from "../../src/graph/index.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { observedMean } from "../../src/methods/observed.js";
import { segnet } from "../../src/models/segnet.js";
import { ones, zeros } from "../../src/nn/initializers.js";
import { sgd } from "../../src/nn/optimizers/sgd.js";
import { gateInput } from "../../src/nn/step-input.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import type { StepPlan } from "../../src/step/plan.js";
import { runSession, type Turn } from "../../src/step/session.js";
import { type StepResult, Trainer } from "../../src/step/trainer.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { stepPlan } from "../helpers/plan.js";

const SEED = 11;
const RAMP = { rampFrom: 1, rampUp: 4 };
const GATE_EVERY = 3;
const tasks = resolveTasks({ depth: { kind: "depth" } });

/**
 * Of m, the mean of the batch's images, and n, a random number a batch: (w - m - n)² under the objective
 * `depth`, u² by a ramp, and 3 u in every third step. w is the network's, u a helper's in a group of its own.
 */
const method: MethodDefinition = {
  name: "by-hand",
  options: z.strictObject({}),
  groups: () => [{ name: "slow", optimizer: sgd(), learningRate: 0.01 }],
  build(context) {
    const w = context.scope.parameter("w", [], zeros);
    const u = context.helper("beside").inGroup("slow").parameter("u", [], ones);
    const noise = context.noise({ name: "noise", shape: [], distribution: "normal" });
    const { labelled } = context.labels(tasks[0]);
    const error = square(sub(w, add(reduceMean(context.image()), noise)));
    const gate = gateInput("third", ({ step }) => step % GATE_EVERY === 0);
    return {
      terms: [
        {
          name: "fit",
          value: error,
          weight: 0.5,
          objective: "depth",
          observed: observedMean(error, reduceSum(labelled)),
        },
        { name: "grow", value: square(u), weight: 2, ramp: RAMP },
        { name: "pull", value: mul(u, 3), weight: 1, gate },
      ],
    };
  },
};

function planOf(further: Partial<StepPlan>): StepPlan {
  const base = { tasks, network: segnet({ width: 2 }), batchSize: 1, size: [32, 32] as const, seed: SEED };
  const schedule = { name: "step", every: 2, factor: 0.5 } as const;
  return stepPlan(method, {}, { ...base, learningRate: 0.1, schedule, steps: 8, ...further });
}

/** Batch number n is grey of value n / 10; every second one is labelled. */
function source() {
  let n = 0;
  return {
    next: async () => {
      const value = n / 10;
      const labelled = Float32Array.of(n % 2);
      n++;
      const image = { data: new Float32Array(3 * 32 * 32).fill(value) };
      return { arrays: { image, "depth.labelled": { data: labelled } } };
    },
  };
}

/** The same in double precision. Adam as in its paper, SGD for u. */
function byHand(steps: number, accumulate: number, rates: (step: number) => number) {
  let [w, m, v, u] = [0, 0, 0, 1];
  const losses: Record<string, number | null>[] = [];
  for (let step = 0; step < steps; step++) {
    let [gradW, gradU] = [0, 0];
    const seen = { fit: [] as number[], grow: [] as number[], pull: [] as number[], total: [] as number[] };
    const ramp = step < 1 ? 0 : Math.min((step - 1) / 4, 1);
    const open = step % GATE_EVERY === 0;
    for (let part = 0; part < accumulate; part++) {
      const batch = step * accumulate + part;
      const noise = Math.fround(new Random(SEED, "noise", "noise", batch).normal());
      const error = w - batch / 10 - noise;
      gradW += error / accumulate;
      gradU += (4 * ramp * u + (open ? 3 : 0)) / accumulate;
      if (batch % 2 === 1) seen.fit.push(error ** 2);
      seen.grow.push(u ** 2);
      if (open) seen.pull.push(3 * u);
      seen.total.push(0.5 * error ** 2 + 2 * ramp * u ** 2 + (open ? 3 * u : 0));
    }
    const mean = (values: number[]) =>
      values.length === 0 ? null : values.reduce((sum, value) => sum + value) / values.length;
    losses.push(Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, mean(values)])));
    m = 0.9 * m + 0.1 * gradW;
    v = 0.999 * v + 0.001 * gradW ** 2;
    const t = step + 1;
    w -= (rates(step) * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    u -= 0.1 * rates(step) * gradU;
  }
  return { w, u, losses };
}

const rates = (step: number) => 0.1 * 0.5 ** Math.floor(step / 2);

async function trained(plan: StepPlan, steps: number) {
  const trainer = await Trainer.create(await nodeEngine({ provider: "cpu", threads: 1 }), plan);
  const results: StepResult[] = [];
  const batches = source();
  for (let step = 0; step < steps; step++) results.push(await trainer.step(batches, step));
  const read = async (name: string) => (await trainer.store.read(name))[0];
  const [w, u] = [await read("w"), await read("helper.beside.u")];
  await trainer.release();
  return { w, u, results };
}

describe("a trainer does what the loop by hand does", () => {
  it.each([
    ["one batch a step", 1],
    ["three batches a step", 3],
  ])("%s", async (_name, accumulate) => {
    const wanted = byHand(8, accumulate, rates);
    const got = await trained(planOf({ accumulate }), 8);
    expect(got.w).toBeCloseTo(wanted.w, 4);
    expect(got.u).toBeCloseTo(wanted.u, 4);
    got.results.forEach(({ losses, learningRates, images }, step) => {
      for (const [name, value] of Object.entries(wanted.losses[step])) {
        if (value === null) expect(losses[name], `${name} at ${step}`).toBeNull();
        else expect(losses[name], `${name} at ${step}`).toBeCloseTo(value, 3);
      }
      expect(learningRates.main).toBeCloseTo(rates(step), 12);
      expect(learningRates.slow).toBeCloseTo(0.1 * rates(step), 12);
      expect(images).toBe(accumulate);
    });
  });

  it("goes on from any step as if it had done those before it", async () => {
    const plan = planOf({});
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const [whole, second] = [await Trainer.create(engine, plan), await Trainer.create(engine, plan)];
    const [a, b] = [source(), source()];
    for (let step = 0; step < 5; step++) await whole.step(a, step);
    const names = whole.store.names();
    const saved = await Promise.all(names.map((name) => whole.store.read(name)));
    names.forEach((name, i) => {
      second.store.write(name, whole.store.shape(name), saved[i]);
    });
    for (let n = 0; n < 5; n++) await b.next();
    expect((await second.step(b, 5)).losses).toEqual((await whole.step(a, 5)).losses);
    expect([...(await second.store.read("w"))]).toEqual([...(await whole.store.read("w"))]);
    await whole.release();
    await second.release();
  });
});

describe("a session", () => {
  /** Turns that write down what they are asked for. */
  function recorded(names: readonly string[]) {
    const calls: string[] = [];
    const turns = names.map((module): Turn => {
      const step = async (_batches: unknown, at: number) => {
        calls.push(`${module} ${at}`);
        return { losses: {}, values: {}, learningRates: {}, images: 1 };
      };
      return { module, trainer: { step }, batches: source() };
    });
    return { calls, turns };
  }

  it("takes every turn once a step, in order, with hooks around", async () => {
    const { calls, turns } = recorded(["a", "b"]);
    const done = await runSession(turns, {
      from: 3,
      to: 5,
      hooks: {
        before: (step) => calls.push(`before ${step}`) > 0,
        turned: ({ module }, _result, count) => void calls.push(`turned ${module} ${count}`),
        after: (count) => calls.push(`after ${count}`) > 0,
      },
    });
    expect(done).toBe(5);
    expect(calls).toEqual([
      ...["before 3", "a 3", "turned a 4", "b 3", "turned b 4", "after 4"],
      ...["before 4", "a 4", "turned a 5", "b 4", "turned b 5", "after 5"],
    ]);
  });

  it.each([
    ["before", 2, 2],
    ["after", 2, 2],
  ] as const)("ends where the hook %s says so", async (hook, at, wanted) => {
    const { calls, turns } = recorded(["a"]);
    const done = await runSession(turns, {
      from: 0,
      to: 9,
      hooks: { [hook]: (step: number) => step !== at },
    });
    expect(done).toBe(wanted);
    expect(calls).toEqual(["a 0", "a 1"]);
  });

  it("does nothing where all steps are done", async () => {
    const { calls, turns } = recorded(["a"]);
    expect(await runSession(turns, { from: 4, to: 4, hooks: {} })).toBe(4);
    expect(calls).toEqual([]);
  });
});
