import { describe, expect, it } from "vitest";
import { type AppendPlan, poolsOf } from "../../../src/data/loading/pools.js";
import type { Dataset, LabelAssignment } from "../../../src/data/types.js";

const [train, more] = [
  ["a", "b", "c", "d"],
  ["x", "y"],
];
const dataset = {
  info: { name: "letters", tasks: { depth: {}, normals: {} }, splits: { train, more } },
} as unknown as Dataset;
const labels: LabelAssignment = { a: ["depth"], b: [], c: ["depth", "normals"] };

const main = (ids: string[], own: LabelAssignment | null = labels) => ({ split: "train", ids, labels: own });
const all: LabelAssignment = { a: ["depth"], b: ["depth"], c: ["depth"], d: ["depth"] };

/** What is appended under which labels of the main split, and the pools that come of it. */
const cases: [what: string, own: LabelAssignment | null, append: AppendPlan | undefined, pools: object][] = [
  ["nothing", labels, undefined, { main: main(train), appended: null }],
  [
    "images without labels, whether they are listed or not",
    labels,
    { count: 1, split: null },
    { main: main(["a", "c"]), appended: main(["b", "d"]) },
  ],
  [
    "another split with all it has",
    labels,
    { count: 1, split: "more" },
    { main: main(train), appended: { split: "more", ids: more, labels: null } },
  ],
  [
    "another split with the labels of one task",
    labels,
    { count: 1, split: "more", tasks: ["depth"] },
    { main: main(train), appended: { split: "more", ids: more, labels: { x: ["depth"], y: ["depth"] } } },
  ],
  [
    "another split without labels, beside all labels of the main one",
    null,
    { count: 1, split: "more", tasks: [] },
    { main: main(train, null), appended: { split: "more", ids: more, labels: { x: [], y: [] } } },
  ],
];

describe("pools", () => {
  it.each(cases)("append %s", (_, own, append, pools) => {
    expect(poolsOf({ split: "train", labels: own, append }, dataset)).toEqual(pools);
  });

  it.each([
    ["every image keeps a label", all],
    ["no assignment takes any away", null],
    ["no image keeps one", {}],
  ])("cannot append images without labels where %s", (_, own) => {
    const plan = { split: "train", labels: own, append: { count: 1, split: null } };
    expect(() => poolsOf(plan, dataset)).toThrow(/no image of split train is left/);
  });
});
