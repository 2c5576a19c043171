/** @file A run as a stand-alone inference model: weights inside, one image in, one map a task out. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { replaceFile } from "../disk/files.js";
import { SafetensorsFile } from "../disk/safetensors.js";
import { encodeModel, lowerGraph, PORTABLE } from "../graph/index.js";
import { requireOpset } from "../graph/opset.js";
import { simplify } from "../graph/simplify.js";
import { sameShape } from "../graph/tensor.js";
import { arrayName, type Variable } from "../nn/module.js";
import { checkpointPath, requireContent } from "../runs/checkpoint.js";
import type { RunPaths } from "../runs/run-folder.js";
import { buildInference } from "../step/inference-graph.js";
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
}

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

/**
 * The bytes of a run's model, from the run's folder alone. Helper networks are left out; the spelling is one
 * that every provider takes. Throws UserError.
 */
export async function exportModel(run: RunPaths, options: ExportOptions = {}): Promise<Uint8Array> {
  const { batchSize = 1, opset = EXPORT_OPSET } = options;
  requireOpset(opset);
  requireBatchSize(batchSize);
  const config = await runConfig(run);
  const network = networkOf(config);
  const { tasks, size } = await keptData(run);
  const { predictions, modules } = buildInference({
    tasks,
    network,
    batchSize,
    size,
  });
  const weights = await loadWeights(checkpointOf(run, options.checkpoint), modules.all());
  const names = Object.keys(predictions);
  const tensors = simplify(names.map((name) => predictions[name]));
  const outputs = names.map((name, i) => ({ name, tensor: tensors[i] }));
  return encodeModel(
    lowerGraph(outputs, PORTABLE, weights),
    formatMetadata(tasks, size, network.frames),
    opset,
  );
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
