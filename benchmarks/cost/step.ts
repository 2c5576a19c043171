/**
 * @file One training step of one method over K tasks, on made-up batches: answers each request for steps with
 * their times.
 */
import { createInterface } from "node:readline";
import { z } from "zod";
import { Random } from "../../src/common/random.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { type ConfiguredMethod, compose, methods } from "../../src/methods/index.js";
import { segnet } from "../../src/models/segnet.js";
import type { CompiledStep } from "../../src/runtime/compiled-step.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { countParameters, peakMemoryBytes, type Resources } from "../../src/training/resources.js";
import { compileProgram } from "../lib/compiled-program.js";

export interface Answer {
  readonly ms: readonly number[];
  /** Largest resident set so far, bytes. */
  readonly peak: number;
  readonly parameters: Resources["parameters"];
  readonly onnxNodes: number;
}

const CLASSES = 13;
/** Images that self-supervised methods draw from: keys in their memory. */
const SAMPLES = 400;
/** A method, and after each `+` one beside it. */
const [base, ...added] = process.argv[2].split("+");
const [taskCount, width, batchSize, height, columns, threads] = process.argv.slice(3).map(Number);

/** Segmentation, depth and normals, then as many further depths as it takes. */
function tasksOf(count: number) {
  const further = Array.from({ length: Math.max(0, count - 3) }, (_, i) => [
    `depth${i + 2}`,
    { kind: "depth" },
  ]);
  const classes = Array.from({ length: CLASSES }, (_, i) => `class ${i}`);
  const specs: Record<string, object> = {
    segmentation: { kind: "segmentation", classes },
    depth: { kind: "depth" },
    normals: { kind: "normals" },
    ...Object.fromEntries(further),
  };
  return resolveTasks(specs, Object.keys(specs).slice(0, count));
}

/**
 * By the paper, with helper networks as wide as the network, where the method has such options; behind a
 * slash which tasks are transferred, to and from depth for a hub.
 */
function configured(name: string): ConfiguredMethod {
  const [method, transfer] = name.split("/");
  const { options } = methods[method];
  const known = options instanceof z.ZodObject ? options.shape : {};
  return {
    method: methods[method],
    options: options.parse({
      ...("width" in known && { width }),
      ...("variant" in known && { variant: "paper" }),
      ...(transfer && { transfer, ...(transfer === "hub" && { hub: "depth" }) }),
    }),
  };
}

/** Random images; sample n is labelled for task n modulo K (onelabel). */
function makeBatch(step: CompiledStep, tasks: readonly string[]): Record<string, Float32Array> {
  const random = new Random(1);
  const feeds: Record<string, Float32Array> = {};
  for (const { name: feed, type } of step.feeds) {
    const [part, task] = feed.split(".").reverse();
    const perSample = sizeOf(type.shape) / batchSize;
    if (part === "index" || part === "turns") {
      feeds[feed] = Float32Array.from({ length: batchSize }, (_, n) => n % 4);
      continue;
    }
    feeds[feed] = Float32Array.from({ length: sizeOf(type.shape) }, (_, i) => {
      if (part === "valid" || part === "labelled") {
        return Math.floor(i / perSample) % tasks.length === tasks.indexOf(task) ? 1 : 0;
      }
      return task === "segmentation" ? random.integer(CLASSES) : random.uniform();
    });
  }
  return feeds;
}

async function main(): Promise<void> {
  const engine = await nodeEngine({ provider: "cpu", threads });
  const tasks = tasksOf(taskCount);
  const { program, step, feeds } = await compileProgram(engine, {
    ...{ tasks, batchSize, size: [height, columns] },
    network: segnet({ width }),
    method: compose(configured(base), added.map(configured)),
    samples: Object.fromEntries(["main", ...added].map((stream) => [stream, SAMPLES])),
  });
  const batch = makeBatch(
    step,
    tasks.map((task) => task.name),
  );
  let done = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const ms: number[] = [];
    for (let i = 0; i < (JSON.parse(line) as { steps: number }).steps; i++) {
      const further = await feeds(done);
      const start = performance.now();
      await step.run({ ...batch, ...further });
      ms.push(performance.now() - start);
      done++;
    }
    const answer: Answer = {
      ...{ ms, peak: peakMemoryBytes(), onnxNodes: step.nodeCount },
      parameters: countParameters(program.modules),
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

await main();
