/** @file Reductions over axes. */
import {
  apply,
  defineOperator,
  graphError,
  normaliseAxes,
  type Operator,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.js";
import { div, mul } from "./arithmetic.js";
import { cast, equal } from "./compare.js";
import { expand, reshape } from "./shape.js";

type ReduceAttributes = { axes: readonly number[]; keepDims: boolean };

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): number[] {
  return shape.flatMap((dim, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [dim]));
}

function withKeptAxes(x: Tensor, reduced: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    reduced,
    x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  );
}

function reduction(name: string, rule: Operator<ReduceAttributes>["gradient"]): Operator<ReduceAttributes> {
  return defineOperator<ReduceAttributes>({
    name,
    infer: ([x], attributes) => {
      if (x.dtype !== "float32") graphError(name, "needs a float32 tensor", [x]);
      return [{ shape: reducedShape(x.shape, attributes), dtype: x.dtype }];
    },
    gradient: rule,
    lower: ({ names, attributes, emit, ints }) => [
      emit(name, [names[0], ints(attributes.axes)], { keepdims: attributes.keepDims ? 1 : 0 }),
    ],
  });
}

export const ReduceSum = reduction("ReduceSum", ({ inputs: [x], grad, attributes }) => [
  expand(withKeptAxes(x, grad, attributes.axes), x.shape),
]);

// At ties the gradient is shared equally (as PyTorch's amax does).
const extremumGradient: Operator<ReduceAttributes>["gradient"] = ({
  inputs: [x],
  outputs: [y],
  grad,
  attributes,
}) => {
  const { axes } = attributes;
  const chosen = cast(equal(x, withKeptAxes(x, y, axes)), "float32");
  const count = reduceSum(chosen, { axes, keepDims: true });
  return [mul(chosen, div(withKeptAxes(x, grad, axes), count))];
};
export const ReduceMax = reduction("ReduceMax", extremumGradient);
export const ReduceMin = reduction("ReduceMin", extremumGradient);

export interface ReduceOptions {
  /** Axes to reduce; negative ones count from the end. All axes if left out. */
  axes?: readonly number[];
  /** Keep reduced axes with size 1. Default false. */
  keepDims?: boolean;
}

function reduce(op: Operator<ReduceAttributes>, x: Tensor, options: ReduceOptions): Tensor {
  const axes = normaliseAxes(op.name, options.axes ?? x.shape.map((_, i) => i), x.shape.length);
  const keepDims = options.keepDims ?? false;
  // ONNX reads an empty list of axes as "all of them".
  if (axes.length === 0) return x;
  return apply(op, [x], { axes, keepDims });
}

/** Sum over axes. Throws GraphError on axes out of range; so do the others here. */
export function reduceSum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(ReduceSum, x, options);
}

/** Mean over axes. */
export function reduceMean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = normaliseAxes("reduceMean", options.axes ?? x.shape.map((_, i) => i), x.shape.length);
  const count = sizeOf(axes.map((axis) => x.shape[axis]));
  return mul(reduce(ReduceSum, x, options), 1 / count);
}

/** Largest value over axes; ties share the gradient equally. */
export function reduceMax(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(ReduceMax, x, options);
}

/** Smallest value over axes; ties share the gradient equally. */
export function reduceMin(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(ReduceMin, x, options);
}
