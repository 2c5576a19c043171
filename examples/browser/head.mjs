// A head that is trained in the page: a 1x1 convolution on the model's features, by labels of single pixels.
// The network itself stays as it is, so a step takes milliseconds.
import { add, conv2d, div, input, logSoftmax, maximum, mul, neg, reduceSum } from "taskloom/graph";
import { adam, gradientsOf, KEPT, ModuleSet, normal, trainingGraph, zeros } from "taskloom/nn";
import { CompiledStep, StateStore } from "taskloom/web";

const RATE = 0.05;

/**
 * What brings each channel of features [1,C,H,W] to mean 0 and deviation 1: networks give features of any
 * scale, and a rate that suits one would not move a head on another. Channels that never change become 0.
 */
export function standardisation({ dims: [, channels, height, width], data }) {
  const area = height * width;
  const [scale, shift] = [new Float32Array(channels), new Float32Array(channels)];
  for (let c = 0; c < channels; c++) {
    const plane = data.subarray(c * area, (c + 1) * area);
    const mean = plane.reduce((sum, value) => sum + value, 0) / area;
    const deviation = Math.sqrt(plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / area);
    scale[c] = deviation > 1e-6 * (1 + Math.abs(mean)) ? 1 / deviation : 0;
    shift[c] = -mean * scale[c];
  }
  return { scale, shift };
}

/** A head of so many classes on features like these. */
export async function createHead(engine, like, classes) {
  const [, channels, height, width] = like.dims;
  const standard = standardisation(like);
  const modules = new ModuleSet();
  const scope = modules.scope(KEPT);
  const weight = scope.parameter("weight", [classes, channels, 1, 1], normal(0.01));
  const bias = scope.parameter("bias", [classes], zeros);
  const features = input("features", like.dims);
  const [scale, shift] = ["scale", "shift"].map((name) => input(name, [1, channels, 1, 1]));
  const wanted = input("wanted", [1, classes, height, width]);
  const scores = conv2d(add(mul(features, scale), shift), weight, { bias });
  // `wanted` is one for the class of a labelled pixel, and nothing for pixels that nobody labelled.
  const loss = div(neg(reduceSum(mul(wanted, logSoftmax(scores, 1)))), maximum(reduceSum(wanted), 1));
  const optimizer = adam({});
  const group = { name: "main", optimizer, parameters: modules.trained(), rate: () => RATE };
  const graph = trainingGraph({
    modules,
    groups: [group],
    gradients: gradientsOf(loss, modules.trained()),
    updates: new Map(),
    outputs: { loss },
  });
  const store = new StateStore(engine);
  for (const variable of modules.all()) {
    store.write(variable.name, variable.tensor.shape, modules.initialValue(variable, 1));
  }
  for (const { name, leaf } of graph.slots) {
    store.write(name, leaf.shape, new Float32Array(leaf.shape.reduce((a, b) => a * b, 1)));
  }
  const step = await CompiledStep.compile(engine, store, graph.update);
  const predict = await CompiledStep.compile(engine, store, { outputs: { scores }, state: [] });
  let done = 0;
  return {
    classes,
    /** One step over one picture, `wanted` as `wantedOf` gives it; returns its loss. */
    async learn(picture) {
      const scalars = Object.entries(optimizer.scalars(RATE, done++)).map(([name, value]) => [
        `optimizer.main.${name}`,
        Float32Array.of(value),
      ]);
      const outputs = await step.run({ ...picture, ...standard, ...Object.fromEntries(scalars) });
      return outputs.loss[0];
    },
    /** The class of every place of the features. */
    async decide(data) {
      const { scores: values } = await predict.run({ features: data, ...standard });
      const area = height * width;
      return Uint8Array.from({ length: area }, (_, i) => {
        let best = 0;
        for (let c = 1; c < classes; c++) if (values[c * area + i] > values[best * area + i]) best = c;
        return best;
      });
    },
    async release() {
      for (const each of [step, predict]) await each.release();
    },
  };
}

/** `wanted` of `learn` from labels [H,W] of the features' size: a class, or -1 for none. */
export function wantedOf(labels, classes) {
  const wanted = new Float32Array(classes * labels.length);
  for (const [i, label] of labels.entries()) if (label >= 0) wanted[label * labels.length + i] = 1;
  return wanted;
}
