import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.js";
import { isBranch, type OnnxNode, valuesRead } from "../../src/graph/onnx-graph.js";

const cpu: g.Target = { provider: "cpu", blockSize: 16 };

/** Convolution, normalisation, ReLU and convolution. */
function lowered(channels: number, target: g.Target) {
  const x = g.input("x", [2, channels, 4, 4]);
  const filter = (name: string) => g.input(name, [channels, channels, 3, 3]);
  const vector = (name: string) => g.input(name, [channels]);
  const y = g.conv2d(x, filter("first"), { padding: 1 });
  const normalised = g.batchNormTraining(y, vector("weight"), vector("bias"));
  const output = g.conv2d(g.relu(normalised.output), filter("second"), { padding: 1 });
  return g.lowerGraph(
    [
      { name: "output", tensor: output },
      { name: "variance", tensor: normalised.variance },
    ],
    target,
  );
}

const kinds = (nodes: readonly OnnxNode[]) => nodes.map(({ opType }) => opType);

function branches({ attributes }: OnnxNode): OnnxNode[] {
  return Object.values(attributes).flatMap((each) => (isBranch(each) ? each.branch.nodes : []));
}

describe("mean and variance of channels", () => {
  it("stay on blocked images: nothing between two convolutions is reordered", () => {
    const { nodes } = lowered(16, cpu);
    const images = nodes.filter(
      ({ domain, attributes }) => domain !== "" && !("channels_last" in attributes),
    );
    // The input's, two filters' first reorderings, the output's.
    expect(kinds(images).filter((kind) => kind.startsWith("Reorder"))).toHaveLength(4);
    const choice = nodes.find(({ opType }) => opType === "If")!;
    const inner = branches(choice);
    expect(inner.some(({ opType, domain }) => opType === "Conv" && domain !== "")).toBe(true);
    expect(kinds(inner)).not.toContain("ReorderOutput");
  });

  it.each([3, 16])("need no pass over the deviations of %i channels unless a branch is taken", (channels) => {
    const { nodes } = lowered(channels, cpu);
    const outside = kinds(nodes);
    expect(outside.filter((kind) => kind === "ReduceSumSquare")).toHaveLength(1);
    expect(outside.filter((kind) => kind === "If")).toHaveLength(1);
  });

  it("are spelled without branches for other providers", () => {
    expect(kinds(lowered(16, g.PORTABLE).nodes)).not.toContain("If");
  });
});

it("what a branch reads counts as read by its node", () => {
  const { nodes } = lowered(16, cpu);
  const choice = nodes.find(({ opType }) => opType === "If")!;
  const made = new Set(nodes.slice(0, nodes.indexOf(choice)).flatMap(({ outputs }) => outputs));
  const image = nodes.find(({ opType, domain }) => opType === "Conv" && domain !== "")!.outputs[0];
  expect(choice.inputs).not.toContain(image);
  expect(valuesRead(choice)).toContain(image);
  const own = new Set(branches(choice).flatMap(({ outputs }) => outputs));
  expect(valuesRead(choice).filter((value) => own.has(value))).toEqual([]);
  expect(valuesRead(choice).some((value) => made.has(value))).toBe(true);
});
