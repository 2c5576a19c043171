/** @file A few steps of JTR on a tiny SegNet, with nothing of Node's: the same program for every engine. */
import { Random } from "../../src/common/random.js";
import { methods } from "../../src/methods/index.js";
import { models } from "../../src/models/index.js";
import { optimizers } from "../../src/nn/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { type StepPlan, Trainer } from "../../src/step/index.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { weightings } from "../../src/weighting/index.js";

// The deepest features are 2x2: normalised over fewer values, rounding errors would grow from step to step.
const [BATCH, SIDE, CLASSES] = [4, 64, 3];
const TASKS = ["segmentation", "depth", "normals"];

function plan(): StepPlan {
  return {
    tasks: resolveTasks({
      segmentation: { kind: "segmentation", classes: ["wall", "floor", "chair"] },
      depth: { kind: "depth" },
      normals: { kind: "normals" },
    }),
    network: models.segnet.create(models.segnet.options.parse({ width: 4 })),
    method: { method: methods.jtr, options: methods.jtr.options.parse({ width: 4 }) },
    weighting: { weighting: weightings.equal, options: {} },
    optimizer: optimizers.sgd.create(optimizers.sgd.options.parse({ momentum: 0.9 })),
    learningRate: 0.01,
    schedule: { name: "constant" },
    steps: 1,
    batchSize: BATCH,
    size: [SIDE, SIDE],
    seed: 0,
  };
}

/** One batch with one label an image; the last image has none. */
function batch(): Record<string, Float32Array> {
  const random = new Random(0, "batch");
  const pixels = BATCH * SIDE * SIDE;
  const filled = (length: number, value: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => value(i));
  const feeds: Record<string, Float32Array> = {
    image: filled(3 * pixels, () => random.uniform()),
    "segmentation.label": filled(pixels, () => random.integer(CLASSES)),
    "depth.label": filled(pixels, () => 1 + random.uniform()),
    "normals.label": filled(3 * pixels, (i) => (Math.floor(i / SIDE ** 2) % 3 === 2 ? -1 : 0)),
  };
  TASKS.forEach((task, labelled) => {
    feeds[`${task}.labelled`] = filled(BATCH, (n) => Number(n === labelled));
    feeds[`${task}.valid`] = filled(pixels, (i) => Number(Math.floor(i / SIDE ** 2) === labelled));
  });
  return feeds;
}

/** All loss terms at each of `steps` steps. */
export async function trainTiny(engine: Engine, steps: number): Promise<Record<string, number>[]> {
  const trainer = await Trainer.create(engine, plan());
  const { modules } = trainer.program;
  for (const { name, tensor } of modules.all()) {
    // Shifts of batch norms that keep the Relus behind them open, away from their kinks: for the same reason.
    if (/block.*\.1\.bias$/.test(name)) {
      trainer.store.write(name, tensor.shape, new Float32Array(tensor.shape[0]).fill(1));
    }
  }
  const arrays = Object.fromEntries(Object.entries(batch()).map(([name, data]) => [name, { data }]));
  const losses: Record<string, number>[] = [];
  for (let done = 0; done < steps; done++) {
    const result = await trainer.step({ next: async () => ({ arrays }) }, done);
    losses.push(result.losses as Record<string, number>);
  }
  await trainer.release();
  return losses;
}
