/** @file Predictions of the network that is kept, in evaluation mode. */
import { sizeOf } from "../graph/tensor.js";
import type { ModuleSpec } from "../nn/module.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import type { StateStore } from "../runtime/state-store.js";
import type { PredictionMap } from "../tasks/task.js";
import { buildInference, type InferencePlan, networkInputOf } from "./inference-graph.js";

/** Runs the network on batches of images. */
export class Predictor {
  readonly #step: CompiledStep;
  readonly plan: InferencePlan;

  private constructor(step: CompiledStep, plan: InferencePlan) {
    this.#step = step;
    this.plan = plan;
  }

  /**
   * Compiles against a store that holds the variables of `module`, the kept network or one that follows it.
   */
  static async create(
    engine: Engine,
    store: StateStore,
    plan: InferencePlan,
    module?: ModuleSpec,
  ): Promise<Predictor> {
    const { predictions } = buildInference(plan, module);
    return new Predictor(
      await CompiledStep.compile(engine, store, { outputs: predictions, state: [] }),
      plan,
    );
  }

  /**
   * Predictions of up to `batchSize` samples, each as the network takes it (`networkInputOf`): planar RGB
   * [3·frames,H,W] in [0, 1], or pillars. For each one, a map by task name. The maps share the batch's
   * memory.
   */
  async predict(samples: readonly Float32Array[]): Promise<Record<string, PredictionMap>[]> {
    const { tasks, network, batchSize, size } = this.plan;
    const [height, width] = size;
    const area = height * width;
    const taken = networkInputOf(network, size);
    const length = sizeOf(taken.shape);
    const data = new Float32Array(batchSize * length);
    samples.forEach((each, n) => {
      data.set(each, n * length);
    });
    const outputs = await this.#step.run({ [taken.name]: data });
    return samples.map((_, n) =>
      Object.fromEntries(
        tasks.map(({ name, kind, spec }) => {
          const channels = kind.learning.channels(spec);
          const data = outputs[name].subarray(n * channels * area, (n + 1) * channels * area);
          return [name, { channels, height, width, data }];
        }),
      ),
    );
  }

  async release(): Promise<void> {
    await this.#step.release();
  }
}
