/**
 * @file Taskloom's side of the speed benchmark: the JTR step on SegNet, by the protocol of pytorch_jtr.py.
 */
import { createInterface } from "node:readline";
import { Random } from "../../src/common/random.js";
import { input, matmul, reduceMax } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { methods } from "../../src/methods/index.js";
import { segnet } from "../../src/models/segnet.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { compileProgram } from "../lib/compiled-program.js";
import { countFlops } from "./flops.js";

export interface Answer {
  readonly ms: readonly number[];
  /** Largest resident set so far, bytes. */
  readonly peak: number;
  readonly gigaflop?: number;
  readonly matmulGflops?: number;
  readonly onnxNodes?: number;
}

const [width, batchSize, height, columns, threads] = process.argv.slice(2).map(Number);
const PRODUCT = 1536;

async function main(): Promise<void> {
  const engine = await nodeEngine({ provider: "cpu", threads });
  const tasks = resolveTasks({
    segmentation: { kind: "segmentation", classes: Array.from({ length: 13 }, (_, i) => `class ${i}`) },
    depth: { kind: "depth" },
    normals: { kind: "normals" },
  });
  const { program, step, feeds } = await compileProgram(engine, {
    tasks,
    network: segnet({ width }),
    method: { method: methods.jtr, options: methods.jtr.options.parse({ variant: "paper", width }) },
    batchSize,
    size: [height, columns],
  });
  const { update } = program.graph;
  const gigaflop =
    countFlops([...Object.values(update.outputs), ...update.state.map(({ next }) => next)]) / 1e9;
  const batch = makeBatch(step);
  let done = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as { steps: number; matmul?: boolean };
    const ms: number[] = [];
    for (let i = 0; i < question.steps; i++) {
      const further = await feeds(done);
      const start = performance.now();
      await step.run({ ...batch, ...further });
      ms.push(performance.now() - start);
      done++;
    }
    const answer: Answer = {
      ms,
      peak: process.resourceUsage().maxRSS * 1024,
      gigaflop,
      onnxNodes: step.nodeCount,
      ...(question.matmul ? { matmulGflops: await matmulPeak(engine) } : {}),
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
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

/** Random images; sample n is labelled for task n modulo 3 (onelabel). */
function makeBatch(step: CompiledStep): Record<string, Float32Array> {
  const random = new Random(1);
  const names = ["segmentation", "depth", "normals"];
  const feeds: Record<string, Float32Array> = {};
  for (const { name, type } of step.feeds) {
    const [task, part] = name.split(".");
    const index = names.indexOf(task);
    const perSample = sizeOf(type.shape) / batchSize;
    feeds[name] = Float32Array.from({ length: sizeOf(type.shape) }, (_, i) => {
      const labelled = Math.floor(i / perSample) % names.length === index ? 1 : 0;
      if (part === "valid" || part === "labelled") return labelled;
      return task === "segmentation" ? random.integer(13) : random.uniform();
    });
  }
  return feeds;
}

await main();
