import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { loadLabels, parseLabels, saveLabels } from "../../src/data/labels-file.js";
import {
  type AvailableLabels,
  assignLabels,
  countLabels,
  type ScenarioConfig,
  scenarioSchema,
  scenarios,
} from "../../src/data/scenarios.js";
import { stripLabels } from "../../src/data/strip.js";
import { temporaryFolder, tinyFolder, userError } from "../helpers/dataset.js";
import { countOf, expectEven } from "../helpers/evenness.js";

const TASKS = ["segmentation", "depth", "normals", "edges"];

function complete(samples: number, tasks: readonly string[]): AvailableLabels {
  return new Map(Array.from({ length: samples }, (_, i) => [`id${i}`, tasks]));
}

const counts = fc.record({
  samples: fc.integer({ min: 1, max: 60 }),
  tasks: fc.integer({ min: 2, max: 4 }).map((k) => TASKS.slice(0, k)),
  seed: fc.nat(1000),
});

const configs = fc
  .record({ seed: fc.nat(1000), unlabelled: fc.double({ min: 0, max: 1, noNaN: true }) })
  .chain((common) =>
    fc.constantFrom(
      ...Object.keys(scenarios).map(
        (scenario) =>
          ({
            ...common,
            scenario,
            ...(scenario === "fraction" && { fractions: { depth: 0.4 } }),
          }) as ScenarioConfig,
      ),
    ),
  );

/** Some samples with some labels each. */
const partial = fc
  .array(fc.subarray(TASKS), { minLength: 1, maxLength: 40 })
  .map((labels): AvailableLabels => new Map(labels.map((own, i) => [`id${i}`, own])));

describe("every scenario", () => {
  it("gives no label that a sample does not have, names every sample, and repeats itself", () => {
    fc.assert(
      fc.property(partial, configs, (available, config) => {
        const assignment = assignLabels(available, TASKS, config);
        expect(Object.keys(assignment)).toEqual([...available.keys()]);
        for (const [id, kept] of Object.entries(assignment)) {
          expect(available.get(id)).toEqual(expect.arrayContaining([...kept]));
          expect(new Set(kept).size).toBe(kept.length);
        }
        expect(assignLabels(available, TASKS, config)).toEqual(assignment);
      }),
    );
  });

  it("does not depend on the order of ids and tasks", () => {
    fc.assert(
      fc.property(partial, configs, (available, config) => {
        const turned: AvailableLabels = new Map(
          [...available].reverse().map(([id, own]) => [id, [...own].reverse()]),
        );
        const sorted = (from: AvailableLabels, tasks: string[]) =>
          Object.fromEntries(
            Object.entries(assignLabels(from, tasks, config)).map(([id, kept]) => [id, [...kept].sort()]),
          );
        expect(sorted(turned, TASKS.toReversed())).toEqual(sorted(available, TASKS));
      }),
    );
  });

  it("leaves the share of images asked for without any label", () => {
    for (const scenario of ["full", "onelabel", "randomlabels", "halflabels"] as const) {
      const assignment = assignLabels(complete(40, TASKS), TASKS, { scenario, seed: 3, unlabelled: 0.3 });
      expect(countLabels(assignment, TASKS).unlabelled).toBe(12);
    }
  });

  it("differs between seeds", () => {
    const draw = (seed: number) =>
      assignLabels(complete(40, TASKS), TASKS, { scenario: "onelabel", seed, unlabelled: 0 });
    expect(draw(0)).not.toEqual(draw(1));
  });
});

describe("one scenario at a time", () => {
  it("full keeps everything", () => {
    const available = complete(5, TASKS);
    const assignment = assignLabels(available, TASKS, { scenario: "full", seed: 0, unlabelled: 0 });
    expect(assignment).toEqual(Object.fromEntries(available));
  });

  it("onelabel gives one label each, the tasks evenly", () => {
    fc.assert(
      fc.property(counts, ({ samples, tasks, seed }) => {
        const assignment = assignLabels(complete(samples, tasks), tasks, {
          scenario: "onelabel",
          seed,
          unlabelled: 0,
        });
        expect(Object.values(assignment).every((kept) => kept.length === 1)).toBe(true);
        const perTask = Object.values(countLabels(assignment, tasks).perTask);
        expect(Math.max(...perTask) - Math.min(...perTask)).toBeLessThanOrEqual(1);
      }),
    );
    // NYU v2 as MTPSL splits it: 265 each.
    const nyu = assignLabels(complete(795, TASKS.slice(0, 3)), TASKS.slice(0, 3), {
      scenario: "onelabel",
      seed: 0,
      unlabelled: 0,
    });
    expect(Object.values(countLabels(nyu, TASKS.slice(0, 3)).perTask)).toEqual([265, 265, 265]);
  });

  it("halflabels keeps half of the tasks, rounded either way, evenly", () => {
    fc.assert(
      fc.property(counts, ({ samples, tasks, seed }) => {
        const assignment = assignLabels(complete(samples, tasks), tasks, {
          scenario: "halflabels",
          seed,
          unlabelled: 0,
        });
        const half = tasks.length / 2;
        for (const kept of Object.values(assignment)) {
          expect([Math.floor(half), Math.ceil(half)]).toContain(kept.length);
        }
        const perTask = Object.values(countLabels(assignment, tasks).perTask);
        expect(Math.max(...perTask) - Math.min(...perTask)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("halflabels rounds down for one half of the images and up for the other", () => {
    const tasks = TASKS.slice(0, 3);
    for (const samples of [1, 2, 31, 60]) {
      const kept = assignLabels(complete(samples, tasks), tasks, {
        scenario: "halflabels",
        seed: 1,
        unlabelled: 0,
      });
      const larger = Object.values(kept).filter((own) => own.length === 2).length;
      expect(larger).toBe(Math.floor(samples / 2));
    }
  });

  it("onelabel evens out what images without a choice have, wherever the others can", () => {
    const few = fc.array(fc.nat(12), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(few, fc.nat(1000), (single, seed) => {
        const tasks = TASKS.slice(0, single.length);
        const bound = single.flatMap((count, i) => Array.from({ length: count }, () => [tasks[i]]));
        // As many with every label as it takes to bring all tasks to the largest count.
        const most = Math.max(...single);
        const free = Array.from({ length: single.length * most - bound.length }, () => tasks);
        const available = new Map([...free, ...bound].map((own, i) => [`id${i}`, own]));
        const kept = assignLabels(available, tasks, { scenario: "onelabel", seed, unlabelled: 0 });
        expect(Object.values(countLabels(kept, tasks).perTask)).toEqual(tasks.map(() => most));
      }),
    );
  });

  it("shares are met to the nearest image, none lost or won by rounding", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(200), fc.nat(100), (samples, parts, seed) => {
        const share = parts / 200;
        const nearest = Math.round(share * samples);
        const bare = assignLabels(complete(samples, TASKS), TASKS, {
          scenario: "full",
          seed,
          unlabelled: share,
        });
        expect(countLabels(bare, TASKS).unlabelled).toBe(nearest);
        const fractions = { depth: share, normals: 1 - share };
        const kept = assignLabels(complete(samples, TASKS), TASKS, {
          scenario: "fraction",
          seed,
          unlabelled: 0,
          fractions,
        });
        const { perTask } = countLabels(kept, TASKS);
        expect(perTask).toMatchObject({ depth: nearest, normals: Math.round((1 - share) * samples) });
      }),
    );
  });

  it("randomlabels keeps 1 to K - 1 labels, every subset as likely as its size", () => {
    const tasks = TASKS.slice(0, 3);
    const assignment = assignLabels(complete(6000, tasks), tasks, {
      scenario: "randomlabels",
      seed: 5,
      unlabelled: 0,
    });
    const subsets: Record<string, number> = {};
    for (const kept of Object.values(assignment))
      subsets[kept.join("+")] = (subsets[kept.join("+")] ?? 0) + 1;
    expect(Object.keys(subsets)).toHaveLength(6);
    // 1000 each; four standard deviations of a binomial count are 115.
    for (const count of Object.values(subsets)) expect(Math.abs(count - 1000)).toBeLessThan(115);
  });

  it("randomlabels needs two tasks", async () => {
    const error = await userError(() =>
      assignLabels(complete(3, ["depth"]), ["depth"], { scenario: "randomlabels", seed: 0, unlabelled: 0 }),
    );
    expect(error.facts.code).toBe("data.scenario-tasks");
  });

  it("fraction keeps each task's share, and a larger share contains a smaller one", () => {
    const available = complete(30, TASKS);
    const draw = (share: number) =>
      assignLabels(available, TASKS, {
        scenario: "fraction",
        seed: 2,
        unlabelled: 0,
        fractions: { depth: share, edges: 0 },
      });
    const [less, more] = [draw(0.2), draw(0.5)];
    expect(countLabels(less, TASKS).perTask).toEqual({ segmentation: 30, depth: 6, normals: 30, edges: 0 });
    expect(countLabels(more, TASKS).perTask.depth).toBe(15);
    for (const [id, kept] of Object.entries(less))
      expect(more[id]).toEqual(expect.arrayContaining([...kept]));
  });

  it("fraction draws each task for itself", () => {
    const fractions = { segmentation: 0.5, depth: 0.5, normals: 0.5, edges: 0.5 };
    const kept = assignLabels(complete(1600, TASKS), TASKS, {
      scenario: "fraction",
      seed: 3,
      unlabelled: 0,
      fractions,
    });
    const counts = countOf(Object.values(kept).map((own) => own.join("+")));
    expect(counts.size).toBe(16);
    expectEven(counts.values());
  });

  it("fraction names a task that is not there", async () => {
    const config: ScenarioConfig = { scenario: "fraction", seed: 0, unlabelled: 0, fractions: { deph: 1 } };
    const error = await userError(() => assignLabels(complete(3, TASKS), TASKS, config));
    expect(error.facts).toMatchObject({ code: "data.unknown-task", fix: "Did you mean depth?" });
  });

  it("has defaults in its schema", () => {
    expect(scenarioSchema.parse({ scenario: "onelabel" })).toEqual({
      scenario: "onelabel",
      seed: 0,
      unlabelled: 0,
    });
    expect(scenarioSchema.safeParse({ scenario: "onelabel", fractions: {} }).success).toBe(false);
  });
});

describe("labels.json", () => {
  const available = complete(3, ["segmentation", "depth"]);
  const save = async (content: unknown) => {
    const path = join(await temporaryFolder(), "labels.json");
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  it("comes back as it was saved", async () => {
    const path = join(await temporaryFolder(), "labels.json");
    const assignment = { id0: ["depth"], id2: [], id1: ["depth", "segmentation"] };
    await saveLabels(path, assignment, { seed: 3 });
    expect(await loadLabels(path, available, ["segmentation", "depth"])).toEqual(assignment);
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(9);
  });

  it("names unknown samples, tasks and labels", async () => {
    const tasks = ["segmentation", "depth", "normals"];
    for (const [labels, code] of [
      [{ id9: [] }, "data.unknown-id"],
      [{ id0: ["deph"] }, "data.unknown-task"],
      [{ id0: ["normals"] }, "data.label-not-there"],
    ] as const) {
      const path = await save({ labels });
      const error = await userError(() => loadLabels(path, available, tasks));
      expect(error.facts.code).toBe(code);
      expect(error.facts.where).toContain(path);
    }
    expect((await userError(() => loadLabels("/none/labels.json", available, tasks))).facts.code).toBe(
      "data.missing-file",
    );
  });

  it("throws nothing but UserError on other text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"labels": {"a": "b"}}')), (text) => {
        try {
          parseLabels(text, "fuzz.json");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});

describe("stripLabels", () => {
  it("writes what a run may see, with how it was drawn", async () => {
    const source = { format: "folder", path: await tinyFolder() };
    const out = join(await temporaryFolder(), "labels.json");
    const scenario = scenarioSchema.parse({ scenario: "onelabel", seed: 4 });
    const { assignment, counts } = await stripLabels({ source, scenario, out });
    expect(counts).toEqual({ samples: 6, unlabelled: 0, perTask: { segmentation: 2, depth: 2, normals: 2 } });
    const file = JSON.parse(await readFile(out, "utf8"));
    expect(file.labels).toEqual(assignment);
    expect(file.about).toMatchObject({ dataset: "tiny", split: "train", scenario: "onelabel", seed: 4 });
  });

  it("refuses splits and tasks that are not there, and a choice of nothing", async () => {
    const source = { format: "folder", path: await tinyFolder() };
    const scenario = scenarioSchema.parse({ scenario: "full", unlabelled: 1 });
    const strip = (more: object) =>
      userError(() => stripLabels({ source, scenario, out: "/none/x", ...more }));
    expect((await strip({ split: "trian" })).facts).toMatchObject({ fix: "Did you mean train?" });
    expect((await strip({ tasks: ["deph"] })).facts.code).toBe("data.unknown-task");
    expect((await strip({})).facts.code).toBe("data.no-labels");
  });
});
