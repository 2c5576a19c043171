/**
 * @file What stands beside an exported model: `model.json` for programs, a card in Markdown for people. Both
 * say how to feed the model and what it gives.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { PillarPlan } from "../fields/sweep.js";
import type { Network } from "../models/network.js";
import { checkpointPath, savedSteps } from "../runs/checkpoint.js";
import { readMetrics } from "../runs/metrics-log.js";
import type { RunPaths } from "../runs/run-folder.js";
import { networkInputOf } from "../step/inference-graph.js";
import type { Task, TaskSpec } from "../tasks/task.js";
import { checkpointOf, EXPORT_OPSET, type ExportOptions } from "./export.js";
import { keptData } from "./kept-data.js";
import { networkOf } from "./parts.js";
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
  readonly precision: "float32" | "float16";
  readonly input: ImageInput | PillarInput;
  readonly outputs: readonly OutputDescription[];
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

/** Describes the model that `exportModel` makes by the same options. Throws UserError. */
export async function describeModel(
  run: RunPaths,
  file: string,
  options: ExportOptions = {},
): Promise<ModelDescription> {
  const config = await runConfig(run);
  const network = networkOf(config);
  const { tasks, size: trained } = await keptData(run);
  const [height, width] = options.size ?? trained;
  const { batchSize = 1 } = options;
  const shape = (channels: number) => [batchSize, channels, height, width];
  return {
    format: "taskloom-model",
    version: 1,
    file: basename(file),
    opset: options.opset ?? EXPORT_OPSET,
    precision: options.half === true ? "float16" : "float32",
    input: describeInput(network, [height, width], batchSize),
    outputs: tasks.map((task) => describeOutput(task, shape, options.argmax === true)),
    trained: {
      model: config.model.name,
      method: config.method.name,
      ...(await provenance(run, options)),
    },
  };
}

function describeInput(
  network: Network,
  size: readonly [number, number],
  batchSize: number,
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
  return { name: "image", shape, dtype: "float32", channels: "RGB", frames, normalise };
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

/** The first line of a card, by which it is known again. */
export const CARD_MARK = "<!-- taskloom model card -->";

/** The card of a model, in Markdown. `notes` are lines of their own section, e.g. of parity. */
export function modelCard(description: ModelDescription, notes: readonly string[] = []): string {
  const { file, input, outputs, opset, precision, trained } = description;
  const evaluated = Object.entries(trained.evaluation?.metrics ?? {}).flatMap(([task, metrics]) =>
    Object.entries(metrics).map(([metric, value]) => `| ${task} | ${metric} | ${number(value)} |`),
  );
  const lines = [
    CARD_MARK,
    `# ${file}`,
    "",
    `Predicts ${outputs.map(({ name }) => name).join(", ")}. Network \`${trained.model}\`, trained by \`${trained.method}\` with Taskloom` +
      `${trained.step === null ? "" : `, ${trained.step} steps`} (checkpoint ${trained.checkpoint}).` +
      ` ONNX operator set ${opset}, ${precision}.`,
    "",
    "## Input",
    "",
    ...inputLines(input),
    "",
    "## Outputs",
    "",
    "| output | kind | shape | type | values |",
    "| --- | --- | --- | --- | --- |",
    ...outputs.map(
      ({ name, kind, shape, dtype, values }) => `| ${name} | ${kind} | [${shape}] | ${dtype} | ${values} |`,
    ),
    ...outputs.flatMap(({ name, classes }) =>
      classes === undefined
        ? []
        : ["", `Classes of ${name}: ${classes.map((each, i) => `${i} ${each}`).join(", ")}.`],
    ),
    ...(evaluated.length === 0
      ? []
      : [
          "",
          `## Measured on the split ${trained.evaluation!.split}`,
          "",
          "At the size of training, before export.",
          "",
          "| task | metric | value |",
          "| --- | --- | --- |",
          ...evaluated,
        ]),
    ...(notes.length === 0 ? [] : ["", "## Checked", "", ...notes.map((note) => `- ${note}`)]),
    "",
    "## Use",
    "",
    "```python",
    ...useLines(file, input),
    "```",
  ];
  return `${lines.join("\n")}\n`;
}

function inputLines(input: ModelDescription["input"]): string[] {
  const { name, dtype, shape, frames } = input;
  const head = `\`${name}\`, ${dtype} [${shape}]:`;
  if (input.name === "pillars") {
    const { grid, pillars, points, step } = input.plan;
    const [x, y, z] = [grid.x, grid.y, grid.z].map((extent) => extent.join(" to "));
    return [
      `${head} the pillars of ${frames} sweep${frames === 1 ? "" : `s, each ${step} before the one before it`}.`,
      `Cells of ${grid.cell} m, x ${x} m (forward), y ${y} m (left), z ${z} m (up); up to ${pillars} pillars a sweep, ${points} points a pillar.`,
      `Channels: ${input.channels.join(", ")}. Rows of the map from the largest x down, columns from the largest y.`,
    ];
  }
  const [, , height, width] = shape;
  return [
    `${head} RGB planes, 8-bit values / 255, no further normalisation. Resize images to ${height} x ${width} (height x width).`,
    ...(frames > 1 ? [`${frames} frames that follow one another stand together, the earliest first.`] : []),
  ];
}

/** How to run the model, in Python. */
function useLines(file: string, { name, shape }: ModelDescription["input"]): string[] {
  const [, , height, width] = shape;
  const run = `outputs = onnxruntime.InferenceSession("${file}").run(None, {"${name}": ${name}})`;
  if (name === "pillars") {
    return [
      "import numpy, onnxruntime",
      `pillars = numpy.zeros([${shape}], numpy.float32)  # filled from points`,
      run,
    ];
  }
  return [
    "import numpy, onnxruntime",
    "from PIL import Image",
    `photo = Image.open("photo.jpg").convert("RGB").resize((${width}, ${height}), Image.BILINEAR)`,
    `image = numpy.asarray(photo, numpy.float32).transpose(2, 0, 1)[None] / 255`,
    run,
  ];
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "none";
}
