/** @file Inference models of the registry's networks with drawn weights, as bytes, and running them. */
import * as ort from "onnxruntime-node";
import { Random } from "../../src/common/random.js";
import { encodeModel, lowerGraph, PORTABLE } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { models } from "../../src/models/index.js";
import type { NormName } from "../../src/nn/norms.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { foldForInference } from "../../src/runtime/fold-constants.js";
import { buildInference, networkInputOf } from "../../src/step/inference-graph.js";
import { resolveTasks } from "../../src/tasks/index.js";

const tasks = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b"] },
  depth: { kind: "depth" },
});

export interface InferenceModel {
  readonly bytes: Uint8Array;
  /** Of its image, [1,C,H,W]. */
  readonly shape: readonly number[];
}

/** The registry's networks that take images. */
export const imageModels = Object.values(models)
  .filter(({ create, options }) => create(options.parse({})).pillars === undefined)
  .map(({ name }) => name);

/** A model for images of so many of its strides along height and width. */
export async function inferenceModel(
  name: string,
  [rows, columns]: readonly [number, number],
  norm?: NormName,
): Promise<InferenceModel> {
  const definition = models[name];
  const network = definition.create(definition.options.parse({ width: 4, ...(norm && { norm }) }));
  const size = [rows * network.sizeMultiple, columns * network.sizeMultiple] as const;
  const own = network.frames === undefined ? tasks : resolveTasks({ motion: { kind: "motion" } });
  const { predictions, modules } = buildInference({ tasks: own, network, batchSize: 1, size });
  const weights = new Map(
    modules.all().map(({ name: variable, tensor }) => {
      const random = new Random(5, variable);
      const fan = Math.sqrt(sizeOf(tensor.shape.slice(1)));
      const value = () =>
        variable.endsWith("running_var") ? random.uniform(0.5, 1.5) : random.normal() / fan;
      return [variable, Float32Array.from({ length: sizeOf(tensor.shape) }, value)];
    }),
  );
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const folded = await foldForInference(engine, { tensors: Object.values(predictions), weights });
  const outputs = Object.keys(predictions).map((output, i) => ({ name: output, tensor: folded.tensors[i] }));
  const bytes = encodeModel(lowerGraph(outputs, PORTABLE, folded.weights), {}, 17);
  return { bytes, shape: [1, ...networkInputOf(network, size).shape] };
}

/** A picture of noise. */
export function noiseImage(shape: readonly number[]): Float32Array {
  const random = new Random(2, "image");
  return Float32Array.from({ length: sizeOf(shape) }, () => random.uniform());
}

export async function runModel(bytes: Uint8Array, shape: readonly number[], image: Float32Array) {
  const session = await ort.InferenceSession.create(bytes);
  const results = await session.run({ image: new ort.Tensor("float32", image, shape) });
  await session.release();
  return new Map(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

/** |got - expected| / |expected| in Euclid's norm. */
export function relativeDifference(got: Float32Array, expected: Float32Array): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return norm(got.map((value, i) => value - expected[i])) / norm(expected);
}
