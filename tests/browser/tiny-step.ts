/** @file A few steps of JTR on a tiny SegNet, with nothing of Node's: the same program for every engine. */
import { Random } from "../../src/common/random.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { methods } from "../../src/methods/index.js";
import { models } from "../../src/models/index.js";
import { optimizerFeeds, optimizers } from "../../src/nn/index.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { StateStore } from "../../src/runtime/state-store.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { buildTraining, type TrainingProgram } from "../../src/training/program.js";

// The deepest features are 2x2: normalised over fewer values, rounding errors would grow from step to step.
const [BATCH, SIDE, CLASSES] = [4, 64, 3];
const TASKS = ["segmentation", "depth", "normals"];

function program(): TrainingProgram {
  return buildTraining({
    tasks: resolveTasks({
      segmentation: { kind: "segmentation", classes: ["wall", "floor", "chair"] },
      depth: { kind: "depth" },
      normals: { kind: "normals" },
    }),
    network: models.segnet.create(models.segnet.options.parse({ width: 4 })),
    method: methods.jtr,
    methodOptions: methods.jtr.options.parse({ width: 4 }),
    optimizer: optimizers.sgd.create(optimizers.sgd.options.parse({ momentum: 0.9 })),
    batchSize: BATCH,
    size: [SIDE, SIDE],
  });
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
  const { graph, variables, groups } = program();
  const store = new StateStore(engine);
  for (const variable of variables.all()) {
    const value = variables.initialValue(variable, 0);
    // Shifts of batch norms that keep the Relus behind them open, away from their kinks: for the same reason.
    if (/block.*\.1\.bias$/.test(variable.name)) value.fill(1);
    store.write(variable.name, variable.tensor.shape, value);
  }
  for (const { name, leaf } of graph.slots)
    store.write(name, leaf.shape, new Float32Array(sizeOf(leaf.shape)));
  const step = await CompiledStep.compile(engine, store, graph.update);
  const feeds = batch();
  const losses: Record<string, number>[] = [];
  for (let done = 0; done < steps; done++) {
    const scalars = optimizerFeeds(groups, () => 0.01, done);
    const outputs = await step.run({ ...feeds, ...scalars });
    losses.push(Object.fromEntries(Object.entries(outputs).map(([name, [value]]) => [name, value])));
  }
  await step.release();
  return losses;
}
