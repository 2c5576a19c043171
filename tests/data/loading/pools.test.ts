import { describe, expect, it } from "vitest";
import type { StreamPlan } from "../../../src/data/loading/loader.js";
import { poolOf } from "../../../src/data/loading/pools.js";
import type { Dataset, LabelAssignment } from "../../../src/data/types.js";

const [train, more] = [
  ["a", "b", "c", "d"],
  ["x", "y"],
];
const dataset = {
  info: { name: "letters", tasks: { depth: {}, normals: {} }, splits: { train, more } },
} as unknown as Dataset;
const labels: LabelAssignment = { a: ["depth"], b: [], c: ["depth", "normals"] };
const all: LabelAssignment = { a: ["depth"], b: ["depth"], c: ["depth"], d: ["depth"] };
const both = ["depth", "normals"];

function pool(plan: Partial<StreamPlan>, stream = "main") {
  const whole = { split: "train", tasks: both, labels: null, ...plan } as StreamPlan;
  const { samples, visible } = poolOf(stream, whole, dataset);
  const ids = samples.map(([id]) => id);
  return Object.fromEntries(ids.map((id) => [id, visible(id)]));
}

/** What a stream plans, and the labels that may be seen of each image that is left. */
const cases: [what: string, plan: Partial<StreamPlan>, visible: Record<string, readonly string[]>][] = [
  ["a whole split", { labels }, { a: ["depth"], b: [], c: both, d: [] }],
  ["a split with all it has", { split: "more" }, { x: both, y: both }],
  ["images that keep a label", { labels, images: "labelled" }, { a: ["depth"], c: both }],
  [
    "images without labels, whether they are listed or not",
    { labels, images: "unlabelled" },
    { b: [], d: [] },
  ],
  [
    "another split with the labels of one task",
    { split: "more", labels: ["depth"] },
    { x: ["depth"], y: ["depth"] },
  ],
  ["another split without labels", { split: "more", labels: [] }, { x: [], y: [] }],
  [
    "all images as labelled, where no assignment takes any away",
    { images: "labelled" },
    { a: both, b: both, c: both, d: both },
  ],
  // Which images are chosen depends on all labels, what is read on the tasks that the stream has arrays of.
  [
    "labelled images without reading their labels",
    { labels, images: "labelled", tasks: [] },
    { a: [], c: [] },
  ],
];

describe("pools", () => {
  it.each(cases)("%s", (_, plan, visible) => {
    expect(pool(plan)).toEqual(visible);
  });

  it.each([
    ["without labels where every image keeps one", all, "unlabelled"],
    ["without labels where no assignment takes any away", null, "unlabelled"],
    ["with labels where no image keeps one", {}, "labelled"],
  ] as const)("cannot draw images %s", (_, own, images) => {
    expect(() => pool({ labels: own, images })).toThrow(/no image of split train is left/);
  });
});
