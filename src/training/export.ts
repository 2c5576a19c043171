/** @file A run as a stand-alone inference model: weights inside, one image in, one map a task out. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { replaceFile } from "../disk/files.js";
import { SafetensorsFile } from "../disk/safetensors.js";
import { encodeModel, lowerGraph, PORTABLE } from "../graph/index.js";
import { simplify } from "../graph/simplify.js";
import { sameShape } from "../graph/tensor.js";
import type { VariableStore } from "../nn/scope.js";
import { emaName } from "../nn/training-graph.js";
import { checkpointPath } from "../runs/checkpoint.js";
import type { RunPaths } from "../runs/run-folder.js";
import { formatMetadata } from "./model-metadata.js";
import { networkOf } from "./parts.js";
import { buildInference } from "./program.js";
import { openRunData, type RunData } from "./run-data.js";
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

/** The values of a network's variables in a checkpoint, moving averages in place of those that have one. Throws UserError. */
export async function loadWeights(
  path: string,
  variables: VariableStore,
): Promise<Map<string, Float32Array>> {
  const file = await SafetensorsFile.open(path);
  try {
    const weights = new Map<string, Float32Array>();
    for (const { name, tensor } of variables.all()) {
      const averaged = emaName(name);
      const stored = file.entries.has(averaged) ? averaged : name;
      const entry = file.entries.get(stored);
      if (entry?.dtype !== "F32" || !sameShape(entry.shape, tensor.shape)) {
        throw new UserError({
          code: "checkpoint.misfit",
          where: path,
          what: `the checkpoint does not fit the run's configuration: ${name}`,
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

export interface ExportOptions {
  readonly checkpoint?: WhichCheckpoint;
  /** Images per run of the model; default 1. */
  readonly batchSize?: number;
  /** The run's data, where it is open already. */
  readonly data?: Pick<RunData, "tasks" | "size">;
}

/** The bytes of a run's model. Helper networks are left out; the spelling is one that every provider takes. Throws UserError. */
export async function exportModel(run: RunPaths, options: ExportOptions = {}): Promise<Uint8Array> {
  const config = await runConfig(run);
  const network = networkOf(config);
  const { tasks, size } = options.data ?? (await openRunData(config, network));
  const { predictions, variables } = buildInference(tasks, network, options.batchSize ?? 1, size);
  const weights = await loadWeights(checkpointOf(run, options.checkpoint), variables);
  const names = Object.keys(predictions);
  const tensors = simplify(names.map((name) => predictions[name]));
  const outputs = names.map((name, i) => ({ name, tensor: tensors[i] }));
  return encodeModel(lowerGraph(outputs, PORTABLE, weights), formatMetadata(tasks, size));
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
