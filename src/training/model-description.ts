/**
 * @file What stands beside an exported model: `model.json` for programs, a card in Markdown for people. Both
 * say how to feed the model and what it gives.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { GREY } from "../fields/image.js";
import type { Resize } from "../fields/resize.js";
import type { PillarPlan } from "../fields/sweep.js";
import type { Network } from "../models/network.js";
import { checkpointPath, savedSteps } from "../runs/checkpoint.js";
import { readMetrics } from "../runs/metrics-log.js";
import type { RunPaths } from "../runs/run-folder.js";
import { networkInputOf } from "../step/inference-graph.js";
import type { Task, TaskSpec } from "../tasks/task.js";
import { checkpointOf, EXPORT_OPSET, type ExportOptions } from "./export.js";
import { resizeOf } from "./image-size.js";
import { keptData } from "./kept-data.js";
import { networkOf } from "./parts.js";
import type { Taking } from "./predict/fit.js";
import type { QuantisedReport } from "./quantise.js";
import { runConfig } from "./run-files.js";

/** One output of a model. */
export interface OutputDescription {
  /** Of the output, and of the task. */
  readonly name: string;
  readonly kind: string;
  /** [N,C,H,W] */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int64";
  /** What the values are, with their unit. */
  readonly values: string;
  /** Names of classes in the order of their indices, where the task has any. */
  readonly classes?: readonly string[];
  /** The task's entry in dataset.yaml. */
  readonly spec: TaskSpec;
}

export interface ImageInput {
  readonly name: "image";
  /** Shape [N,C,H,W], with three channels of each frame, the earliest frame first. */
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly channels: "RGB";
  readonly frames: number;
  /** Height and width may be any multiples of this; `shape` has those of training. One size if left out. */
  readonly multiplesOf?: number;
  /**
   * How images become that large: `squash`, stretched; `letterbox`, scaled to fit, in the middle, `padding`
   * around, which is to be cut off predictions; `crop`, windows at images' own resolution.
   */
  readonly resize: Resize;
  /** 8-bit RGB around letterboxed images. */
  readonly padding?: readonly number[];
  /** (value * scale - mean) / std of 8-bit values; what else a network needs is inside the model. */
  readonly normalise: {
    readonly scale: number;
    readonly mean: readonly number[];
    readonly std: readonly number[];
  };
}

export interface PillarInput {
  readonly name: "pillars";
  /** [N, channels, frames * pillars, points]: the pillars of the present sweep first. */
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly channels: readonly string[];
  readonly frames: number;
  /** Grid and limits by which points become pillars. */
  readonly plan: PillarPlan;
}

const PADDING = [0, 1, 2].map(() => Math.round(255 * GREY));

/** What the channels of pillars are. */
const PILLAR_VALUES = [
  ...["x", "y", "z", "intensity", "x - mean x", "y - mean y", "z - mean z"],
  ...["x - cell's middle", "y - cell's middle", "1 + row * columns + column, 0 for no pillar"],
];

/** The content of `model.json`. */
export interface ModelDescription {
  readonly format: "taskloom-model";
  readonly version: 1;
  /** Name of the model's file, beside this one. */
  readonly file: string;
  readonly opset: number;
  /** What it mostly computes in; inputs and outputs are as they say. */
  readonly precision: "float32" | "float16" | "int8";
  /** What 8-bit convolutions were calibrated on, and what they cost. */
  readonly quantised?: QuantisedReport;
  readonly input: ImageInput | PillarInput;
  readonly outputs: readonly OutputDescription[];
  /** Shape [N,C,H',W'] of the output `features`, where there is one; sides that follow the image's are 0. */
  readonly features?: readonly number[];
  readonly trained: {
    readonly model: string;
    readonly method: string;
    readonly checkpoint: string;
    /** Steps done at the checkpoint. */
    readonly step: number | null;
    /** Of the evaluation at that step: split, and numbers by task and metric. */
    readonly evaluation?: {
      readonly split: string;
      readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };
  };
}

interface DescribedOptions extends ExportOptions {
  readonly dynamic?: boolean;
  readonly quantised?: QuantisedReport;
  readonly featureShape?: readonly number[];
}

/** Describes the model that `exportModel` makes by the same options. Throws UserError. */
export async function describeModel(
  run: RunPaths,
  file: string,
  options: DescribedOptions = {},
): Promise<ModelDescription> {
  const config = await runConfig(run);
  const network = networkOf(config);
  const { tasks, size: trained } = await keptData(run);
  const [height, width] = options.size ?? trained;
  const { batchSize = 1, quantised } = options;
  const shape = (channels: number) => [batchSize, channels, height, width];
  return {
    format: "taskloom-model",
    version: 1,
    file: basename(file),
    opset: options.opset ?? EXPORT_OPSET,
    precision: quantised !== undefined ? "int8" : options.half === true ? "float16" : "float32",
    ...(quantised && { quantised }),
    input: describeInput(network, { size: [height, width], resize: resizeOf(config) }, options),
    outputs: tasks.map((task) => describeOutput(task, shape, options.argmax === true)),
    ...(options.featureShape && { features: options.featureShape }),
    trained: {
      model: config.model.name,
      method: config.method.name,
      ...(await provenance(run, options)),
    },
  };
}

function describeInput(
  network: Network,
  { size, resize }: Taking,
  { batchSize = 1, dynamic = false }: DescribedOptions,
): ModelDescription["input"] {
  const { frames = 1, pillars } = network;
  const shape = [batchSize, ...networkInputOf(network, size).shape];
  if (pillars !== undefined) {
    const { frames: sweeps } = pillars;
    return {
      name: "pillars",
      shape,
      dtype: "float32",
      channels: PILLAR_VALUES,
      frames: sweeps,
      plan: pillars,
    };
  }
  const normalise = { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
  const sides = dynamic ? { multiplesOf: network.sizeMultiple } : {};
  const padding = resize === "letterbox" ? { padding: PADDING } : {};
  const image = { name: "image", shape, dtype: "float32", channels: "RGB", frames } as const;
  return { ...image, ...sides, resize, ...padding, normalise };
}

function describeOutput(
  { name, kind, spec }: Task,
  shape: (channels: number) => number[],
  argmax: boolean,
): OutputDescription {
  const { decide, channels, meaning } = kind.learning;
  const decided = argmax && decide !== undefined;
  const { classes } = spec as TaskSpec & { readonly classes?: readonly string[] };
  return {
    name,
    kind: kind.kind,
    shape: shape(decided ? 1 : channels(spec)),
    dtype: decided ? "int64" : "float32",
    values: decided ? "class indices" : (meaning ?? "as the task predicts them"),
    ...(classes && { classes }),
    spec,
  };
}

async function provenance(
  run: RunPaths,
  { checkpoint }: ExportOptions,
): Promise<Pick<ModelDescription["trained"], "checkpoint" | "step" | "evaluation">> {
  const path = checkpointOf(run, checkpoint);
  const which = path === checkpointPath(run.checkpoints, "best") ? "best" : "last";
  const step = (await savedSteps(run.checkpoints))[which] ?? null;
  const records = existsSync(run.metrics) ? readMetrics(run.metrics) : [];
  const evaluation = records.findLast((each) => each.kind === "evaluation" && each.step === step);
  if (evaluation?.kind !== "evaluation") return { checkpoint: which, step };
  const { split, metrics } = evaluation;
  return { checkpoint: which, step, evaluation: { split, metrics } };
}
