/** @file An exported model whose predictions at a pixel depend on that pixel alone. */
import { Random } from "../../src/common/random.js";
import type { Resize } from "../../src/fields/resize.js";
import { conv2d, encodeModel, input, lowerGraph, PORTABLE } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { resolveTasks } from "../../src/tasks/index.js";
import type { Task } from "../../src/tasks/task.js";
import { formatMetadata } from "../../src/training/model-metadata.js";
import { type LoadedModel, openModel } from "../../src/training/predict/index.js";

export interface PointwiseOptions {
  readonly size?: readonly [number, number];
  readonly resize?: Resize;
  readonly batchSize?: number;
  readonly classes?: number;
  /** All three if left out. */
  readonly tasks?: readonly string[];
  /** Metres of a step of depth in files; they hold floats if left out. */
  readonly depthScale?: number;
}

export function pointwiseTasks(classes: number, names?: readonly string[], depthScale?: number): Task[] {
  const specs = {
    segmentation: { kind: "segmentation", classes: Array.from({ length: classes }, (_, i) => `class ${i}`) },
    depth: { kind: "depth", ...(depthScale !== undefined && { scale: depthScale }) },
    normals: { kind: "normals" },
  };
  return resolveTasks(specs, names);
}

/** Its bytes: a 1x1 convolution a task, the same for every size and number of images. */
export function pointwiseBytes(options: PointwiseOptions = {}): Uint8Array {
  const { size = [16, 24], batchSize = 1, classes = 5, resize = "squash" } = options;
  const tasks = pointwiseTasks(classes, options.tasks, options.depthScale);
  const image = input("image", [batchSize, 3, ...size]);
  const weights = new Map<string, Float32Array>();
  const outputs = tasks.map(({ name, kind, spec }) => {
    const channels = kind.learning.channels(spec);
    const random = new Random(3, name);
    weights.set(
      `${name}.weight`,
      Float32Array.from({ length: 3 * channels }, () => random.uniform(-1, 1)),
    );
    weights.set(
      `${name}.bias`,
      Float32Array.from({ length: channels }, () => random.uniform(0, 0.5)),
    );
    const filters = input(`${name}.weight`, [channels, 3, 1, 1]);
    const map = conv2d(image, filters, { bias: input(`${name}.bias`, [channels]) });
    return { name, tensor: kind.learning.activate(map, spec) };
  });
  return encodeModel(lowerGraph(outputs, PORTABLE, weights), formatMetadata(tasks, { size, resize }), 17);
}

export async function pointwiseModel(options: PointwiseOptions = {}): Promise<LoadedModel> {
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  return await openModel(engine, pointwiseBytes(options), "pointwise.onnx");
}

/** An image of slow waves in each colour, with some noise: classes have areas, neighbours differ. */
export function waves(height: number, width: number, seed = 1) {
  const random = new Random(seed, "waves");
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const phase = (2 + c) * (y / height) + (5 - 2 * c) * (x / width) + seed + c;
    return Math.min(1, Math.max(0, 0.5 + 0.55 * Math.sin(2 * phase) + random.uniform(-0.05, 0.05)));
  });
  return { height, width, data };
}
