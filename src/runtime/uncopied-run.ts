/**
 * @file Runs that leave their outputs in the buffers they were given. onnxruntime-node fills given buffers,
 * but copies each output into new memory afterwards all the same: with Adam's slots that is three times the
 * parameters at every step, a tenth of its time and a quarter of its memory. It converts outputs in the
 * model's order, once all of them are computed, and refuses one that is a sequence. So a sequence as the
 * first output ends a run just between computing and copying. Whether the installed version behaves so is
 * found by trying, at start; where it does not, runs copy.
 */
import type * as Ort from "onnxruntime-common";
import { encodeModel } from "../graph/onnx.js";
import type { OnnxGraph } from "../graph/onnx-graph.js";
import type { Engine, OrtModule } from "./engine.js";

const END = "end";

/** The same graph with an output in front that ends its runs before they copy. */
export function endedBeforeCopies(graph: OnnxGraph): OnnxGraph {
  const type = { shape: [], dtype: "int64" } as const;
  const element = `${END}.element`;
  return {
    ...graph,
    initializers: [...graph.initializers, { name: element, type, data: [0] }],
    nodes: [
      ...graph.nodes,
      {
        opType: "SequenceConstruct",
        domain: "",
        name: END,
        inputs: [element],
        outputs: [END],
        attributes: {},
      },
    ],
    outputs: [{ name: END, type, sequence: true }, ...graph.outputs],
  };
}

/**
 * Runs a session made of `endedBeforeCopies`.
 * @param outputs a buffer for each output, which the run fills.
 * @throws whatever the run throws, except for the engine's refusal to convert the sequence.
 */
export async function runWithoutCopies(
  { refusal }: Pick<Engine, "refusal">,
  session: Ort.InferenceSession,
  feeds: Readonly<Record<string, Ort.Tensor>>,
  outputs: Readonly<Record<string, Ort.Tensor>>,
): Promise<void> {
  try {
    await session.run(feeds, { [END]: null, ...outputs });
  } catch (error) {
    if (!(error instanceof Error) || error.message !== refusal) throw error;
  }
}

/**
 * Finds out whether a run ends as told above.
 * @returns the message with which it does, or undefined where given buffers are not filled by then, or
 * nothing is refused.
 */
export async function probeRefusal(ort: OrtModule): Promise<string | undefined> {
  const type = { shape: [2], dtype: "float32" } as const;
  const node = { opType: "Add", domain: "", name: "sum", inputs: ["x", "x"], outputs: ["y"], attributes: {} };
  const graph: OnnxGraph = {
    nodes: [node],
    initializers: [],
    inputs: [{ name: "x", type }],
    outputs: [{ name: "y", type }],
  };
  const x = new ort.Tensor("float32", Float32Array.of(1, 2), [2]);
  const y = new ort.Tensor("float32", new Float32Array(2), [2]);
  try {
    const session = await ort.InferenceSession.create(encodeModel(endedBeforeCopies(graph)), {
      executionProviders: ["cpu"],
      logSeverityLevel: 4,
    });
    try {
      await session.run({ x }, { [END]: null, y });
    } finally {
      await session.release();
    }
    return undefined;
  } catch (error) {
    const filled = y.data[0] === 2 && y.data[1] === 4;
    return filled && error instanceof Error ? error.message : undefined;
  }
}
