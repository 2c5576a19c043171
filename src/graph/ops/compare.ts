/** @file Comparisons, logic, selection and casts. */
import {
  type Attributes,
  apply,
  broadcastShapes,
  type DType,
  defineOperator,
  graphError,
  type Operator,
  type Tensor,
} from "../tensor.js";
import type { Operand } from "./arithmetic.js";
import { operand } from "./leaf.js";

function comparison(name: string): Operator<Attributes> {
  return defineOperator({
    name,
    infer: ([a, b]) => {
      if (a.dtype !== b.dtype) graphError(name, "operands must have one type", [a, b]);
      return [{ shape: broadcastShapes(name, a, b), dtype: "bool" }];
    },
    gradient: "none",
    lower: ({ names, emit }) => [emit(name, names)],
  });
}

export const Greater = comparison("Greater");
export const GreaterOrEqual = comparison("GreaterOrEqual");
export const Equal = comparison("Equal");

function logical(name: string): Operator<Attributes> {
  return defineOperator({
    name,
    infer: (inputs) => {
      if (inputs.some((tensor) => tensor.dtype !== "bool")) graphError(name, "needs bool tensors", inputs);
      return [
        {
          shape: inputs.length === 1 ? inputs[0].shape : broadcastShapes(name, inputs[0], inputs[1]),
          dtype: "bool",
        },
      ];
    },
    gradient: "none",
    lower: ({ names, emit }) => [emit(name, names)],
  });
}

export const And = logical("And");
export const Or = logical("Or");
export const Not = logical("Not");

export const Where = defineOperator({
  name: "Where",
  infer: ([condition, a, b]) => {
    if (condition.dtype !== "bool" || a.dtype !== b.dtype) {
      graphError("where", "needs a bool condition and branches of one type", [condition, a, b]);
    }
    const branches = broadcastShapes("where", a, b);
    return [{ shape: broadcastShapes("where", condition, { ...a, shape: branches }), dtype: a.dtype }];
  },
  gradient: ({ inputs: [condition], grad, needs }) => [
    null,
    needs(1) ? where(condition, grad, 0) : null,
    needs(2) ? where(condition, 0, grad) : null,
  ],
  lower: ({ names, emit }) => [emit("Where", names)],
});

export const Cast = defineOperator<{ to: DType }>({
  name: "Cast",
  infer: ([x], { to }) => [{ shape: x.shape, dtype: to }],
  gradient: "none",
  lower: ({ names, emit, attributes }) => [
    emit("Cast", names, { to: { float32: 1, int64: 7, int32: 6, bool: 9 }[attributes.to] }),
  ],
});

function compare(op: Operator<Attributes>) {
  return (a: Operand, b: Operand): Tensor => apply(op, [operand(a, b), operand(b, a)], {});
}

/** a > b, as bool, with broadcasting; has no gradient, like all comparisons. */
export const greater = compare(Greater);
export const greaterOrEqual = compare(GreaterOrEqual);
export const equal = compare(Equal);
/** a < b. */
export const less = (a: Operand, b: Operand): Tensor => greater(b, a);
/** a <= b. */
export const lessOrEqual = (a: Operand, b: Operand): Tensor => greaterOrEqual(b, a);

export const logicalAnd = (a: Tensor, b: Tensor): Tensor => apply(And, [a, b], {});
export const logicalOr = (a: Tensor, b: Tensor): Tensor => apply(Or, [a, b], {});
export const logicalNot = (a: Tensor): Tensor => apply(Not, [a], {});

/** `a` where the condition holds, else `b`, with broadcasting. The branch not taken gets no gradient. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(Where, [condition, operand(a, b), operand(b, a)], {});
}

/** Conversion of type; has no gradient. bool becomes 0 or 1. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply(Cast, [x], { to });
}
