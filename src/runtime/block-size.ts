/** @file Finds out whether and how this CPU's blocked (NCHWc) convolution kernels can be used. */

import type { Target } from "../graph/lowering.js";
import { encodeModel } from "../graph/onnx.js";
import type { OrtModule } from "./engine.js";

const POSITIONS = 3;

/**
 * ONNX Runtime reorders channels into blocks of 16 (AVX-512) or 8 (AVX2) values for its fastest convolutions,
 * but does not say which. A ReorderInput of a ramp tells: in the result, neighbours within a block are
 * neighbouring channels.
 * @returns 16, 8, or 0 where the reordering is not available.
 */
export async function probeBlockSize(ort: OrtModule): Promise<Target["blockSize"]> {
  const channels = 32;
  const type = { shape: [1, channels, 1, POSITIONS], dtype: "float32" } as const;
  const bytes = encodeModel({
    nodes: [
      {
        opType: "ReorderInput",
        domain: "com.microsoft.nchwc",
        name: "probe",
        inputs: ["x"],
        outputs: ["y"],
        attributes: {},
      },
    ],
    initializers: [],
    inputs: [{ name: "x", type }],
    outputs: [{ name: "y", type }],
  });
  try {
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const ramp = Float32Array.from({ length: channels * POSITIONS }, (_, i) => i);
    const { y } = await session.run({ x: new ort.Tensor("float32", ramp, [...type.shape]) });
    await session.release();
    return blockSizeOf(y.data as Float32Array);
  } catch {
    // Builds without these kernels reject the operator; the portable spelling serves them.
    return 0;
  }
}

function blockSizeOf(reordered: Float32Array): Target["blockSize"] {
  for (const size of [16, 8] as const) {
    const inBlocks = reordered.every((value, i) => {
      const channel = Math.floor(i / (size * POSITIONS)) * size + (i % size);
      const position = Math.floor(i / size) % POSITIONS;
      return value === channel * POSITIONS + position;
    });
    if (inBlocks) return size;
  }
  return 0;
}
