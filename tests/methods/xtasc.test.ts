import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { input } from "../../src/graph/ops/leaf.js";
import { xtasc } from "../../src/methods/xtasc/xtasc.js";
import { helperModule, ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { buildMethod, gradientNorms, normUnder, TASKS, values } from "./helpers.js";

const ALL = TASKS.map(({ name }) => name);
const NONE: readonly string[][] = [[], []];
const build = (options: Record<string, unknown>, labelled: readonly (readonly string[])[] = [ALL, ALL]) =>
  buildMethod(xtasc, { width: 2, ...options }, labelled);

it("mixes direct and transferred losses under the task that is transferred (eq. 11)", () => {
  const { terms } = build({
    ...{ lambda: { segmentation: 0.2, depth: 0.4, normals: 0.6 }, transfer: "graph" },
    edges: [
      ["segmentation", "depth"],
      ["segmentation", "normals"],
      ["depth", "segmentation"],
    ],
  });
  expect(terms.map(({ name, weight, objective }) => [name, weight, objective])).toEqual([
    ["segmentation", 0.8, "segmentation"],
    ["depth", 0.6, "depth"],
    // Transferred to none.
    ["normals", 1, "normals"],
    ["xtasc.segmentation.depth", 0.1, "segmentation"],
    ["xtasc.segmentation.normals", 0.1, "segmentation"],
    ["xtasc.depth.segmentation", 0.4, "depth"],
  ]);
});

it("has the direct losses alone where nothing is transferred, also of one task", () => {
  const { terms, variables } = buildMethod(
    xtasc,
    { loss: "none" },
    [["depth"], ["depth"]],
    TASKS.slice(1, 2),
  );
  expect(terms.map(({ name, weight }) => [name, weight])).toEqual([["depth", 1]]);
  expect(variables.all().some(({ name }) => name.startsWith("helper."))).toBe(false);
});

it("sends no gradient through the direct prediction that it compares with", async () => {
  const built = build({});
  const norms = await gradientNorms(built, "xtasc.segmentation.depth");
  expect(normUnder(norms, "head.segmentation.")).toBeGreaterThan(0);
  expect(normUnder(norms, "helper.transfer.segmentation.depth.")).toBeGreaterThan(0);
  for (const prefix of ["head.depth.", "head.normals.", "helper.transfer.depth."]) {
    expect(normUnder(norms, prefix), prefix).toBe(0);
  }
});

it("transfers after training by the same networks as in training, from the others alone", () => {
  const options = { width: 2, transfer: "hub", hub: "depth" };
  const modules = new ModuleSet();
  const context = {
    ...{ tasks: TASKS, forward: new Forward("eval") },
    helper: (name: string) => modules.scope(helperModule(name)),
  };
  const leaves = Object.fromEntries(
    TASKS.map(({ name, kind, spec }) => [name, input(name, [1, kind.learning.channels(spec), 32, 32])]),
  );
  const found = xtasc.transferred!(context, leaves, xtasc.options.parse(options));
  expect(Object.entries(found).map(([name, all]) => [name, all.map(({ shape }) => shape)])).toEqual([
    ["depth", [leaves.depth.shape, leaves.depth.shape]],
    ["segmentation", [leaves.segmentation.shape]],
    ["normals", [leaves.normals.shape]],
  ]);
  const trained = build(options).variables.all();
  expect(
    modules
      .all()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(trained.flatMap(({ name }) => (name.startsWith("helper.") ? [name] : [])).sort());
});

describe("many tasks", () => {
  // Classes, two of one kind, and maps in [0, 1].
  const tasks = resolveTasks({
    segmentation: { kind: "segmentation", classes: ["wall", "floor"] },
    near: { kind: "depth" },
    far: { kind: "depth" },
    edges2d: { kind: "edges2d" },
    "occlusion-edges": { kind: "occlusion-edges" },
  });
  const networks = (options: Record<string, unknown>) => {
    const { variables } = buildMethod(xtasc, { width: 1, ...options }, NONE, tasks);
    const first = /^helper\.transfer\.(.*)\.down\.0\.0\.weight$/;
    return variables.trained().flatMap(({ name }) => first.exec(name)?.[1] ?? []);
  };

  it("need K(K - 1) networks for all pairs, and 2(K - 1) by way of a hub", () => {
    expect(networks({}).length).toBe(20);
    const hub = networks({ transfer: "hub", hub: "near" });
    expect(hub).toHaveLength(8);
    expect(hub.every((pair) => pair.split(".").includes("near"))).toBe(true);
  });
});

describe("where labels are missing", () => {
  const present = async (options: Record<string, unknown>) => {
    const built = build(options, NONE);
    const crossed = built.terms.filter(({ name }) => name.startsWith("xtasc."));
    const outputs = Object.fromEntries(
      crossed.flatMap(({ name, observed }) => (observed === undefined ? [] : [[name, observed.present]])),
    );
    const asked = Object.keys(outputs).length > 0;
    const flags = asked ? await evaluate(await nodeEngine(), outputs, built.feeds) : {};
    return { flags: Object.values(flags).map(([flag]) => flag), losses: await values(built) };
  };

  it("tasks have to be consistent all the same", async () => {
    const { flags, losses } = await present({});
    expect(flags).toEqual([]);
    expect(ALL.map((task) => losses[task])).toEqual([0, 0, 0]);
    for (const [name, loss] of Object.entries(losses)) {
      if (name.startsWith("xtasc.")) expect(loss, name).toBeGreaterThan(1e-3);
    }
  });

  it.each([{ unlabelled: false }, { loss: "align" }])("a batch says nothing with %o", async (options) => {
    const { flags, losses } = await present(options);
    expect(flags).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Object.values(losses).every((loss) => loss === 0)).toBe(true);
  });
});

describe("what cannot be meant is told", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "unknown task of an edge",
      { transfer: "graph", edges: [["depth", "normal"]] },
      /method\.edges\.0: .*no task normal .*Did you mean `normals`/s,
    ],
    ["edge to itself", { transfer: "graph", edges: [["depth", "depth"]] }, /transferred to itself/],
    [
      "edge twice",
      {
        transfer: "graph",
        edges: [
          ["depth", "normals"],
          ["depth", "normals"],
        ],
      },
      /method\.edges\.1: .*twice/s,
    ],
    ["graph without edges", { transfer: "graph" }, /needs `edges`/],
    ["edges without graph", { edges: [["depth", "normals"]] }, /`edges` would not be used/],
    ["hub that is no task", { transfer: "hub", hub: "wall" }, /method\.hub: .*no task wall/s],
    ["hub left out", { transfer: "hub" }, /needs `hub`/],
    ["hub that is not asked for", { hub: "depth" }, /`hub` would not be used/],
    ["share of an unknown task", { lambda: { dept: 0.1 } }, /method\.lambda: .*Did you mean `depth`/s],
    ["share left out", { lambda: { depth: 0.1, normals: 0.1 } }, /no share of segmentation/],
    [
      "tasks that the released code lacks",
      { variant: "released" },
      /released code has no tasks of kind normals/,
    ],
  ])("%s", (_what, options, message) => {
    const attempt = () => build(options);
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(message);
  });

  it("one task, which can be transferred to none", () => {
    const attempt = () => buildMethod(xtasc, {}, [["depth"], ["depth"]], TASKS.slice(1, 2));
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(/at least two/);
  });
});

/**
 * Section III-B, over a finite distribution: images x of equal probability, each with the values that y takes
 * for it, and what z is expected to be, w(x). m(x) = E[y|x].
 */
function predictors(images: readonly { readonly y: readonly number[]; readonly w: number }[]) {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const m = images.map(({ y }) => mean(y));
  const alike = images.map(({ w }) => images.flatMap((other, i) => (other.w === w ? [i] : [])));
  return {
    // What minimises eq. 3, the direct prediction as target, among functions of w; one draw of y as eq. 8 has
    // it.
    xtc: mean(m.map((direct, i) => (mean(alike[i].map((j) => m[j])) - direct) ** 2)),
    align: (draw: number) =>
      mean(
        m.map(
          (direct, i) => (mean(alike[i].map((j) => images[j].y[draw % images[j].y.length])) - direct) ** 2,
        ),
      ),
    noise: (draw: number) => mean(images.map(({ y }, i) => (y[draw % y.length] - m[i]) ** 2)),
  };
}

describe("the proposition of section III-B, for what is fitted to one label an image", () => {
  const value = fc.integer({ min: -8, max: 8 });
  const image = fc.record({
    y: fc.array(value, { minLength: 1, maxLength: 4 }),
    w: fc.integer({ min: 0, max: 3 }),
  });
  const images = fc.array(image, { minLength: 1, maxLength: 12 });

  it("direct predictions as targets err less than labels, whose error exceeds theirs by the noise at most", () => {
    fc.assert(
      fc.property(images, fc.nat(3), (drawn, draw) => {
        const { xtc, align, noise } = predictors(drawn);
        expect(xtc).toBeLessThanOrEqual(align(draw) + 1e-9);
        expect(align(draw)).toBeLessThanOrEqual(xtc + noise(draw) + 1e-9);
      }),
    );
  });

  it("0 = XTC <= ALIGN <= the noise where what is expected of z settles what is expected of y", () => {
    fc.assert(
      fc.property(
        images,
        fc.array(value, { minLength: 4, maxLength: 4 }),
        fc.nat(3),
        (drawn, centres, draw) => {
          // y around a centre that w decides.
          const related = drawn.map(({ y, w }) => {
            const mean = y.reduce((sum, each) => sum + each, 0) / y.length;
            return { w, y: y.map((each) => each - mean + centres[w]) };
          });
          const { xtc, align, noise } = predictors(related);
          expect(xtc).toBeLessThan(1e-9);
          expect(align(draw)).toBeLessThanOrEqual(noise(draw) + 1e-9);
        },
      ),
    );
  });

  it("without that, neither is bounded by the noise: z that tells nothing of y, y without noise", () => {
    const { xtc, align, noise } = predictors([
      { y: [0], w: 0 },
      { y: [2], w: 0 },
    ]);
    expect([xtc, align(0), noise(0)]).toEqual([1, 1, 0]);
  });
});
