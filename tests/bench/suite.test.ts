import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { configurationHash, expandSuite } from "../../src/bench/expand.js";
import { merge } from "../../src/bench/merge.js";
import { fits } from "../../src/bench/only.js";
import { parseSuite } from "../../src/bench/suite.js";
import { UserError } from "../../src/common/errors.js";
import { parseConfig, type RunConfig } from "../../src/training/config/index.js";

const SUITE = {
  base: { data: { world: "rooms" }, optimizer: { name: "adam", learningRate: 0.01 }, steps: 5 },
  methods: {
    supervised: { method: { name: "supervised" } },
    jtr: { method: { name: "jtr", width: 8 }, steps: 7 },
  },
  settings: { one: { labels: { scenario: "onelabel" } }, fixed: { labels: { scenario: "full", seed: 9 } } },
  networks: { small: { model: { width: 8 } }, wide: { model: { name: "segnet", width: 32 } } },
  seeds: [0, 3],
  baseline: "supervised",
};
const suiteOf = (changes: object = {}) =>
  parseSuite(stringify({ ...SUITE, ...changes }), "/suites/first.yaml");
const expand = (changes: object = {}) => expandSuite(suiteOf(changes), "/out");

function facts(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.facts;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("expansion", () => {
  it("is the product of settings, networks, methods and seeds", () => {
    const runs = expand();
    expect(runs.map(({ name }) => name).slice(0, 5)).toEqual([
      "one/small/supervised/seed-0",
      "one/small/supervised/seed-3",
      "one/small/jtr/seed-0",
      "one/small/jtr/seed-3",
      "one/wide/supervised/seed-0",
    ]);
    expect(runs).toHaveLength(16);
    expect(new Set(runs.map(({ hash }) => hash)).size).toBe(16);
    const { config } = runs.find(({ name }) => name === "fixed/wide/jtr/seed-3")!;
    expect(config).toMatchObject({
      data: { world: "rooms", seed: 3 },
      labels: { scenario: "full", seed: 9 },
      model: { name: "segnet", width: 32 },
      method: { name: "jtr", width: 8 },
      optimizer: { name: "adam", learningRate: 0.01 },
      steps: 7,
      seed: 3,
    });
  });

  it("leaves out of names what the suite leaves out, and names it after its file", () => {
    const changes = { settings: undefined, networks: undefined };
    expect(expand(changes).map(({ name }) => name)[0]).toBe("supervised/seed-0");
    expect(suiteOf().name).toBe("first");
    const data = { world: "rooms", seed: 1 };
    const [run] = expand({ ...changes, base: { ...SUITE.base, data } });
    expect(run.config.data).toMatchObject(data);
    expect(run.config.labels).toEqual({ scenario: "full", seed: 0, unlabelled: 0 });
  });

  it("has as many runs as the product of any axes, each with the seed of its name", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { minLength: 1, maxLength: 4 });
    const seeds = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, names, names, seeds, (methods, settings, networks, drawn) => {
        const entries = (list: string[], part: object) =>
          Object.fromEntries(list.map((name) => [name, part]));
        const runs = expand({
          baseline: undefined,
          methods: entries(methods, { method: { name: "supervised" } }),
          settings: entries(settings, {}),
          networks: entries(networks, {}),
          seeds: drawn,
        });
        expect(runs).toHaveLength(methods.length * settings.length * networks.length * drawn.length);
        expect(new Set(runs.map(({ name }) => name)).size).toBe(runs.length);
        for (const { seed, config } of runs) expect(config.seed).toBe(seed);
      }),
      { numRuns: 20 },
    );
  });

  it("puts the folder of a needed run in place, of the same setting, network and seed, and that run first", () => {
    const methods = {
      after: { method: { name: "supervised", variant: { run: "jtr" } } },
      ...SUITE.methods,
    };
    // No registered method reads another run's folder as any text: the schema says where it would have gone.
    expect(facts(() => expand({ methods }))).toMatchObject({
      code: "config.bad-value",
      got: '"/out/runs/one/small/jtr/seed-0/run"',
    });
  });
});

describe("starting from another setting", () => {
  const settings = {
    low: { data: { size: [32, 32] } },
    high: { data: { size: [64, 64] }, model: { name: "segnet", weights: { setting: "low" } } },
  };

  it("stands for the run of the same method there, which goes first and counts by its hash", () => {
    const changes = { settings, networks: undefined, seeds: [3] };
    const runs = expand(changes);
    expect(runs.map(({ name, needs }) => [name, needs])).toEqual([
      ["low/supervised/seed-3", []],
      ["low/jtr/seed-3", []],
      ["high/supervised/seed-3", ["low/supervised/seed-3"]],
      ["high/jtr/seed-3", ["low/jtr/seed-3"]],
    ]);
    expect(runs[3].config.model.weights).toBe("/out/runs/low/jtr/seed-3/run");
    const later = expand({ ...changes, settings: { ...settings, low: { ...settings.low, batchSize: 2 } } });
    expect(later[3].hash).not.toBe(runs[3].hash);
    expect(expandSuite(suiteOf(changes), "/elsewhere")[3].hash).toBe(runs[3].hash);
  });

  it("may be that of another method", () => {
    const weights = { setting: "low", run: "supervised" };
    const high = { ...settings.high, model: { name: "segnet", weights } };
    const runs = expand({ settings: { high, low: settings.low }, networks: undefined, seeds: [3] });
    expect(runs.map(({ name }) => name)).toEqual([
      "low/supervised/seed-3",
      "high/supervised/seed-3",
      "high/jtr/seed-3",
      "low/jtr/seed-3",
    ]);
    expect(runs[2].needs).toEqual(["low/supervised/seed-3"]);
  });
});

describe("merging", () => {
  it("goes key by key, and replaces what is another thing", () => {
    expect(merge({ a: { x: 1, y: [1, 2] } }, { a: { y: [3], z: 4 } })).toEqual({ a: { x: 1, y: [3], z: 4 } });
    expect(merge({ method: { name: "jtr", width: 8 } }, { method: { name: "supervised" } })).toEqual({
      method: { name: "supervised" },
    });
    expect(merge({ method: { name: "jtr", width: 8 } }, { method: { name: "jtr", extra: 1 } })).toEqual({
      method: { name: "jtr", width: 8, extra: 1 },
    });
    expect(merge({ data: { world: "rooms", train: 4 } }, { data: { path: "x" } })).toEqual({
      data: { path: "x" },
    });
    expect(merge({ labels: { file: "a" } }, { labels: { scenario: "full" } })).toEqual({
      labels: { scenario: "full" },
    });
  });

  it("changes nothing by nothing, and keeps every key", () => {
    const tree = fc.dictionary(fc.string(), fc.anything({ maxDepth: 2 }), { noNullPrototype: true });
    fc.assert(
      fc.property(tree, tree, (under, over) => {
        expect(merge(under, {})).toEqual(under);
        expect(merge({}, over)).toEqual(over);
        const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
        expect(new Set(Object.keys(merge(under, over)))).toEqual(keys);
      }),
    );
  });
});

describe("hashes", () => {
  const config = (text: string) => parseConfig(text, "/x/config.yaml");

  it("stay the same whatever the order of keys, the threads and the defaults spelt out", () => {
    const hash = configurationHash(config("{data: {path: d}, method: {name: jtr, width: 8}, steps: 3000}"));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    for (const same of [
      "{method: {width: 8, name: jtr}, data: {path: /x/d}}",
      "{data: {path: d}, method: {name: jtr, width: 8}, runtime: {threads: 2, workers: 3}}",
    ]) {
      expect(configurationHash(config(same))).toBe(hash);
    }
    expect(configurationHash(config("{data: {path: d}, method: {name: jtr, width: 9}}"))).not.toBe(hash);
    expect(configurationHash(config("{data: {path: d}, method: {name: jtr, width: 8}, steps: 1}"))).not.toBe(
      hash,
    );
  });

  it("do not change from version to version: results stay valid", () => {
    const plain = {
      steps: 5,
      method: { name: "jtr", width: 8 },
      runtime: { provider: "cpu", threads: 1, workers: 1 },
    };
    expect(configurationHash(plain as unknown as RunConfig)).toBe(
      "d75ccc974f161d044ab6cc1d275b13f267802aede4c4b69fba9270fbbf4147e9",
    );
  });

  it("of JTR by the paper is that of the time when it was the default", () => {
    const text = "{data: {path: d}, method: {name: jtr, variant: paper, width: 8}}";
    expect(configurationHash(config(text))).toBe(
      "65414c5bf61a6a2b6828bc79abadf80e75802bc6c593c1f5fe403a00ae154f2b",
    );
  });

  it("change with how a run is measured", () => {
    const [usual, images, scaled] = ["", "mean: images", "medianScaling: true"].map((evaluation) =>
      configurationHash(config(`{data: {path: d}, method: {name: supervised}, evaluation: {${evaluation}}}`)),
    );
    expect(new Set([usual, images, scaled]).size).toBe(3);
  });

  it("of a run that needs another follow that one's hash, not its folder", () => {
    const plain = config("{data: {path: d}, method: {name: supervised}}");
    const at = (folder: string, hash: string) => {
      const method = { name: "supervised", teachers: folder };
      return configurationHash({ ...plain, method }, [[["method", "teachers"], hash]]);
    };
    expect(at("/a", "1")).toBe(at("/b", "1"));
    expect(at("/a", "1")).not.toBe(at("/a", "2"));
  });
});

describe("wrong suites", () => {
  it.each<[string, object, object]>([
    ["an unknown key", { method: {} }, { code: "config.unknown-key", fix: "Did you mean `methods`?" }],
    ["no seeds", { seeds: [] }, { code: "config.bad-value", what: /`seeds`/ }],
    ["a seed twice", { seeds: [1, 1] }, { what: /twice/ }],
    ["no method", { methods: {} }, { what: /`methods`.*at least one/ }],
    ["a name that is no folder", { methods: { "../x": {} } }, { what: /`methods/ }],
    ["an unknown baseline", { baseline: "supervise" }, { fix: "Did you mean `supervised`?" }],
    [
      "a seed in a part",
      { networks: { small: { seed: 1 } } },
      { code: "suite.seed", where: /first\.yaml:\d+:\d+/ },
    ],
    [
      "an unknown key of a configuration",
      { networks: { small: { model: { widht: 8 } } } },
      { code: "config.unknown-key", where: /first\.yaml:\d+:\d+/, fix: "Did you mean `width`?" },
    ],
    [
      "a need that no method answers",
      {
        methods: { must: { method: { name: "supervised", variant: { run: "teacher" } } } },
        baseline: undefined,
      },
      { code: "suite.unknown-method", got: '"teacher"' },
    ],
    [
      "needs in a circle",
      {
        methods: {
          a: { method: { name: "supervised", variant: { run: "b" } } },
          b: { method: { name: "supervised", variant: { run: "a" } } },
        },
        baseline: undefined,
      },
      {
        code: "suite.circle",
        what: "runs need each other: one/small/a/seed-0 -> one/small/b/seed-0 -> one/small/a/seed-0",
      },
    ],
    [
      "a setting that starts from itself",
      { settings: { one: { model: { weights: { setting: "one" } } } } },
      { code: "suite.circle", where: /first\.yaml:\d+:\d+/ },
    ],
    [
      "a start from no setting of the suite",
      { settings: { one: { model: { weights: { setting: "two" } } } } },
      { code: "suite.unknown-setting", got: '"two"', expected: "one of one" },
    ],
  ])("%s is a message", (_what, changes, expected) => {
    const found = facts(() => expand(changes)) as unknown as Record<string, string>;
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) expect(found[key]).toMatch(value);
      else expect(found[key]).toBe(value);
    }
  });

  it("points at the place a key came from", () => {
    const text =
      "base:\n  data: {path: x}\nmethods:\n  a:\n    method: {name: supervised, variant: papr}\nseeds: [0]\n";
    expect(facts(() => expandSuite(parseSuite(text, "s.yaml"), "out")).where).toBe("s.yaml:5:41");
  });

  it("never end in anything but a suite or a message", () => {
    const keys = ["base", "methods", "settings", "networks", "seeds", "baseline", "__proto__", "checkpoint"];
    const leaf = fc.oneof(fc.constantFrom("supervised", "rooms", "jtr"), fc.anything({ maxDepth: 1 }));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.dictionary(
          fc.oneof(fc.constantFrom("name", "method", "data", "run", "world"), fc.string()),
          tie("node"),
        ),
      ),
    })).node;
    const guarded = (text: string) => {
      try {
        expandSuite(parseSuite(text, "s.yaml"), "out");
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), tree), (value) =>
        guarded(JSON.stringify(value) ?? ""),
      ),
    );
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), guarded));
  });
});

it("--only holds a pattern against parts, or with a slash against the whole", () => {
  const name = "one/small/jtr/seed-0";
  for (const pattern of ["jtr", "seed-*", "one/*", "*/jtr/*", "*"])
    expect(fits(name, pattern), pattern).toBe(true);
  for (const pattern of ["jt", "small/jtr", "seed-1", "o.e"])
    expect(fits(name, pattern), pattern).toBe(false);
});
