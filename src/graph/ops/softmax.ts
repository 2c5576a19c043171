/** @file Softmax and its logarithm along one axis. */
import { apply, defineOperator, graphError, normaliseAxes, type Operator, type Tensor } from "../tensor.js";
import { div, mul, sub } from "./arithmetic.js";
import { reduceMax, reduceSum } from "./reduce.js";
import { exp, log } from "./unary.js";

type AxisAttributes = { axis: number };
type Rule = (y: Tensor, grad: Tensor, axis: number) => Tensor;

function softmaxOperator(name: string, rule: Rule): Operator<AxisAttributes> {
  return defineOperator<AxisAttributes>({
    name,
    infer: ([x]) => {
      if (x.dtype !== "float32") graphError(name, "needs a float32 tensor", [x]);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    gradient: ({ outputs: [y], grad, attributes: { axis } }) => [rule(y, grad, axis)],
    lower: ({ names, attributes: { axis }, emit }) => [emit(name, names, { axis })],
  });
}

// dx = y (dy - sum(dy y))
export const Softmax = softmaxOperator("Softmax", (y, grad, axis) =>
  mul(y, sub(grad, reduceSum(mul(grad, y), { axes: [axis], keepDims: true }))),
);
// dx = dy - exp(y) sum(dy)
export const LogSoftmax = softmaxOperator("LogSoftmax", (y, grad, axis) =>
  sub(grad, mul(exp(y), reduceSum(grad, { axes: [axis], keepDims: true }))),
);

/** exp(x) / sum(exp(x)) along one axis, of x's shape. Throws GraphError on an axis out of range. */
export function softmax(x: Tensor, axis: number): Tensor {
  return apply(Softmax, [x], { axis: normaliseAxes("softmax", [axis], x.shape.length)[0] });
}

/** x - log(sum(exp(x))) along one axis, of x's shape. Throws GraphError on an axis out of range. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  return apply(LogSoftmax, [x], { axis: normaliseAxes("logSoftmax", [axis], x.shape.length)[0] });
}

/** Softmax as elementwise operators and reductions, for providers that lack or are slow at its own. */
export function composedSoftmax(x: Tensor, axis: number): Tensor {
  const powers = exp(sub(x, reduceMax(x, { axes: [axis], keepDims: true })));
  return div(powers, reduceSum(powers, { axes: [axis], keepDims: true }));
}

/** The logarithm of softmax, likewise. */
export function composedLogSoftmax(x: Tensor, axis: number): Tensor {
  const shifted = sub(x, reduceMax(x, { axes: [axis], keepDims: true }));
  return sub(shifted, log(reduceSum(exp(shifted), { axes: [axis], keepDims: true })));
}
