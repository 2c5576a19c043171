/** @file What this machine offers for training: found by trying, not by asking. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { UserError } from "../common/errors.js";
import { add, conv2d, input } from "../graph/index.js";
import type { Provider } from "./engine.js";
import { loadOrtNode, nodeEngine } from "./engine.node.js";
import { evaluate } from "./evaluate.js";

export const PROVIDERS = ["cpu", "webgpu", "cuda"] as const satisfies readonly Provider[];

export interface ProviderReport {
  readonly name: (typeof PROVIDERS)[number];
  /** Whether a small graph gave the right numbers. */
  readonly works: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** Plain data, as `doctor --json` prints it. */
export interface MachineReport {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  /** Logical processors this process may use. */
  readonly threads: number;
  readonly memoryBytes: number;
  readonly onnxruntime: {
    readonly installed: boolean;
    readonly version?: string;
    /** Channels a block of the fastest convolution kernels; 0 where they cannot be used. */
    readonly blockSize?: number;
    /**
     * Whether the CPU provider's runs copy all outputs once more, which makes steps of large models slower.
     */
    readonly copiesOutputs?: boolean;
    /** How to add it. */
    readonly fix?: string;
  };
}

/** Versions, processor and ONNX Runtime of this machine; works without ONNX Runtime. */
export async function inspectMachine(): Promise<MachineReport> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    onnxruntime: await inspectRuntime(),
  };
}

async function inspectRuntime(): Promise<MachineReport["onnxruntime"]> {
  try {
    await loadOrtNode();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { installed: false, fix: error.facts.fix };
  }
  const { target, refusal } = await nodeEngine({ provider: "cpu" });
  return {
    installed: true,
    version: runtimeVersion(),
    blockSize: target.blockSize,
    copiesOutputs: refusal === undefined,
  };
}

function runtimeVersion(): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/**
 * Runs a small convolution on a provider and checks its numbers. A provider may crash the process: run this
 * in one of its own.
 */
export async function probeProvider(name: ProviderReport["name"]): Promise<ProviderReport> {
  try {
    const engine = await nodeEngine({ provider: name });
    const image = input("image", [1, 1, 3, 3]);
    const y = add(conv2d(image, input("weight", [1, 1, 3, 3]), { padding: 1 }), 1);
    const ones = new Float32Array(9).fill(1);
    const { sums } = await evaluate(engine, { sums: y }, { image: ones, weight: ones });
    const right = [5, 7, 5, 7, 10, 7, 5, 7, 5].every((value, i) => Math.abs(value - sums[i]) < 1e-4);
    return right ? { name, works: true } : { name, works: false, reason: `wrong numbers: ${sums.join(" ")}` };
  } catch (error) {
    const { facts, message } = error as Partial<UserError> & { message: string };
    return { name, works: false, reason: (facts?.got ?? message).split("\n")[0] };
  }
}
