import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, constant, input, lowerGraph, PORTABLE } from "../../src/graph/index.js";
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

const occurrences = (outputs: readonly Tensor[], ...names: string[]) =>
  topologicalOrder(simplify(outputs)).filter(({ op }) => names.includes(op.name)).length;

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
          // Nor does a sum of the two become one; padded blocks that meet may be joined.
          const left = occurrences([add(given, changed)], name, "Concat");
          expect(left, `${key}: ${other}, not ${value}`).toBe(2);
        }
      }
    });
  }
});

it("constants that differ in one entry stay two, however large, in the graph and in what is written", () => {
  // Around the sizes above which constants are compared by identity.
  const size = fc.oneof(fc.integer({ min: 1, max: 1030 }), fc.integer({ min: 4090, max: 4100 }));
  fc.assert(
    fc.property(size, fc.nat(), fc.constantFrom(0.5, -0, 2 ** -20), (count, at, value) => {
      const data = Float32Array.from({ length: count }, (_, i) => i % 100);
      const other = data.with(at % count, data[at % count] === 0 ? value : data[at % count] + value);
      fc.pre(!Object.is(other[at % count], data[at % count]));
      const twins = [data, other, data.slice()].map((each) => constant(each, [count]));
      const [a, b, c] = simplify(twins);
      expect(a.node).not.toBe(b.node);
      expect(a.node === c.node).toBe(count <= 1024);
      const named = twins.map((tensor, i) => ({ name: `y${i}`, tensor }));
      expect(lowerGraph(named.slice(0, 2), PORTABLE).initializers).toHaveLength(2);
      expect(lowerGraph([named[0], named[2]], PORTABLE).initializers).toHaveLength(count <= 4096 ? 1 : 2);
    }),
  );
});

it("constants of other types and shapes stay two", () => {
  const tensors = [
    constant([1, 0], [2]),
    constant([1, 0], [1, 2]),
    constant([1, 0], [2, 1]),
    constant([1, 0], [2], "int64"),
    constant([1, 0], [2], "int32"),
    constant([1, 0], [2], "bool"),
  ];
  expect(new Set(simplify(tensors).map(({ node }) => node)).size).toBe(tensors.length);
  const named = tensors.map((tensor, i) => ({ name: `y${i}`, tensor }));
  expect(lowerGraph(named, PORTABLE).initializers).toHaveLength(tensors.length);
});
