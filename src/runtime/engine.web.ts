/** @file ONNX Runtime in the browser: the package onnxruntime-web, loaded when the first engine is made. */
import { UserError } from "../common/errors.js";
import type { Engine, OrtModule } from "./engine.js";

export interface WebEngineOptions {
  readonly provider: "wasm" | "webgpu";
  /**
   * Threads of the wasm provider; 0 lets ONNX Runtime choose. More than one needs a page that is cross-origin
   * isolated. Read when the first session of a page is opened, and not again.
   */
  readonly threads?: number;
  /**
   * Folder, with a slash at its end, that serves onnxruntime-web's .wasm and .mjs files, where they do not
   * lie beside the script.
   */
  readonly wasmPaths?: string;
}

/**
 * The bundle of that provider. `onnxruntime-web/all` carries an older WebGPU provider, which lacks operators
 * that training needs.
 */
const load = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
} satisfies Record<WebEngineOptions["provider"], () => Promise<OrtModule>>;

/**
 * An engine on onnxruntime-web.
 * @throws UserError where the package cannot be loaded.
 */
export async function webEngine({ provider, threads = 0, wasmPaths }: WebEngineOptions): Promise<Engine> {
  let ort: OrtModule;
  try {
    ort = await load[provider]();
  } catch (cause) {
    throw new UserError(
      {
        code: "runtime.missing",
        what: "the package onnxruntime-web could not be loaded",
        got: cause instanceof Error ? cause.message : String(cause),
        fix: "Add it with `npm install onnxruntime-web` and bundle it with the page.",
      },
      { cause },
    );
  }
  if (threads > 0) ort.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return { ort, threads, target: { provider, blockSize: 0 } };
}
