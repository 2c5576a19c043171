/** @file ONNX Runtime in Node: found at start, because it is an optional package. */
import { UserError } from "../common/errors.js";
import { probeBlockSize } from "./block-size.js";
import type { Engine, EngineOptions, OrtModule } from "./engine.js";
import { probeRefusal } from "./uncopied-run.js";

/** Loads onnxruntime-node. Throws UserError saying how to add it where it is missing. */
export async function loadOrtNode(): Promise<
  OrtModule & { listSupportedBackends?: () => { name: string; bundled: boolean }[] }
> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new UserError(
      {
        code: "runtime.missing",
        what: "the package onnxruntime-node is not installed",
        fix: "Add it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node` (leave the variable out to download CUDA support).",
      },
      { cause },
    );
  }
}

let cpuTraits: Promise<Pick<Engine, "target" | "refusal">> | undefined;

async function probeCpu(ort: OrtModule): Promise<Pick<Engine, "target" | "refusal">> {
  return {
    target: { provider: "cpu", blockSize: await probeBlockSize(ort) },
    refusal: await probeRefusal(ort),
  };
}

/** An engine on onnxruntime-node. The first CPU engine of a process probes the CPU provider once. */
export async function nodeEngine(options: EngineOptions = { provider: "cpu" }): Promise<Engine> {
  const ort = await loadOrtNode();
  const threads = options.threads ?? 0;
  if (options.provider !== "cpu")
    return { ort, threads, target: { provider: options.provider, blockSize: 0 } };
  cpuTraits ??= probeCpu(ort);
  return { ort, threads, ...(await cpuTraits) };
}
