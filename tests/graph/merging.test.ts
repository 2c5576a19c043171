import { describe, expect, it } from "vitest";
import { add, input } from "../../src/graph/index.js";
import { topologicalOrder } from "../../src/graph/lowering.js";
import { simplify } from "../../src/graph/simplify.js";
import type { Attributes, Node, Tensor } from "../../src/graph/tensor.js";
import { gradientCase, symbols } from "../helpers/operator-case.js";
import { operatorCases } from "./cases/index.js";

/** A node of every operator with attributes in the cases' graphs and their gradients'. */
function samples(): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const operatorCase of operatorCases) {
    const outputs = [operatorCase, gradientCase(operatorCase)].map((each) => each.build(symbols(each)));
    for (const node of topologicalOrder(outputs)) {
      if (Object.keys(node.attributes).length > 0 && !found.has(node.op.name)) found.set(node.op.name, node);
    }
  }
  return found;
}

/** Every way to change one thing about a value of plain data. */
function changes(value: unknown): unknown[] {
  switch (typeof value) {
    case "number":
      return [value + 1, value === 0 ? -0 : -value, Number.NaN, Infinity].filter(
        (next) => !Object.is(next, value),
      );
    case "string":
      return [`${value}'`];
    case "boolean":
      return [!value];
  }
  const list = Array.from(value as ArrayLike<unknown>);
  const like = (items: unknown[]) =>
    ArrayBuffer.isView(value)
      ? (value.constructor as unknown as { from(items: unknown[]): unknown }).from(items)
      : items;
  const changed = list.flatMap((entry, i) => changes(entry).map((next) => like(list.with(i, next))));
  return [...changed, like([...list, list.at(-1) ?? 1])];
}

/** A node like another one over leaves of its own, so that no rule about its inputs' producers applies. */
function twin(node: Node, inputs: readonly Tensor[], attributes: Attributes): Tensor {
  const outputs: Tensor[] = [];
  const made: Node = { op: node.op, inputs, attributes, outputs };
  node.outputs.forEach(({ shape, dtype }, index) => {
    outputs.push({ shape, dtype, node: made, index });
  });
  return outputs[0];
}

const occurrences = (outputs: readonly Tensor[], name: string) =>
  topologicalOrder(simplify(outputs)).filter(({ op }) => op.name === name).length;

describe("nodes that differ in one attribute stay two", () => {
  const nodes = samples();

  it("for all operators that have any", () => {
    expect(nodes.size).toBeGreaterThan(25);
  });

  for (const [name, node] of nodes) {
    it(name, () => {
      const inputs = node.inputs.map(({ shape, dtype }, i) => input(`operand ${i}`, shape, dtype));
      const given = twin(node, inputs, node.attributes);
      expect(occurrences([given, twin(node, inputs, structuredClone(node.attributes))], name)).toBe(1);
      for (const [key, value] of Object.entries(node.attributes)) {
        for (const other of changes(value)) {
          const changed = twin(node, inputs, { ...node.attributes, [key]: other });
          expect(occurrences([given, changed], name), `${key}: ${other}, not ${value}`).toBe(2);
          if (given.dtype !== "float32" || inputs.length === 0) continue;
          // Nor does a sum of the two become one.
          expect(occurrences([add(given, changed)], name), `${key}: ${other}, not ${value}`).toBe(2);
        }
      }
    });
  }
});
