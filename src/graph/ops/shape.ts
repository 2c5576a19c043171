/** @file Operators that move values without changing them: reshape, transpose, expand, slice, pad, concat. */
import {
  apply,
  defineOperator,
  graphError,
  normaliseAxes,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.js";
import { cast, equal } from "./compare.js";
import { constant } from "./leaf.js";
import { reduceSum } from "./reduce.js";

export const Reshape = defineOperator<{ shape: Shape }>({
  name: "Reshape",
  infer: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x.shape))
      graphError("reshape", `[${shape}] does not hold as many values`, [x]);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], grad }) => [reshape(grad, x.shape)],
  lower: ({ names, attributes, reshape }) => [reshape(names[0], attributes.shape)],
});

/**
 * The same values, row-major, under another shape; one dimension may be -1. Throws GraphError where the sizes
 * differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const resolved = shape.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim));
  return sameShape(resolved, x.shape) ? x : apply(Reshape, [x], { shape: resolved });
}

export const Transpose = defineOperator<{ permutation: readonly number[] }>({
  name: "Transpose",
  infer: ([x], { permutation }) => {
    if (permutation.length !== x.shape.length)
      graphError("transpose", `permutation [${permutation}] does not fit`, [x]);
    normaliseAxes("transpose", permutation, x.shape.length);
    return [{ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }];
  },
  gradient: ({ grad, attributes }) => [
    transpose(
      grad,
      attributes.permutation.map((_, i) => attributes.permutation.indexOf(i)),
    ),
  ],
  lower: ({ names, attributes, emit }) => [emit("Transpose", names, { perm: attributes.permutation })],
});

/** Permutes axes: axis i of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return permutation.every((axis, i) => axis === i) && permutation.length === x.shape.length
    ? x
    : apply(Transpose, [x], { permutation: [...permutation] });
}

export const Expand = defineOperator<{ shape: Shape }>({
  name: "Expand",
  infer: ([x], { shape }) => {
    const offset = shape.length - x.shape.length;
    const fits = offset >= 0 && x.shape.every((dim, i) => dim === 1 || dim === shape[offset + i]);
    if (!fits) graphError("expand", `cannot be expanded to [${shape}]`, [x]);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], grad }) => {
    const offset = grad.shape.length - x.shape.length;
    const axes = grad.shape.flatMap((dim, i) =>
      i < offset || (x.shape[i - offset] === 1 && dim !== 1) ? [i] : [],
    );
    return [reshape(reduceSum(grad, { axes, keepDims: true }), x.shape)];
  },
  lower: ({ names, attributes, emit, ints }) => [emit("Expand", [names[0], ints(attributes.shape)])],
});

/** Repeats size-1 axes (and adds leading ones) until the tensor has `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(Expand, [x], { shape: [...shape] });
}

type SliceAttributes = {
  axes: readonly number[];
  starts: readonly number[];
  ends: readonly number[];
  steps: readonly number[];
};

export const Slice = defineOperator<SliceAttributes>({
  name: "Slice",
  infer: ([x], { axes, starts, ends, steps }) => {
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      if (starts[i] < 0 || ends[i] > x.shape[axis] || starts[i] >= ends[i] || steps[i] < 1) {
        graphError(
          "slice",
          `range ${starts[i]}..${ends[i]} step ${steps[i]} is empty or outside axis ${axis}`,
          [x],
        );
      }
      shape[axis] = Math.ceil((ends[i] - starts[i]) / steps[i]);
    });
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], grad, attributes: { axes, starts, steps } }) => {
    let spread = grad;
    const before = x.shape.map(() => 0);
    const after = x.shape.map(() => 0);
    axes.forEach((axis, i) => {
      spread = dilate(spread, axis, steps[i]);
      before[axis] = starts[i];
      after[axis] = x.shape[axis] - starts[i] - spread.shape[axis];
    });
    // A stride may leave a tail that no output read; dilate() may also overshoot the end by the last gap.
    const trimmed = after.map((value) => Math.min(value, 0));
    if (trimmed.some((value) => value < 0)) {
      const cut = spread.shape.map((dim, i) => dim + trimmed[i]);
      spread = slice(spread, { starts: cut.map(() => 0), ends: cut });
    }
    return [
      pad(
        spread,
        before,
        after.map((value) => Math.max(value, 0)),
      ),
    ];
  },
  lower: ({ names, attributes: { axes, starts, ends, steps }, emit, ints }) => [
    emit("Slice", [names[0], ints(starts), ints(ends), ints(axes), ints(steps)]),
  ],
});

/** Inserts `step - 1` zeros after each entry along an axis. */
function dilate(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const apart = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const zeros = apart.shape.map(() => 0);
  const after = apart.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0));
  const shape = x.shape.map((dim, i) => (i === axis ? dim * step : dim));
  return reshape(pad(apart, zeros, after), shape);
}

export interface SliceOptions {
  /** Axes the ranges belong to; all axes in order if left out. */
  axes?: readonly number[];
  starts: readonly number[];
  /** Exclusive; negative values count from the end, as do negative starts. */
  ends: readonly number[];
  /** Positive steps; 1 if left out. */
  steps?: readonly number[];
}

/** A block of a tensor. Throws GraphError on empty ranges and ranges outside the tensor. */
export function slice(x: Tensor, options: SliceOptions): Tensor {
  const axes = (options.axes ?? options.starts.map((_, i) => i)).map((axis) =>
    axis < 0 ? axis + x.shape.length : axis,
  );
  normaliseAxes("slice", axes, x.shape.length);
  const absolute = (value: number, i: number) => (value < 0 ? value + x.shape[axes[i]] : value);
  const starts = options.starts.map(absolute);
  const ends = options.ends.map(absolute);
  const steps = options.steps ?? axes.map(() => 1);
  const whole = axes.every((axis, i) => starts[i] === 0 && ends[i] === x.shape[axis] && steps[i] === 1);
  return whole ? x : apply(Slice, [x], { axes, starts, ends, steps: [...steps] });
}

export const Pad = defineOperator<{ before: readonly number[]; after: readonly number[]; value: number }>({
  name: "Pad",
  infer: ([x], { before, after }) => {
    if (
      before.length !== x.shape.length ||
      after.length !== x.shape.length ||
      [...before, ...after].some((n) => n < 0)
    ) {
      graphError("pad", `pads [${before}] and [${after}] must be >= 0, one pair an axis`, [x]);
    }
    return [{ shape: x.shape.map((dim, i) => dim + before[i] + after[i]), dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], grad, attributes: { before } }) => [
    slice(grad, { starts: before, ends: before.map((start, i) => start + x.shape[i]) }),
  ],
  lower: ({ names, attributes: { before, after, value }, emit, ints, scalar }) => [
    emit("Pad", [names[0], ints([...before, ...after]), scalar(value)], { mode: "constant" }),
  ],
});

/** Adds `before[i]` and `after[i]` entries of `value` along every axis. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  return [...before, ...after].every((n) => n === 0) && before.length === x.shape.length
    ? x
    : apply(Pad, [x], { before: [...before], after: [...after], value });
}

export const Concat = defineOperator<{ axis: number }>({
  name: "Concat",
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    const fits = inputs.every(
      (x) =>
        x.dtype === first.dtype &&
        x.shape.length === first.shape.length &&
        x.shape.every((dim, i) => i === axis || dim === first.shape[i]),
    );
    if (!fits) graphError("concat", `shapes must agree outside axis ${axis}`, inputs);
    const total = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
    return [{ shape: first.shape.map((dim, i) => (i === axis ? total : dim)), dtype: first.dtype }];
  },
  gradient: ({ inputs, grad, attributes: { axis }, needs }) => {
    let start = 0;
    return inputs.map((x, i) => {
      const from = start;
      start += x.shape[axis];
      return needs(i) ? slice(grad, { axes: [axis], starts: [from], ends: [from + x.shape[axis]] }) : null;
    });
  },
  lower: ({ names, attributes, emit }) => [emit("Concat", names, { axis: attributes.axis })],
});

/** Joins tensors along an axis. Throws GraphError where they disagree elsewhere or the list is empty. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) graphError("concat", "needs at least one tensor");
  const [resolved] = normaliseAxes("concat", [axis], tensors[0].shape.length);
  return tensors.length === 1 ? tensors[0] : apply(Concat, [...tensors], { axis: resolved });
}

/** Puts tensors of one shape on a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((x) => reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)])),
    axis,
  );
}

/**
 * One-hot encoding along axis 1: indices float32 [N,1,...] become [N,classes,...]; an index outside
 * 0..classes-1 becomes all zeros. Has no gradient. Written with Equal because WebGPU lacks OneHot.
 */
export function oneHot(indices: Tensor, classes: number): Tensor {
  if (indices.shape[1] !== 1) graphError("oneHot", "needs class indices of shape [N,1,...]", [indices]);
  const ramp = constant(
    Array.from({ length: classes }, (_, i) => i),
    indices.shape.map((_, axis) => (axis === 1 ? classes : 1)),
  );
  return cast(equal(indices, ramp), "float32");
}
