/**
 * @file Softmax over channels on the CPU, where ONNX Runtime transposes an inner axis to the end and back.
 */
import { composedLogSoftmax, composedSoftmax, LogSoftmax, Softmax } from "../ops/softmax.js";
import type { Operator, Tensor } from "../tensor.js";
import { composed } from "./composed.js";
import type { Spelling, SpellingTable } from "./index.js";

function unlessLast(op: Operator<{ axis: number }>, build: (x: Tensor, axis: number) => Tensor): Spelling {
  const apart = composed(([x], { axis }) => build(x, axis));
  return (context) =>
    context.attributes.axis === context.inputs[0].shape.length - 1 ? op.lower(context) : apart(context);
}

/** Measured for 4x13x96x128 along axis 1: 1.8 ms against 7.4 ms. */
export const cpuSoftmax: SpellingTable = {
  [Softmax.name]: unlessLast(Softmax, composedSoftmax),
  [LogSoftmax.name]: unlessLast(LogSoftmax, composedLogSoftmax),
};
