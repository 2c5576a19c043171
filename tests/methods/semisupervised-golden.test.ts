import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { gradientsOrNull, input, reduceMean, type Tensor } from "../../src/graph/index.js";
import { consistency, consistencyTerms } from "../../src/methods/consistency.js";
import { latentDistance } from "../../src/methods/distance.js";
import { jointStacks } from "../../src/methods/jtr/jtr.js";
import { inLaterView } from "../../src/methods/moved-predictions.js";
import { studentTerms } from "../../src/methods/must.js";
import { streamLeaves } from "../../src/methods/streams.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { wave } from "../helpers/waves.js";

interface Golden {
  value: number;
  /** Norm, and product with the direction. */
  gradients: Record<string, [number, number]>;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../golden/semisupervised.json", import.meta.url), "utf8"),
);

// The numbers and formulas of tests/golden/semisupervised.py.
const [N, H, W, CLASSES, CONFIDENCE] = [4, 4, 6, 5, 0.35];
const LABELLED = [["segmentation", "depth", "normals"], ["depth"], [], ["segmentation", "normals"]];
const TASKS = resolveTasks({
  segmentation: { kind: "segmentation", classes: Array.from({ length: CLASSES }, (_, i) => `class ${i}`) },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
});
const PLACEMENTS = [
  [1, 0, 1, 0, 1],
  [-1, 5, 1, 0, 1],
  [0.6, 1, 1 / 3, 2, 1.5],
  [-0.6, 4, 1 / 3, 0, 1.5],
];
const VIEWS = ["first", "second", "taught"] as const;

function unit(values: Float32Array): Float32Array {
  const area = H * W;
  return values.map((value, i) => {
    const first = Math.floor(i / (3 * area)) * 3 * area + (i % area);
    return value / Math.hypot(values[first], values[first + area], values[first + 2 * area]);
  });
}

function batchFeeds(): Record<string, Float32Array> {
  const pixels = N * H * W;
  const feeds: Record<string, Float32Array> = {
    "segmentation.label": Float32Array.from({ length: pixels }, (_, i) => Math.floor((i * 7) / 3) % CLASSES),
    "depth.label": wave("depth", [pixels]).map((value) => 2 + value),
    "normals.label": unit(wave("normals", [3 * pixels])),
  };
  for (const { name } of TASKS) {
    const flags = Float32Array.from(LABELLED, (own) => Number(own.includes(name)));
    feeds[`${name}.labelled`] = flags;
    feeds[`${name}.valid`] = Float32Array.from({ length: pixels }, (_, i) =>
      i % 5 === 0 ? 0 : flags[Math.floor(i / (H * W))],
    );
  }
  return feeds;
}

describe("semi-supervised terms against PyTorch", () => {
  let result: Record<string, Float32Array>;

  beforeAll(async () => {
    const context = { ...streamLeaves({ batchSize: N, size: [H, W] }), tasks: TASKS };
    const feeds = batchFeeds();
    const leaves: Record<string, Tensor> = {};
    const predictionsOf = (view: string) =>
      Object.fromEntries(
        TASKS.map(({ name, kind, spec }) => {
          const leaf = input(`${view} ${name}`, [N, kind.learning.channels(spec), H, W]);
          leaves[`${view} ${name}`] = leaf;
          feeds[`${view} ${name}`] = wave(`${view} ${name}`, leaf.shape).map((value) => 2 * value);
          return [name, kind.learning.activate(leaf, spec)];
        }),
      );
    const [first, second, taught] = VIEWS.map(predictionsOf);
    const optionsOf = (options: Record<string, unknown>) => consistency.options.parse(options);
    const terms: Record<string, Tensor> = {};
    const collect = (prefix: string, found: readonly { name: string; value: Tensor }[]) => {
      for (const { name, value } of found) terms[`${prefix} ${name.split(".").at(-1)}`] = value;
    };
    collect("l2", consistencyTerms(context, [first, second], optionsOf({ distance: "l2" })));
    collect(
      "l2 all",
      consistencyTerms(context, [first, second], optionsOf({ distance: "l2", tasks: "all" })),
    );
    feeds.placement = Float32Array.from(PLACEMENTS.flat());
    const moved = inLaterView(context, first, input("placement", [N, 5]));
    collect("moved", consistencyTerms(context, [moved, second], optionsOf({ distance: "l2", tasks: "all" })));
    collect(
      "task",
      consistencyTerms(context, [first, second], optionsOf({ distance: "task", confidence: CONFIDENCE })),
    );
    const student = studentTerms(context, first, taught, { confidence: CONFIDENCE, pseudoWeight: 1 });
    collect("student", student.slice(0, TASKS.length));
    collect("must", student.slice(TASKS.length));
    const { predicted, target } = jointStacks(context, first, { other: second });
    terms.stacks = reduceMean(latentDistance("cosine", predicted, target));

    const outputs: Record<string, Tensor> = { ...terms };
    for (const [name, value] of Object.entries(terms)) {
      const found = gradientsOrNull([{ output: value }], Object.values(leaves));
      Object.keys(leaves).forEach((leaf, i) => {
        const gradient = found[i];
        if (gradient !== null) outputs[`${name}: ${leaf}`] = gradient;
      });
    }
    result = await evaluate(await nodeEngine(), outputs, feeds);
  });

  it.each(Object.keys(golden))("%s", (name) => {
    expect(result[name][0]).toBeCloseTo(golden[name].value, 5);
    const reached = Object.keys(result).filter((key) => key.startsWith(`${name}: `));
    expect(reached.map((key) => key.slice(name.length + 2)).sort()).toEqual(
      Object.keys(golden[name].gradients).sort(),
    );
    for (const [leaf, [norm, product]] of Object.entries(golden[name].gradients)) {
      const gradient = result[`${name}: ${leaf}`];
      const direction = wave(`direction ${leaf}`, [gradient.length]);
      expect(Math.hypot(...gradient), leaf).toBeCloseTo(norm, 5);
      expect(
        gradient.reduce((sum, value, i) => sum + value * direction[i], 0),
        leaf,
      ).toBeCloseTo(product, 5);
    }
  });
});
