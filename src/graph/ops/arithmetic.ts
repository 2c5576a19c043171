/** @file Elementwise arithmetic of two tensors with numpy broadcasting. */
import {
  type Attributes,
  apply,
  broadcastShapes,
  defineOperator,
  graphError,
  type Operator,
  type Tensor,
} from "../tensor.js";
import { cast, greater, greaterOrEqual, where } from "./compare.js";
import { filled, operand } from "./leaf.js";
import { log, neg } from "./unary.js";

type Rule = (
  a: Tensor,
  b: Tensor,
  grad: Tensor,
  output: Tensor,
  needs: (i: number) => boolean,
) => (Tensor | null)[];

function binaryOperator(name: string, rule: Rule): Operator<Attributes> {
  return defineOperator({
    name,
    infer: ([a, b]) => {
      if (a.dtype !== b.dtype || a.dtype === "bool")
        graphError(name, "operands must be numbers of one type", [a, b]);
      return [{ shape: broadcastShapes(name, a, b), dtype: a.dtype }];
    },
    gradient: ({ inputs: [a, b], outputs, grad, needs }) => rule(a, b, grad, outputs[0], needs),
    lower: ({ names, emit }) => [emit(name, names)],
  });
}

export const Add = binaryOperator("Add", (_a, _b, grad) => [grad, grad]);
export const Sub = binaryOperator("Sub", (_a, _b, grad, _y, needs) => [grad, needs(1) ? neg(grad) : null]);
export const Mul = binaryOperator("Mul", (a, b, grad, _y, needs) => [
  needs(0) ? mul(grad, b) : null,
  needs(1) ? mul(grad, a) : null,
]);
export const Div = binaryOperator("Div", (_a, b, grad, y, needs) => [
  needs(0) ? div(grad, b) : null,
  needs(1) ? neg(div(mul(grad, y), b)) : null,
]);
export const Pow = binaryOperator("Pow", (a, b, grad, y, needs) => [
  needs(0) ? mul(grad, mul(b, pow(a, sub(b, filled(1))))) : null,
  needs(1) ? mul(grad, mul(y, log(a))) : null,
]);
// At ties both operators pass the whole gradient to the first operand (PyTorch splits it in halves).
export const Max = binaryOperator("Max", (a, b, grad, _y, needs) => {
  const first = cast(greaterOrEqual(a, b), "float32");
  return [needs(0) ? mul(grad, first) : null, needs(1) ? mul(grad, sub(filled(1), first)) : null];
});
export const Min = binaryOperator("Min", (a, b, grad, _y, needs) => {
  const second = cast(greater(a, b), "float32");
  return [needs(0) ? mul(grad, sub(filled(1), second)) : null, needs(1) ? mul(grad, second) : null];
});

/** A number stands for the constant of that value. */
export type Operand = Tensor | number;

function binary(op: Operator<Attributes>) {
  return (a: Operand, b: Operand): Tensor => apply(op, [operand(a, b), operand(b, a)], {});
}

/** a + b with broadcasting. Throws GraphError where the shapes do not fit; so do the others here. */
export const add = binary(Add);
/** a - b with broadcasting. */
export const sub = binary(Sub);
/** a * b with broadcasting. */
export const mul = binary(Mul);
/** a / b with broadcasting. */
export const div = binary(Div);
/** a to the power b; the gradient with respect to b needs a > 0. */
export const pow = binary(Pow);
/** Elementwise larger of two tensors; ties send the gradient to `a`. */
export const maximum = binary(Max);
/** Elementwise smaller of two tensors; ties send the gradient to `a`. */
export const minimum = binary(Min);

/** x limited to [low, high]; the gradient is zero outside. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) graphError("clip", `low ${low} exceeds high ${high}`);
  return where(greaterOrEqual(x, low), where(greater(x, high), high, x), low);
}
