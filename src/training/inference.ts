/** @file Predictions of the network that is kept, in evaluation mode. */

import type { Shape } from "../graph/tensor.js";
import type { Network } from "../models/network.js";
import type { Initializer } from "../nn/initializers.js";
import type { Variable } from "../nn/scope.js";
import { VariableStore } from "../nn/scope.js";
import { emaName } from "../nn/training-graph.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import type { StateStore } from "../runtime/state-store.js";
import type { PredictionMap, Task } from "../tasks/task.js";
import { buildInference } from "./program.js";

/** Reads a variable's moving average in its place, wherever there is one. */
class AveragedVariables extends VariableStore {
  readonly #has: (name: string) => boolean;

  constructor(has: (name: string) => boolean) {
    super();
    this.#has = has;
  }

  override declare(name: string, kind: Variable["kind"], shape: Shape, initialize: Initializer): Variable {
    const averaged = emaName(name);
    return super.declare(this.#has(averaged) ? averaged : name, kind, shape, initialize);
  }
}

export interface PredictorOptions {
  readonly tasks: readonly Task[];
  readonly network: Network;
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
}

/** Runs the network on batches of images. */
export class Predictor {
  readonly #step: CompiledStep;
  readonly options: PredictorOptions;

  private constructor(step: CompiledStep, options: PredictorOptions) {
    this.#step = step;
    this.options = options;
  }

  /** Compiles against a store that holds the network's variables; averaged weights are used where the store has them. */
  static async create(engine: Engine, store: StateStore, options: PredictorOptions): Promise<Predictor> {
    const { tasks, network, batchSize, size } = options;
    const variables = new AveragedVariables((name) => store.has(name));
    const { predictions } = buildInference(tasks, network, batchSize, size, variables);
    return new Predictor(
      await CompiledStep.compile(engine, store, { outputs: predictions, state: [] }),
      options,
    );
  }

  /**
   * Predictions of up to `batchSize` images, planar RGB [3,H,W] in [0, 1]: for each image, a map by task name. The maps share the
   * batch's memory.
   */
  async predict(images: readonly Float32Array[]): Promise<Record<string, PredictionMap>[]> {
    const { tasks, batchSize, size } = this.options;
    const [height, width] = size;
    const area = height * width;
    const image = new Float32Array(batchSize * 3 * area);
    images.forEach((each, n) => {
      image.set(each, n * 3 * area);
    });
    const outputs = await this.#step.run({ image });
    return images.map((_, n) =>
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
