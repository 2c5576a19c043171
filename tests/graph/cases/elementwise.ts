import * as g from "../../../src/graph/index.js";
import { distinct, fixed, type OperatorCase, signed, uniform, whole } from "../../helpers/operator-case.js";

const positive = (shape: g.Shape) => uniform(shape, 0.5, 2);

function unary(name: string, f: (x: g.Tensor) => g.Tensor, x = signed([2, 3])): OperatorCase {
  return { name, covers: [name], inputs: { x }, build: ({ x }) => f(x) };
}

export const elementwiseCases: OperatorCase[] = [
  {
    name: "Add with broadcasting",
    covers: ["Add"],
    inputs: { a: uniform([2, 1, 3]), b: uniform([4, 1]) },
    build: ({ a, b }) => g.add(a, b),
  },
  {
    name: "Sub with broadcasting",
    covers: ["Sub"],
    inputs: { a: uniform([3]), b: uniform([2, 3]) },
    build: ({ a, b }) => g.sub(a, g.mul(b, b)),
  },
  {
    name: "Mul with broadcasting of a scalar",
    covers: ["Mul"],
    inputs: { a: uniform([2, 3]), b: uniform([]) },
    build: ({ a, b }) => g.mul(a, b),
  },
  {
    name: "Div with broadcasting",
    covers: ["Div"],
    inputs: { a: uniform([2, 3]), b: positive([2, 1]) },
    build: ({ a, b }) => g.div(a, b),
  },
  {
    name: "Pow with broadcasting",
    covers: ["Pow"],
    inputs: { a: positive([2, 3]), b: uniform([1, 3], 0.5, 2.5) },
    build: ({ a, b }) => g.pow(a, b),
  },
  {
    name: "Max and Min with broadcasting",
    covers: ["Max", "Min"],
    inputs: { a: distinct([3, 4]), b: fixed([4], [-0.45, 0.05, 0.15, 0.35]) },
    build: ({ a, b }) => g.mul(g.maximum(a, b), g.add(g.minimum(a, b), 2)),
  },
  {
    name: "clip",
    covers: ["Where"],
    inputs: { x: distinct([3, 4]) },
    build: ({ x }) => g.clip(x, -0.35, 0.25),
  },
  {
    name: "Where with a broadcast condition and branches",
    covers: ["Where"],
    inputs: { c: whole([2, 1, 3], 2, "bool"), a: uniform([2, 4, 3]), b: uniform([4, 1]) },
    build: ({ c, a, b }) => g.where(c, g.square(a), g.mul(b, b)),
  },
  {
    name: "Detach, comparisons, casts, floor and round beside a differentiable path",
    covers: ["Mul"],
    inputs: { x: distinct([3, 3]) },
    build: ({ x }) => {
      const steps = g.add(g.floor(g.add(x, 0.53)), g.round(g.add(x, 0.03)));
      const chosen = g.cast(g.logicalOr(g.logicalNot(g.greater(x, 0.1)), g.less(x, -0.1)), "float32");
      return g.mul(x, g.add(steps, g.add(chosen, g.sign(g.add(x, 0.1)))));
    },
  },
  {
    name: "ArgMax as a factor",
    covers: ["Mul"],
    inputs: { x: distinct([3, 3]) },
    build: ({ x }) => g.mul(x, g.cast(g.argMax(x, 1), "float32")),
    // WebGPU has none.
    fallback: true,
  },
  {
    name: "oneHot as a mask",
    covers: ["Mul"],
    inputs: { x: uniform([2, 3, 2]), k: { ...whole([2, 1, 2], 4, "float32") } },
    build: ({ x, k }) => g.mul(g.square(x), g.oneHot(k, 3)),
  },
  unary("Neg", g.neg),
  unary("Exp", g.exp),
  unary("Log", g.log, positive([2, 3])),
  unary("Sqrt", g.sqrt, positive([2, 3])),
  unary("Abs", g.abs),
  unary("Sigmoid", g.sigmoid),
  unary("Tanh", g.tanh),
  unary("Erf", g.erf),
  // Vulkan promises sine and cosine to 2^-11 only.
  { ...unary("Sin", g.sin), webgpuTolerance: 5e-4 },
  { ...unary("Cos", g.cos), webgpuTolerance: 5e-4 },
  unary("Softplus", g.softplus),
  { ...unary("Relu", g.relu), covers: ["Relu", "ReluGrad"] },
];
