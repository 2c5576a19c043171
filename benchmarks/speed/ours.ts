/**
 * @file Taskloom's side of the speed benchmark, by the protocol of pytorch_jtr.py and its neighbours: the JTR
 * step on SegNet, supervised depth with DenseCL beside it on DeepLabV3+, depth and motion by the photometric
 * loss, cross-task consistency of two tasks, or PointPillars on sweeps.
 */
import { createInterface } from "node:readline";
import { Random } from "../../src/common/random.js";
import { writeSafetensors } from "../../src/disk/safetensors.js";
import { countFlops } from "../../src/graph/count-flops.js";
import { input, matmul, reduceMax } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { type ConfiguredMethod, compose, type MethodDefinition, methods } from "../../src/methods/index.js";
import { deeplabv3plus } from "../../src/models/deeplabv3plus.js";
import { segnet } from "../../src/models/segnet.js";
import { xtascNet } from "../../src/models/xtasc-net.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";
import type { TermsPlan } from "../../src/step/plan.js";
import { TOTAL_LOSS, type TrainingProgram } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { compileProgram } from "../lib/compiled-program.js";
import { photometricPlan } from "./photometric.js";
import { pointPillarsStep } from "./pointpillars.js";

export interface Answer {
  readonly ms: readonly number[];
  /** Largest resident set so far, bytes. */
  readonly peak: number;
  readonly gigaflop?: number;
  readonly matmulGflops?: number;
  readonly onnxNodes?: number;
  /** Numbers that are trained. */
  readonly parameters?: number;
  /** What was minimised at each step. */
  readonly losses: readonly number[];
}

/** What the process is asked for. */
export interface Question {
  readonly steps: number;
  /** Whether to measure the machine's matrix product, too. */
  readonly matmul?: boolean;
  /** A file that what the steps begin from is written to before them: batch and trained numbers. */
  readonly save?: string;
}

export type StepName = "jtr" | "densecl" | "photometric" | "xtasc" | "pointpillars";

interface Measured extends Pick<TermsPlan, "tasks" | "network" | "method"> {
  /** Drawn at random if left out. */
  readonly batch?: Readonly<Record<string, Float32Array>>;
}

const [kind] = process.argv.slice(2) as StepName[];
const [width, batchSize, height, columns, threads] = process.argv.slice(3).map(Number);
const PRODUCT = 1536;
/** Images that the auxiliary task draws from: keys in its memory. */
const SAMPLES = 400;

const all = {
  segmentation: { kind: "segmentation", classes: Array.from({ length: 13 }, (_, i) => `class ${i}`) },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
};
const configured = (method: MethodDefinition, options: object): ConfiguredMethod => ({
  method,
  options: method.options.parse(options),
});
const PLANS: Readonly<Record<StepName, () => Measured | Promise<Measured>>> = {
  jtr: () => ({
    tasks: resolveTasks(all),
    network: segnet({ width }),
    method: configured(methods.jtr, { variant: "paper", width }),
  }),
  densecl: () => ({
    tasks: resolveTasks({ depth: all.depth }),
    network: deeplabv3plus({ encoder: "resnet26", outputStride: 16, width, norm: "group" }),
    method: compose(configured(methods.supervised, {}), [configured(methods.densecl, {})]),
  }),
  photometric: () => photometricPlan(width),
  xtasc: () => ({
    tasks: resolveTasks({ segmentation: all.segmentation, depth: all.depth }),
    network: xtascNet({ encoder: "resnet18", width }),
    method: configured(methods.xtasc, { width }),
  }),
  pointpillars: () => pointPillarsStep(width, batchSize, [height, columns]),
};

async function main(): Promise<void> {
  const engine = await nodeEngine({ provider: "cpu", threads });
  const { batch: given, ...plan } = await PLANS[kind]();
  const { program, step, feeds } = await compileProgram(engine, {
    ...plan,
    batchSize,
    size: [height, columns],
    samples: { densecl: SAMPLES },
  });
  const { update } = program.graph;
  const gigaflop =
    countFlops([...Object.values(update.outputs), ...update.state.map(({ next }) => next)]) / 1e9;
  const parameters = program.modules.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  const names = plan.tasks.map(({ name }) => name);
  const batch = given ?? makeBatch(step, names);
  let done = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as Question;
    if (question.save !== undefined) await saveStart(question.save, program, step, batch);
    const ms: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < question.steps; i++) {
      const further = await feeds(done);
      const start = performance.now();
      const outputs = await step.run({ ...batch, ...further });
      ms.push(performance.now() - start);
      losses.push(outputs[TOTAL_LOSS][0]);
      done++;
    }
    const answer: Answer = {
      ms,
      losses,
      peak: process.resourceUsage().maxRSS * 1024,
      gigaflop,
      onnxNodes: step.nodeCount,
      parameters,
      ...(question.matmul ? { matmulGflops: await matmulPeak(engine) } : {}),
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/** Writes the batch's arrays under `batch.` and every parameter as it starts, under its name. */
async function saveStart(
  path: string,
  { modules }: TrainingProgram,
  step: CompiledStep,
  batch: Readonly<Record<string, Float32Array>>,
): Promise<void> {
  const stored = (shape: readonly number[], data: Float32Array) => ({ dtype: "F32", shape, data }) as const;
  const arrays = step.feeds.flatMap(({ name, type: { shape } }) =>
    name in batch ? [[`batch.${name}`, stored(shape, batch[name])] as const] : [],
  );
  const parameters = modules.trained().map((variable) => {
    const { shape } = variable.tensor;
    return [variable.name, stored(shape, modules.initialValue(variable, 0))] as const;
  });
  await writeSafetensors(path, new Map([...arrays, ...parameters]));
}

/** The machine's own matrix product through the same engine: the best of some runs, GFLOP/s. */
async function matmulPeak(engine: Awaited<ReturnType<typeof nodeEngine>>): Promise<number> {
  const shape = [PRODUCT, PRODUCT];
  const product = reduceMax(matmul(input("a", shape), input("b", shape)));
  const probe = await CompiledStep.compile(engine, new StateStore(engine), {
    outputs: { product },
    state: [],
  });
  const random = new Random(2);
  const feeds = Object.fromEntries(
    ["a", "b"].map((name) => [name, Float32Array.from({ length: PRODUCT ** 2 }, () => random.uniform())]),
  );
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await probe.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await probe.release();
  return (2 * PRODUCT ** 3) / best / 1e6;
}

/** fx, fy, cx, cy of a camera that looks straight ahead. */
const CAMERA = [0.8 * columns, 0.8 * columns, columns / 2, height / 2];

/** Random images; sample n is labelled for task n modulo their number (onelabel). */
function makeBatch(step: CompiledStep, names: readonly string[]): Record<string, Float32Array> {
  const random = new Random(1);
  const feeds: Record<string, Float32Array> = {};
  for (const { name, type } of step.feeds) {
    const [task, part] = name.split(".");
    const index = names.indexOf(task);
    const perSample = sizeOf(type.shape) / batchSize;
    feeds[name] = Float32Array.from({ length: sizeOf(type.shape) }, (_, i) => {
      const labelled = Math.floor(i / perSample) % names.length === index ? 1 : 0;
      if (part === "valid" || part === "labelled") return labelled;
      if (part === "index") return i;
      if (name.endsWith("camera")) return CAMERA[i % CAMERA.length];
      return task === "segmentation" ? random.integer(13) : random.uniform();
    });
  }
  return feeds;
}

await main();
