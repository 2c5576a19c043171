/** @file A run as a stand-alone inference model: weights inside, one image in, one map a task out. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { replaceFile } from "../disk/files.js";
import { SafetensorsFile } from "../disk/safetensors.js";
import { gridSize } from "../geometry/boxes/bird-grid.js";
import { halfPrecision } from "../graph/half.js";
import { encodeModel, lowerGraph, PORTABLE } from "../graph/index.js";
import { requireOpset } from "../graph/opset.js";
import { sameShape } from "../graph/tensor.js";
import type { Network } from "../models/network.js";
import { arrayName, type Variable } from "../nn/module.js";
import { checkpointPath, requireContent } from "../runs/checkpoint.js";
import type { RunPaths } from "../runs/run-folder.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { foldForInference } from "../runtime/fold-constants.js";
import { buildInference } from "../step/inference-graph.js";
import type { Task } from "../tasks/task.js";
import { nearestMultiple, resizeOf } from "./image-size.js";
import { keptData } from "./kept-data.js";
import { formatMetadata } from "./model-metadata.js";
import { networkOf } from "./parts.js";
import { runConfig } from "./run-files.js";

/** Which checkpoint of a run; `best` falls back to `last` where the run keeps no best one. */
export type WhichCheckpoint = "best" | "last";

/** Path of a run's checkpoint. Throws UserError where there is none yet. */
export function checkpointOf(
  run: Pick<RunPaths, "folder" | "checkpoints">,
  which: WhichCheckpoint = "best",
): string {
  const candidates = which === "best" ? (["best", "last"] as const) : (["last"] as const);
  const found = candidates
    .map((name) => checkpointPath(run.checkpoints, name))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UserError({
    code: "run.no-checkpoint",
    where: run.folder,
    what: "the run has not saved a checkpoint yet",
    fix: "Train it further with `taskloom train ... --resume`.",
  });
}

/**
 * The values that a checkpoint has for the variables of its network, by the variables' names: those of the
 * module that it says is to be evaluated, e.g. averaged weights. Throws UserError.
 */
export async function loadWeights(
  path: string,
  variables: readonly Pick<Variable, "name" | "path" | "tensor">[],
): Promise<Map<string, Float32Array>> {
  const file = await SafetensorsFile.open(path);
  try {
    const module = requireContent(file, path).evaluated;
    const weights = new Map<string, Float32Array>();
    for (const { name, path: within, tensor } of variables) {
      const stored = arrayName(module, within);
      const entry = file.entries.get(stored);
      if (entry?.dtype !== "F32" || !sameShape(entry.shape, tensor.shape)) {
        throw new UserError({
          code: "checkpoint.misfit",
          where: path,
          what: `the checkpoint does not fit the run's configuration: ${within}`,
          expected: `F32 [${tensor.shape}]`,
          got: entry === undefined ? "nothing of that name" : `${entry.dtype} [${entry.shape}]`,
        });
      }
      weights.set(name, (await file.read(stored)).data as Float32Array);
    }
    return weights;
  } finally {
    await file.close();
  }
}

/** Every release of ONNX Runtime from 1.14 on opens models of this ONNX operator set. */
export const EXPORT_OPSET = 17;

export interface ExportOptions {
  readonly checkpoint?: WhichCheckpoint;
  /** ONNX operator set of the model; default `EXPORT_OPSET`. */
  readonly opset?: number;
  /** Images per run of the model; default 1. */
  readonly batchSize?: number;
  /** [height, width] of images; default that of training. */
  readonly size?: readonly [number, number];
  /** Gives classes, int64 [N,1,H,W], in the place of scores. */
  readonly argmax?: boolean;
  /** Gives the last map that all heads read, too, as `features` [N,C,H',W'], for heads to be trained on. */
  readonly features?: boolean;
  /** Computes in float16 where digits do not matter; inputs and outputs stay float32. */
  readonly half?: boolean;
}

/** Name of the output that is no task's. */
export const FEATURES = "features";

function requireBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 1) return;
  throw new UserError({
    code: "export.batch-size",
    where: "batchSize",
    what: "not a number of images",
    expected: "a whole number from 1 on",
    got: String(batchSize),
  });
}

/** Throws UserError where the network does not take such images, or its grid is another one. */
function requireSize([height, width]: readonly [number, number], { sizeMultiple, pillars }: Network): void {
  if (pillars !== undefined) {
    const [rows, columns] = gridSize(pillars.grid);
    if (height === rows && width === columns) return;
    throw new UserError({
      code: "export.size",
      where: "size",
      what: "the network takes points of a grid of one size, no images",
      expected: `${rows}x${columns}`,
      got: `${height}x${width}`,
      fix: "Leave the size out.",
    });
  }
  if ([height, width].every((side) => side > 0 && side % sizeMultiple === 0)) return;
  throw new UserError({
    code: "export.size",
    where: "size",
    what: "the network cannot take images of this size",
    expected: `height and width that are multiples of ${sizeMultiple}`,
    got: `${height}x${width}`,
    fix: `Take ${nearestMultiple(height, sizeMultiple)}x${nearestMultiple(width, sizeMultiple)}.`,
  });
}

/** Throws UserError where a task has the name of the features. */
function requireFreeName(tasks: readonly Task[]): void {
  if (!tasks.some(({ name }) => name === FEATURES)) return;
  throw new UserError({
    code: "export.features-name",
    where: "features",
    what: "a task of the run has the name of this output",
    got: FEATURES,
    fix: "Give the task another name in dataset.yaml, and train again, or leave the features out.",
  });
}

/** The tasks whose scores a model can decide on. Throws UserError where there are none. */
function decidedOn(tasks: readonly Task[]): Task[] {
  const decided = tasks.filter(({ kind }) => kind.learning.decide !== undefined);
  if (decided.length > 0) return decided;
  throw new UserError({
    code: "export.argmax",
    where: "argmax",
    what: "no task of the run predicts scores of classes",
    got: tasks.map(({ name }) => name).join(", "),
    fix: "Leave it out: the values of these tasks are what they predict.",
  });
}

/**
 * The bytes of a run's model, from the run's folder alone. Helper networks are left out; the spelling is one
 * that every provider takes. What depends on weights alone is computed here: batch normalisation is part of
 * the filters, and every filter is stored as it is used. Throws UserError.
 */
export async function exportModel(run: RunPaths, options: ExportOptions = {}): Promise<Uint8Array> {
  const { batchSize = 1, opset = EXPORT_OPSET } = options;
  requireOpset(opset);
  requireBatchSize(batchSize);
  const config = await runConfig(run);
  const network = networkOf(config);
  const { tasks, size: trained } = await keptData(run);
  const size = options.size ?? trained;
  requireSize(size, network);
  const decided = options.argmax === true ? decidedOn(tasks) : [];
  if (options.features === true) requireFreeName(tasks);
  const { predictions, modules, features } = buildInference({ tasks, network, batchSize, size });
  const maps = tasks.map((task) => {
    const { decide } = task.kind.learning;
    const prediction = predictions[task.name];
    return decided.includes(task) ? decide!(prediction, task.spec) : prediction;
  });
  const outputs = options.features === true ? [...maps, features] : maps;
  const weights = await loadWeights(checkpointOf(run, options.checkpoint), modules.all());
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const folded = await foldForInference(engine, { tensors: outputs, weights });
  const graph = lowerGraph(
    folded.tensors.map((tensor, i) => ({ name: tasks[i]?.name ?? FEATURES, tensor })),
    PORTABLE,
    folded.weights,
  );
  const names = decided.map(({ name }) => name);
  const bytes = encodeModel(
    graph,
    formatMetadata(tasks, { size, resize: resizeOf(config) }, network, names),
    opset,
  );
  return options.half === true ? halfPrecision(bytes) : bytes;
}

/** Writes a run's model, by default as `model.onnx` of its folder. Throws UserError. */
export async function exportRun(
  run: RunPaths,
  options: ExportOptions & { readonly out?: string } = {},
): Promise<string> {
  const out = options.out ?? run.model;
  await replaceFile(out, await exportModel(run, options));
  return out;
}
