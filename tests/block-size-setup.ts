/**
 * @file Runs a test file as if on another kind of CPU: with TASKLOOM_TEST_BLOCK_SIZE=0, 8 or 16 its engines
 * write graphs for convolution kernels with blocks of that many channels (0: for none). Where this CPU's
 * kernels have other blocks, plain ONNX nodes stand in for them.
 */
import { vi } from "vitest";
import type * as EngineModule from "../src/runtime/engine.node.js";
import { emulatingBlocks } from "./helpers/emulated-blocks.js";

vi.mock("../src/runtime/engine.node.js", async (importOriginal) => {
  const original = await importOriginal<typeof EngineModule>();
  const blockSize = Number(process.env.TASKLOOM_TEST_BLOCK_SIZE) as 0 | 8 | 16;
  const nodeEngine: typeof original.nodeEngine = async (options) => {
    const engine = await original.nodeEngine(options);
    const { ort, target } = engine;
    if (target.provider !== "cpu" || target.blockSize === blockSize) return engine;
    return {
      ...engine,
      ort: blockSize === 0 ? ort : emulatingBlocks(ort, blockSize),
      target: { ...target, blockSize },
    };
  };
  return { ...original, nodeEngine };
});
