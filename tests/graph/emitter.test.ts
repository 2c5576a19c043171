import { expect, it } from "vitest";
import { Emitter } from "../../src/graph/emitter.js";

it("a node that differs in anything from another is a node of its own; the same one is written once", () => {
  const emitter = new Emitter();
  type Node = Parameters<Emitter["emitMany"]>;
  const nodes: Node[] = [
    ["Add", ["a", "b"]],
    ["Add", ["b", "a"]],
    ["Add", ["a", "b", "c"]],
    ["Sub", ["a", "b"]],
    ["Add", ["a", "b"], { axis: 0 }],
    ["Add", ["a", "b"], { axis: 1 }],
    ["Add", ["a", "b"], { axis: { float: 1 } }],
    ["Add", ["a", "b"], { axis: "1" }],
    ["Add", ["a", "b"], { axis: [1] }],
    ["Add", ["a", "b"], { axes: 1 }],
    ["Add", ["a", "b"], {}, { domain: "com.microsoft" }],
    ["Add", ["a", "b"], {}, { outputs: 2 }],
  ];
  const written = nodes.map((node) => emitter.emitMany(...node));
  expect(new Set(written.flat()).size).toBe(nodes.length + 1);
  expect(emitter.nodes).toHaveLength(nodes.length);
  expect(nodes.map((node) => emitter.emitMany(...node))).toEqual(written);
  expect(emitter.nodes).toHaveLength(nodes.length);
});
