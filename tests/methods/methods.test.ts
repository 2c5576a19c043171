import { describe, expect, it } from "vitest";
import {
  compose,
  consistency,
  jtr,
  type MethodDefinition,
  methods,
  must,
  singleTask,
  supervised,
} from "../../src/methods/index.js";
import { buildMethod, reach, TASKS, values } from "./helpers.js";

const ALL = TASKS.map(({ name }) => name);
// The conformance suite: whatever holds of every method.
const CASES: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  supervised: [{}, { variant: "released" }],
  jtr: [
    { width: 2 },
    { width: 2, variant: "paper" },
    { width: 2, unlabelled: "consistency" },
    { width: 2, variant: "released" },
  ],
  consistency: [{}, { distance: "task", tasks: "all" }, { geometry: "undone" }],
  must: [{ teachers: "a/run" }],
  mtpsl: [{ width: 2 }, { width: 2, variant: "released" }],
  "direct-map": [{ width: 2 }],
  "perceptual-map": [{ width: 2 }],
  moco: [{}, { memory: "images", queueSize: 3 }, { queueSize: 1 }, { variant: "released" }],
  densecl: [{}, { grid: 4, local: 0.5 }, { variant: "released" }],
};
describe.each(
  Object.values(methods).flatMap((method) =>
    (CASES[method.name] ?? [{}]).map((options) => ({
      name: `${method.name} ${JSON.stringify(options)}`,
      method,
      options,
    })),
  ),
)("$name", ({ method, options }) => {
  it("gives finite terms for one label an image, and none", async () => {
    for (const labelled of [
      [["depth"], ["segmentation"]],
      [[], []],
    ]) {
      for (const [name, value] of Object.entries(await values(buildMethod(method, options, labelled)))) {
        expect(Number.isFinite(value), name).toBe(true);
      }
    }
  });

  it("takes its supervised terms only from labelled tasks", async () => {
    const built = buildMethod(method, options, [["depth"], ["depth"]]);
    const terms = await values(built);
    if (method.selfSupervised) {
      expect(Object.keys(terms).filter((name) => ALL.includes(name))).toEqual([]);
      return;
    }
    expect(terms.depth).toBeGreaterThan(0);
    expect(terms.segmentation).toBe(0);
    expect(terms.normals).toBe(0);
  });
});

describe("supervised (eq. 1)", () => {
  it("averages over the labelled tasks of each sample; released sums them", async () => {
    const one = await values(buildMethod(supervised, {}, [["depth"], []]));
    const both = await values(buildMethod(supervised, {}, [["depth", "segmentation"], []]));
    const summed = await values(
      buildMethod(supervised, { variant: "released" }, [["depth", "segmentation"], []]),
    );
    expect(both.depth).toBeCloseTo(one.depth / 2, 5);
    expect(summed.depth).toBeCloseTo(one.depth, 5);
    expect(summed.segmentation).toBeCloseTo(2 * both.segmentation, 5);
  });
});

describe("jtr by the paper (eq. 5)", () => {
  const built = (labelled: string[][], options = {}) =>
    buildMethod(jtr, { variant: "paper", width: 2, ...options }, labelled);

  it("has no distance where nothing is labelled: both stacks are the prediction", async () => {
    expect((await values(built([[], []])))["jtr.distance"]).toBeCloseTo(0, 5);
    expect((await values(built([ALL, ALL])))["jtr.distance"]).toBeGreaterThan(1e-4);
  });

  it("sends the distance's gradient to both networks, the reconstruction's to the auto-encoder alone", async () => {
    const method = built([["depth"], ["segmentation"]]);
    const distance = await reach(method, "jtr.distance");
    expect(distance.kept).toBeGreaterThan(0);
    expect(distance.helper).toBeGreaterThan(0);
    const reconstruction = await reach(method, "jtr.reconstruction");
    expect(reconstruction.kept).toBe(0);
    expect(reconstruction.helper).toBeGreaterThan(0);
  });

  it("has no reconstruction term at weight 0", () => {
    const { terms } = built([ALL, ALL], { reconstructionWeight: 0 });
    expect(terms.map(({ name }) => name)).toEqual([...ALL, "jtr.distance"]);
  });

  it("asks two augmentations of an image without labels to agree, where it is told to (sec. 4.4)", async () => {
    const method = built([[], []], { unlabelled: "consistency" });
    expect((await values(method))["jtr.distance"]).toBeGreaterThan(1e-4);
    expect((await reach(method, "jtr.distance")).kept).toBeGreaterThan(0);
    expect(jtr.views!(jtr.options.parse({ unlabelled: "consistency" }))[1]).toMatchObject({
      from: 0,
      geometry: "shared",
    });
  });

  it("knows L1 and L2 distances", async () => {
    const [cosine, l1, l2] = await Promise.all(
      ["cosine", "l1", "l2"].map(
        async (distance) => (await values(built([ALL, ALL], { distance })))["jtr.distance"],
      ),
    );
    expect(new Set([cosine, l1, l2]).size).toBe(3);
  });
});

describe("jtr as recommended", () => {
  const built = (options = {}) => buildMethod(jtr, { width: 2, ...options }, [["depth"], ["segmentation"]]);
  const rampsOf = (options = {}) => built(options).terms.map(({ name, ramp }) => [name, ramp?.rampUp]);

  it("is the default, and the paper's equations with bounded values and a ramp", async () => {
    expect(await values(built())).toEqual(await values(built({ variant: "paper", bounded: true })));
    expect(await values(built())).not.toEqual(await values(built({ variant: "paper" })));
    expect(rampsOf()).toEqual(rampsOf({ variant: "paper", rampUp: 300 }));
    expect(rampsOf()).toContainEqual(["jtr.distance", 300]);
  });

  it("gives way to what is said otherwise", async () => {
    const paper = await values(built({ variant: "paper" }));
    expect(await values(built({ bounded: false, rampUp: 0 }))).toEqual(paper);
    expect(rampsOf({ rampUp: 7 })).toContainEqual(["jtr.distance", 7]);
  });
});

describe("jtr as released", () => {
  const built = (labelled: string[][]) => buildMethod(jtr, { width: 2, variant: "released" }, labelled);

  it("sends the distance's gradient to predictions of unlabelled tasks only, never to the auto-encoder", async () => {
    const partly = await reach(built([["depth"], ["segmentation"]]), "jtr.distance");
    expect(partly.kept).toBeGreaterThan(0);
    expect(partly.helper).toBe(0);
    expect((await reach(built([ALL, ALL]), "jtr.distance")).kept).toBe(0);
  });

  it("trains the auto-encoder by the second distance and the reconstructions alone", async () => {
    for (const term of ["jtr.distance.encoder", "jtr.reconstruction"]) {
      const { kept, helper } = await reach(built([["depth"], ["segmentation"]]), term);
      expect(kept, term).toBe(0);
      expect(helper, term).toBeGreaterThan(0);
    }
  });

  it("differs in segmentation stacks even where nothing is labelled: each draw is its own", async () => {
    expect((await values(built([[], []])))["jtr.distance"]).toBeGreaterThan(1e-6);
  });
});

describe("consistency (eq. 2)", () => {
  const built = (labelled: string[][], options = {}) => buildMethod(consistency, options, labelled);

  it("holds for tasks that a sample is not labelled for, by default", async () => {
    const some = await values(built([["depth"], ["depth"]]));
    expect(some["consistency.depth"]).toBe(0);
    expect(some["consistency.segmentation"]).toBeGreaterThan(0);
    const all = await values(built([ALL, ALL], { tasks: "all" }));
    for (const task of ALL) expect(all[`consistency.${task}`]).toBeGreaterThan(0);
  });

  it("counts a class only where the other view is sure of it", async () => {
    const sure = await values(built([[], []], { distance: "task", confidence: 1 }));
    expect(sure["consistency.segmentation"]).toBe(0);
    expect(sure["consistency.depth"]).toBeGreaterThan(0);
  });

  it("moves the first view's predictions where the second is a crop of it, and sends gradients through", async () => {
    const shared = await values(built([[], []], { distance: "l2" }));
    const undone = built([[], []], { distance: "l2", geometry: "undone" });
    expect((await values(undone))["consistency.depth"]).not.toBeCloseTo(shared["consistency.depth"], 6);
    expect((await reach(undone, "consistency.depth")).kept).toBeGreaterThan(0);
    expect(consistency.views!(consistency.options.parse({ geometry: "undone" }))[1].geometry).toBe("free");
  });

  it("is added to another method without its supervised terms", () => {
    const added = { method: consistency as MethodDefinition, options: consistency.options.parse({}) };
    const base = { method: supervised as MethodDefinition, options: supervised.options.parse({}) };
    const { terms } = buildMethod(compose(base, [added]).method, {}, [["depth"], []]);
    expect(terms.map(({ name }) => name)).toEqual([...ALL, ...ALL.map((name) => `consistency.${name}`)]);
  });
});

describe("single-task", () => {
  const built = buildMethod(singleTask, {}, [["depth"], ["depth", "segmentation"]]);
  const reached = async (term: string) => {
    const found = [...built.gradients(term)].filter(([, gradient]) => gradient !== null);
    return new Set(found.map(([name]) => name.split(".")[0]));
  };

  it("gives each task a network of its own, as large as the configured one with that head alone", async () => {
    const names = built.variables.all().map(({ name }) => name);
    const own = (task: string) => names.filter((name) => name.startsWith(`${task}.`));
    expect(names.length).toBe(3 * own("depth").length);
    expect(names).toContain("depth.head.depth.1.weight");
    for (const task of ["depth", "segmentation"]) expect(await reached(task)).toEqual(new Set([task]));
  });

  it("averages a task's loss over the samples labelled for it (eq. 1 with one task)", async () => {
    const both = await values(buildMethod(singleTask, {}, [["depth"], ["depth"]]));
    const [first, second] = await Promise.all(
      [
        [["depth"], []],
        [[], ["depth"]],
      ].map(async (labelled) => (await values(buildMethod(singleTask, {}, labelled))).depth),
    );
    expect(both.depth).toBeCloseTo((first + second) / 2, 5);
    expect(first).toBeGreaterThan(0);
  });
});

describe("must", () => {
  const built = (labelled: string[][]) => buildMethod(must, { teachers: "a/run" }, labelled);

  it("trains the student alone: no gradient and no state change reaches the teachers", async () => {
    const method = built([["depth"], []]);
    expect(method.variables.all().some(({ name }) => name.startsWith("helper.teachers.depth."))).toBe(true);
    for (const { name } of method.terms) {
      const { kept, helper } = await reach(method, name);
      expect(helper, name).toBe(0);
      if (name.startsWith("must.")) expect(kept, name).toBeGreaterThan(0);
    }
    expect([...method.forward.updates().keys()].some((name) => name.startsWith("helper."))).toBe(false);
  });

  it("asks the teachers nothing about labelled tasks", async () => {
    const terms = await values(built([ALL, ALL]));
    for (const task of ALL) expect(terms[`must.${task}`]).toBe(0);
  });
});
