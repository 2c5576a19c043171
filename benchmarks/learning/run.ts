/**
 * @file npm run bench:learning: JTR against supervised training on the built-in world `rooms`, one label an image, three seeds. Writes
 * benchmarks/results/learning.json. Settings were chosen on the validation images of another world seed; the test images below were measured once,
 * with the weights of the last step.
 */
import { writeFileSync } from "node:fs";
import { deltaPercent } from "../../src/report/delta.js";
import { describeMachine } from "../lib/machine.js";
import { deviation, mean } from "../lib/statistics.js";
import { type MeasuredRun, measureAll, type PlannedRun, workFolder } from "../lib/training-runs.js";
import { METHODS, SEEDS, settings } from "./settings.js";

const PRIMARY = [
  { task: "segmentation", metric: "mIoU", unit: "%", better: "higher" },
  { task: "depth", metric: "aErr", unit: "m", better: "lower" },
  { task: "normals", metric: "mErr", unit: "degrees", better: "lower" },
] as const;

const OUT = "benchmarks/results/learning.json";

function spread(values: readonly number[]): { mean: number; deviation: number; values: readonly number[] } {
  return { mean: mean(values), deviation: deviation(values), values };
}

async function main(): Promise<void> {
  const runs: PlannedRun[] = SEEDS.flatMap((seed) =>
    Object.keys(METHODS).map((method) => ({
      name: `${method}-${seed}`,
      config: settings(method as keyof typeof METHODS, seed),
      split: "test",
    })),
  );
  const results = await measureAll(workFolder("learning"), runs);
  const of = (method: string, seed: number): MeasuredRun =>
    results.find(({ name }) => name === `${method}-${seed}`)!;

  const methods = Object.fromEntries(
    Object.keys(METHODS).map((method) => [
      method,
      {
        ...Object.fromEntries(
          PRIMARY.map(({ task, metric }) => [
            `${task}.${metric}`,
            spread(SEEDS.map((seed) => of(method, seed).metrics[task][metric])),
          ]),
        ),
        trainingSeconds: spread(SEEDS.map((seed) => of(method, seed).trainingSeconds)),
      },
    ]),
  );
  const delta = spread(
    SEEDS.map((seed) =>
      deltaPercent(
        PRIMARY.map(({ task, metric, better }) => ({
          value: of("jtr", seed).metrics[task][metric],
          baseline: of("supervised", seed).metrics[task][metric],
          better,
        })),
      ),
    ),
  );
  const result = {
    what: "JTR against supervised multi-task training, rooms, onelabel",
    command: "npm run bench:learning",
    deltaPercent: delta,
    beatsSpread: delta.mean > delta.deviation,
    methods,
    seeds: SEEDS,
    testImages: results[0].images,
    settings: Object.fromEntries(
      Object.keys(METHODS).map((method) => [method, settings(method as keyof typeof METHODS, SEEDS[0])]),
    ),
    machine: describeMachine(),
    runs: results.map(({ name, metrics, trainingSeconds }) => ({ name, metrics, trainingSeconds })),
  };
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
  process.stderr.write(`Delta% ${delta.mean.toFixed(2)} ± ${delta.deviation.toFixed(2)}. ${OUT}\n`);
}

await main();
