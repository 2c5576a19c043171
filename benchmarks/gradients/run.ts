/**
 * @file npm run bench:gradients: how strongly a method's own terms pull at the network beside the labels, as
 * training goes on. Runs of the suite tables/nyu.yaml (rooms, one label an image, seed 0). Writes
 * benchmarks/results/gradients.json: at some steps each term's value, and the norm of its weighted gradient
 * in the parameters of the kept network, root mean square over batches of the step and those after it.
 */
import { writeFileSync } from "node:fs";
import { expandSuite, mean, readSuite } from "../../src/bench/index.js";
import { gradientsOrNull } from "../../src/graph/index.js";
import { add } from "../../src/graph/ops/arithmetic.js";
import { reduceSum } from "../../src/graph/ops/reduce.js";
import { square } from "../../src/graph/ops/unary.js";
import type { Tensor } from "../../src/graph/tensor.js";
import type { LossTerm } from "../../src/methods/method.js";
import { rampAt } from "../../src/methods/ramp.js";
import { feedsAt } from "../../src/nn/step-input.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { buildTerms } from "../../src/step/program.js";
import { Trainer } from "../../src/step/trainer.js";
import { openTrainingLoader, samplesOf } from "../../src/training/batch-plan.js";
import type { RunConfig } from "../../src/training/config/index.js";
import { settled } from "../../src/training/epochs.js";
import { networkOf, resolve } from "../../src/training/parts.js";
import { openRunData, runLabels } from "../../src/training/run-data.js";
import { describeMachine } from "../lib/machine.js";
import { scratchFolder } from "../lib/suite.js";

const OUT = "benchmarks/results/gradients.json";
const SUITE = "benchmarks/tables/nyu.yaml";
const METHODS = ["jtr", "jtr-tuned", "mtpsl", "consistency"];
/** From 1, as logs count. */
const STEPS = [1, 10, 30, 100, 200, 296];
const BATCHES = 5;
const LABELS = "labels";
const log = (text: string) => process.stderr.write(`${text}\n`);

/** A term, or all that learn from labels together (`labels`). */
interface Pull {
  /** Before its weight. */
  readonly value: number;
  /** Norm of the weighted gradient. */
  readonly gradient: number;
}

interface Probe {
  /** Outputs `value <part>` and `square <part>`, the square of the norm of the unweighted gradient. */
  readonly step: CompiledStep;
  readonly parts: readonly string[];
  /** A part's weight at a step, from 0. */
  weightAt(part: string, step: number): number;
}

/** Builds the method's terms once more, over the variables of the training. */
async function compileProbe(engine: Engine, trainer: Trainer): Promise<Probe> {
  const { terms, modules } = buildTerms(trainer.plan);
  const kept = modules.trained().filter(({ module }) => module.kept);
  const outputs: Record<string, Tensor> = {};
  const parts = new Map<string, LossTerm[]>();
  for (const term of terms) {
    const part = term.supervised === true ? LABELS : term.name;
    parts.set(part, [...(parts.get(part) ?? []), term]);
  }
  for (const [part, own] of parts) {
    const value = own.map((term) => term.value).reduce((sum, term) => add(sum, term));
    const gradients = gradientsOrNull(
      [{ output: value }],
      kept.map(({ tensor }) => tensor),
    ).filter((gradient) => gradient !== null);
    // Terms that train helper networks alone do not pull at the kept one.
    if (gradients.length === 0) continue;
    outputs[`value ${part}`] = value;
    outputs[`square ${part}`] = gradients
      .map((gradient) => reduceSum(square(gradient)))
      .reduce((sum, term) => add(sum, term));
  }
  return {
    step: await CompiledStep.compile(engine, trainer.store, { outputs, state: [] }),
    parts: [...parts.keys()].filter((part) => `value ${part}` in outputs),
    weightAt: (part, step) => {
      const [{ weight, ramp }] = parts.get(part)!;
      return ramp === undefined ? weight : weight * rampAt(ramp, step);
    },
  };
}

/** Trains as the configuration says, and measures: by step, then part. */
async function measure(engine: Engine, given: RunConfig): Promise<Record<number, Record<string, Pull>>> {
  const data = await openRunData(given, networkOf(given), log);
  const labels = await runLabels(given, data);
  const config = await settled(given, data, () => Promise.resolve(labels));
  const trainer = await Trainer.create(engine, resolve(config, data, samplesOf(config, data, labels)));
  const probe = await compileProbe(engine, trainer);
  const loader = await openTrainingLoader(config, data, labels);
  const found: Record<number, Record<string, { value: number; square: number }[]>> = {};
  for (let step = 0; step < config.steps; step++) {
    const batch = await loader.next();
    const since = STEPS.findLast((first) => step + 1 >= first && step + 1 < first + BATCHES);
    if (since !== undefined) {
      const feeds = await feedsAt(trainer.program.inputs, { seed: config.seed, step, batch: step });
      for (const [name, array] of Object.entries(batch.arrays)) feeds[name] = array.data;
      const outputs = await probe.step.run(feeds);
      found[since] ??= {};
      for (const part of probe.parts) {
        const [value] = outputs[`value ${part}`];
        const square = outputs[`square ${part}`][0] * probe.weightAt(part, step) ** 2;
        found[since][part] = [...(found[since][part] ?? []), { value, square }];
      }
    }
    await trainer.step({ next: () => Promise.resolve(batch) }, step);
  }
  await loader.close();
  await probe.step.release();
  await trainer.release();
  const summary = (all: readonly { value: number; square: number }[]): Pull => ({
    value: mean(all.map(({ value }) => value)),
    gradient: Math.sqrt(mean(all.map(({ square }) => square))),
  });
  return Object.fromEntries(
    Object.entries(found).map(([step, parts]) => [
      step,
      Object.fromEntries(Object.entries(parts).map(([part, all]) => [part, summary(all)])),
    ]),
  );
}

async function main(): Promise<void> {
  const engine = await nodeEngine({ provider: "cpu", threads: 0 });
  const runs = expandSuite(await readSuite(SUITE), scratchFolder("gradients"));
  const methods: Record<string, unknown> = {};
  let settings: unknown;
  for (const name of METHODS) {
    const { config } = runs.find((run) => run.name === `onelabel/${name}/seed-0`)!;
    log(name);
    methods[name] = { method: config.method, steps: await measure(engine, config) };
    settings = { ...config, method: undefined };
  }
  const result = {
    what: "value of each loss term, and norm of its weighted gradient in the kept network's parameters, as training goes on",
    command: "npm run bench:gradients",
    batchesAveraged: BATCHES,
    methods,
    settings,
    machine: describeMachine(),
  };
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
  log(OUT);
}

await main();
