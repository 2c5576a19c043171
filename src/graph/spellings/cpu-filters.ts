/**
 * @file Operators that leave filters in blocked order: what optimizers make of parameters, gradients and
 * slots. A value computed from those at its own place does not depend on where that place is, nor does a sum
 * over all of them.
 */
import type { LowerContext } from "../lowering.js";
import { Add, Div, Mul, Sub } from "../ops/arithmetic.js";
import { ReduceSum } from "../ops/reduce.js";
import { Sqrt } from "../ops/unary.js";
import { type Attributes, type Operator, sameShape, sizeOf } from "../tensor.js";
import { filterBlocks } from "./blocked.js";
import type { Spelling, SpellingTable } from "./index.js";

type Context = LowerContext<Attributes>;

/** Operators of one ONNX node of their name that make each value from those at its own place. */
const ELEMENTWISE: readonly Operator<Attributes>[] = [Add, Sub, Mul, Div, Sqrt];

/** Whether some operand is a filter in blocked order, and the others are filters of its shape or scalars. */
function keepsBlocks({ inputs, outputs: [output], blockedFilterOf }: Context): boolean {
  return (
    inputs.some((operand) => blockedFilterOf(operand) !== null) &&
    inputs.every((operand) => sizeOf(operand.shape) === 1 || sameShape(operand.shape, output.shape))
  );
}

function elementwise(name: string, otherwise: Spelling): Spelling {
  return (context: Context) => {
    if (!keepsBlocks(context)) return otherwise(context);
    const operands = context.inputs.map((operand) =>
      sizeOf(operand.shape) === 1 ? context.nameOf(operand) : filterBlocks(context, operand),
    );
    return [{ blocked: context.emit(name, operands), filter: true }];
  };
}

const sumOfAll: Spelling = (context: LowerContext<{ axes: readonly number[]; keepDims: boolean }>) => {
  const { inputs, attributes, blockedFilterOf, emit, ints } = context;
  const blocked = attributes.axes.length === inputs[0].shape.length ? blockedFilterOf(inputs[0]) : null;
  if (blocked === null) return ReduceSum.lower(context);
  return [emit("ReduceSum", [blocked, ints(attributes.axes)], { keepdims: attributes.keepDims ? 1 : 0 })];
};

/** The same table, in which elementwise operators and sums take filters as they are. */
export function withFilters(table: SpellingTable): SpellingTable {
  const kept = ELEMENTWISE.map((op) => [op.name, elementwise(op.name, table[op.name] ?? op.lower)] as const);
  return { ...table, ...Object.fromEntries(kept), [ReduceSum.name]: sumOfAll };
}
