/** @file Elementwise functions of one tensor. */
import { type Attributes, apply, defineOperator, graphError, type Operator, type Tensor } from "../tensor.js";
import { div, mul, sub } from "./arithmetic.js";
import { cast, greater } from "./compare.js";
import { filled } from "./leaf.js";

type Rule = (x: Tensor, y: Tensor, grad: Tensor) => Tensor;

function unaryOperator(name: string, rule: Rule | "none"): Operator<Attributes> {
  return defineOperator({
    name,
    infer: ([x]) => {
      if (x.dtype !== "float32") graphError(name, "needs a float32 tensor", [x]);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    gradient: rule === "none" ? "none" : ({ inputs, outputs, grad }) => [rule(inputs[0], outputs[0], grad)],
    lower: ({ names, emit }) => [emit(name, names)],
  });
}

export const Neg = unaryOperator("Neg", (_x, _y, grad) => neg(grad));
export const Exp = unaryOperator("Exp", (_x, y, grad) => mul(grad, y));
export const Log = unaryOperator("Log", (x, _y, grad) => div(grad, x));
export const Sqrt = unaryOperator("Sqrt", (_x, y, grad) => div(mul(grad, 0.5), y));
export const Abs = unaryOperator("Abs", (x, _y, grad) => mul(grad, sign(x)));
export const Sigmoid = unaryOperator("Sigmoid", (_x, y, grad) => mul(grad, mul(y, sub(1, y))));
export const Tanh = unaryOperator("Tanh", (_x, y, grad) => mul(grad, sub(1, mul(y, y))));
export const Erf = unaryOperator("Erf", (x, _y, grad) =>
  mul(grad, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))),
);
export const Sin = unaryOperator("Sin", (x, _y, grad) => mul(grad, cos(x)));
export const Cos = unaryOperator("Cos", (x, _y, grad) => neg(mul(grad, sin(x))));
export const Softplus = unaryOperator("Softplus", (x, _y, grad) => mul(grad, sigmoid(x)));
export const Relu = unaryOperator("Relu", (_x, y, grad) => apply(ReluGrad, [y, grad], {}));

/**
 * The second input where the first is positive, else 0. An operator of its own because CPUs have a faster
 * spelling than Where.
 */
export const ReluGrad: Operator<Attributes> = defineOperator({
  name: "ReluGrad",
  infer: ([, grad]) => [{ shape: grad.shape, dtype: grad.dtype }],
  gradient: ({ inputs: [y], grad }) => [null, apply(ReluGrad, [y, grad], {})],
  lower: ({ names: [y, grad], emit, scalar }) => [
    emit("Where", [emit("Greater", [y, scalar(0)]), grad, scalar(0)]),
  ],
});
export const Floor = unaryOperator("Floor", "none");
export const Round = unaryOperator("Round", "none");

function unary(op: Operator<Attributes>) {
  return (x: Tensor): Tensor => apply(op, [x], {});
}

/**
 * -x. All functions here are elementwise on float32 tensors of any shape and throw GraphError on other types.
 */
export const neg = unary(Neg);
export const exp = unary(Exp);
/** Natural logarithm. */
export const log = unary(Log);
export const sqrt = unary(Sqrt);
/** |x|; the gradient at 0 is 0. */
export const abs = unary(Abs);
export const sigmoid = unary(Sigmoid);
export const tanh = unary(Tanh);
/** Gauss error function. */
export const erf = unary(Erf);
/** Sine of an angle in radians. */
export const sin = unary(Sin);
/** Cosine of an angle in radians. */
export const cos = unary(Cos);
/** log(1 + exp(x)). */
export const softplus = unary(Softplus);
/** max(x, 0); the gradient at 0 is 0. */
export const relu = unary(Relu);
/** Largest whole number not above x; has no gradient. */
export const floor = unary(Floor);
/** Nearest whole number, halves to the even one; has no gradient. */
export const round = unary(Round);

/** -1, 0 or 1; has no gradient. Written with comparisons because WebGPU lacks Sign. */
export function sign(x: Tensor): Tensor {
  return sub(cast(greater(x, 0), "float32"), cast(greater(filled(0), x), "float32"));
}

/** x². */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** Stops gradients and nothing else: the value is that of `x`. */
export const Detach = defineOperator({
  name: "Detach",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: "none",
  lower: ({ names, emit }) => [emit("Identity", names)],
});

export const detach = unary(Detach);
