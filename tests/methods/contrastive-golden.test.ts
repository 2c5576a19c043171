/** @file Steps of DenseCL, and thereby of MoCo, against PyTorch's (tests/golden/contrastive.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradients, input, relu } from "../../src/graph/index.js";
import { add, mul } from "../../src/graph/ops/arithmetic.js";
import { densecl, type MethodDefinition } from "../../src/methods/index.js";
import { turnLoss } from "../../src/methods/self-supervision/rotation.js";
import type { Network } from "../../src/models/network.js";
import { convLayer } from "../../src/nn/layers.js";
import { sgd } from "../../src/nn/optimizers/sgd.js";
import { gradientsOf } from "../../src/nn/training-graph.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { buildTerms } from "../../src/step/program.js";
import { Trainer } from "../../src/step/trainer.js";
import { stepPlan } from "../helpers/plan.js";
import { wave } from "../helpers/waves.js";

interface Golden {
  readonly temperature: number;
  readonly losses: readonly (readonly [number, number])[];
  readonly "gradients of step 2": Readonly<Record<string, readonly number[]>>;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly keys: Readonly<Record<string, readonly number[]>>;
  readonly memory: Readonly<Record<string, readonly number[]>>;
  readonly owners: readonly number[];
}

const golden = JSON.parse(readFileSync("tests/golden/contrastive.json", "utf8")) as {
  readonly queue: Golden;
  readonly images: Golden;
  readonly turns: { readonly loss: number; readonly gradient: readonly number[] };
};
const [BATCH, CHANNELS, SIZE, SAMPLES, DIMENSION] = [3, 5, [5, 7] as const, 7, 4];
const IMAGES = [
  [4, 0, 6],
  [1, 4, 2],
  [0, 6, 3],
];

/** A 1x1 convolution and ReLU. */
const network: Network = {
  sizeMultiple: 1,
  encode: (layer, x) => ({
    bottleneck: relu(convLayer(layer.child("mix"), x, CHANNELS, { kernel: 1 })),
    skips: [],
  }),
  decode: (_layer, { bottleneck }) => ({ outputs: {}, trunk: bottleneck }),
};

const optionsOf = (memory: string, temperature: number) => ({
  ...{ memory, temperature, momentum: 0.9, dimension: DIMENSION, grid: 3, weight: 1 },
});

const feedsAt = (step: number) => {
  const image = (view: number) => ({
    data: wave(`image ${step} ${view}`, [BATCH, 3, ...SIZE]).map((value) => 0.5 + 0.5 * value),
  });
  return { image: image(0), "view1.image": image(1), index: { data: Float32Array.from(IMAGES[step]) } };
};

const owned = (name: string) => (name.startsWith("mix") ? name : `helper.densecl.${name}`);
const ofKeys = (name: string) =>
  name.startsWith("mix") ? `helper.densecl.keys.${name}` : `helper.densecl.key-heads.${name}`;

/** Rows of unit length. */
function unitRows(rows: Float32Array): Float32Array {
  return rows.map((value, i) => {
    const start = i - (i % DIMENSION);
    return value / Math.hypot(...rows.subarray(start, start + DIMENSION));
  });
}

function expectClose(got: Float32Array, wanted: readonly number[], what: string, tolerance = 2e-5): void {
  expect(got.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs), 1e-3);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - got[i])));
  expect(worst / scale, what).toBeLessThan(tolerance);
}

async function trainerOf(memory: "queue" | "images"): Promise<Trainer> {
  const { temperature, parameters } = golden[memory];
  const plan = stepPlan(densecl, optionsOf(memory, temperature), {
    ...{ tasks: [], network, batchSize: BATCH, size: SIZE, samples: { main: SAMPLES } },
    ...{ optimizer: sgd({ momentum: 0.9, weightDecay: 1e-2 }), learningRate: 0.5, steps: 3 },
    schedule: { name: "polynomial", power: 0.9 },
  });
  const trainer = await Trainer.create(await nodeEngine(), plan);
  const { store } = trainer;
  for (const name of Object.keys(parameters)) {
    for (const place of [owned(name), ofKeys(name)])
      store.write(place, store.shape(place), wave(name, store.shape(place)));
  }
  for (const name of ["global", "local"]) {
    const place = `helper.densecl.memory.${name}.keys`;
    store.write(place, store.shape(place), unitRows(wave(`queue ${name}`, [SAMPLES, DIMENSION])));
  }
  return trainer;
}

describe.each(["queue", "images"] as const)("memory: %s", (memory) => {
  const wanted = golden[memory];

  it("gives the losses, parameters, key encoder and memory of three steps", async () => {
    const trainer = await trainerOf(memory);
    let at = 0;
    const source = { next: async () => ({ arrays: feedsAt(at) }) };
    for (at = 0; at < IMAGES.length; at++) {
      const { losses } = await trainer.step(source, at);
      const got = Float32Array.of(losses["densecl.global"]!, losses["densecl.local"]!);
      expectClose(got, wanted.losses[at], `losses of step ${at}`);
    }
    const { store } = trainer;
    for (const name of Object.keys(wanted.parameters)) {
      expectClose(await store.read(owned(name)), wanted.parameters[name], name, 1e-4);
      expectClose(await store.read(ofKeys(name)), wanted.keys[name], `key ${name}`, 1e-4);
    }
    for (const name of ["global", "local"]) {
      const place = `helper.densecl.memory.${name}`;
      expectClose(await store.read(`${place}.keys`), wanted.memory[name], `memory ${name}`, 1e-4);
      if (memory === "queue") expect([...(await store.read(`${place}.owners`))]).toEqual(wanted.owners);
    }
    await trainer.release();
  });

  it("gives the gradients of the second step", async () => {
    const trainer = await trainerOf(memory);
    await trainer.step({ next: async () => ({ arrays: feedsAt(0) }) }, 0);
    const { store } = trainer;
    const { terms, modules } = buildTerms({
      ...{ tasks: [], network, batchSize: BATCH, size: SIZE, samples: { main: SAMPLES } },
      method: {
        method: densecl as MethodDefinition,
        options: densecl.options.parse(optionsOf(memory, wanted.temperature)),
      },
    });
    const loss = terms.map(({ value, weight }) => mul(value, weight)).reduce((sum, term) => add(sum, term));
    const found = gradientsOf(loss, modules.trained());
    const feeds: Record<string, Float32Array> = {};
    for (const [name, { data }] of Object.entries(feedsAt(1))) feeds[name] = data;
    for (const { name } of modules.all()) feeds[name] = await store.read(name);
    const outputs = Object.fromEntries(
      [...found].map(([{ name }, gradient]) => [`gradient ${name}`, gradient]),
    );
    const got = await evaluate(await nodeEngine(), outputs, feeds);
    for (const [name, values] of Object.entries(wanted["gradients of step 2"])) {
      expectClose(got[`gradient ${owned(name)}`], values, name, 1e-4);
    }
    await trainer.release();
  });
});

it("gives the cross-entropy of turns", async () => {
  const [scores, turns] = [input("scores", [3, 4]), input("turns", [3])];
  const loss = turnLoss(scores, turns);
  const [gradient] = gradients(loss, [scores]);
  const feeds = { scores: wave("scores", [3, 4]), turns: Float32Array.of(3, 0, 2) };
  const got = await evaluate(await nodeEngine(), { loss, gradient }, feeds);
  expect(got.loss[0]).toBeCloseTo(golden.turns.loss, 5);
  expectClose(got.gradient, golden.turns.gradient, "gradient");
});
