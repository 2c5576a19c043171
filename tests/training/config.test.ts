import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { UsageError, UserError } from "../../src/common/errors.js";
import {
  configJsonSchema,
  differences,
  formatConfig,
  parseConfig,
  parseOverride,
} from "../../src/training/config/index.js";

const MINIMAL = "data: {path: ./rooms}\nmethod: {name: jtr}\n";
const parse = (text: string, ...set: string[]) => parseConfig(text, "/home/run.yaml", set.map(parseOverride));

function message(text: string, ...set: string[]): string {
  try {
    parse(text, ...set);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("a configuration", () => {
  test("has the paper's values where it says nothing, and absolute paths", () => {
    expect(parse(MINIMAL)).toMatchObject({
      data: { path: "/home/rooms", format: "folder" },
      labels: { scenario: "full" },
      model: { name: "segnet", width: 64 },
      method: { name: "jtr", distanceWeight: 4, reconstructionWeight: 2 },
      optimizer: { name: "adam", learningRate: 1e-4, schedule: { name: "constant" } },
      batchSize: 4,
      augmentation: { scales: [1, 1.2, 1.5], flip: 0.5 },
    });
  });

  test("has what its method recommends where it says nothing, written out", () => {
    const recommended = parse(MINIMAL);
    expect(recommended).toMatchObject({
      method: { variant: "recommended", bounded: true, rampUp: 300 },
      clipNorm: 5,
    });
    const text = formatConfig(recommended);
    for (const line of ["variant: recommended", "bounded: true", "rampUp: 300", "clipNorm: 5"])
      expect(text).toContain(line);
  });

  test.each<[string, string[], object]>([
    ["the variant paper", ["method.variant=paper"], { clipNorm: undefined, bounded: false, rampUp: 0 }],
    ["the variant released", ["method.variant=released"], { clipNorm: undefined, bounded: false, rampUp: 0 }],
    ["a number of one's own", ["clipNorm=1"], { clipNorm: 1, bounded: true, rampUp: 300 }],
    ["null", ["clipNorm=null"], { clipNorm: null, bounded: true, rampUp: 300 }],
    ["an option of one's own", ["method.rampUp=0"], { clipNorm: 5, bounded: true, rampUp: 0 }],
    [
      "an option beside the variant",
      ["method.variant=paper", "method.bounded=true"],
      { clipNorm: undefined, bounded: true, rampUp: 0 },
    ],
  ])("takes %s before what is recommended", (_what, set, expected) => {
    const config = parse(MINIMAL, ...set);
    const { bounded, rampUp } = config.method;
    expect({ clipNorm: config.clipNorm, bounded, rampUp }).toEqual(expected);
    expect(parseConfig(formatConfig(config), "/elsewhere/config.resolved.yaml")).toEqual(config);
  });

  test("has what an added method recommends, also for the run", () => {
    const config = parse("data: {path: x}\nmethod: {name: supervised, with: [{name: jtr, width: 8}]}\n");
    expect(config.method.with).toMatchObject([{ name: "jtr", width: 8, bounded: true, rampUp: 300 }]);
    expect(config.clipNorm).toBe(5);
    expect(parse("data: {path: x}\nmethod: {name: supervised}\n").clipNorm).toBeUndefined();
  });

  test("comes back the same from its resolved text, wherever that lies", () => {
    const config = parse(MINIMAL, "labels={file: kept.json}", "clipNorm=5", "model.width=8");
    expect(parseConfig(formatConfig(config), "/elsewhere/config.resolved.yaml")).toEqual(config);
  });

  test("may be JSON", () => {
    expect(parse(JSON.stringify({ data: { path: "x" }, method: { name: "supervised" } })).data).toMatchObject(
      {
        path: "/home/x",
      },
    );
  });

  test("takes overrides, also of parts that it leaves out", () => {
    const { optimizer, tasks, steps } = parse(
      MINIMAL,
      "optimizer.learningRate=1e-3",
      "tasks=[depth]",
      "steps=5",
    );
    expect([optimizer.name, optimizer.learningRate, tasks, steps]).toEqual(["adam", 1e-3, ["depth"], 5]);
  });

  test("the last of several --set of one key counts, and a part of a whole that was set before it", () => {
    const config = parse(MINIMAL, "steps=3", "steps=5", "model={name: segnet, width: 8}", "model.width=16");
    expect(config).toMatchObject({ steps: 5, model: { width: 16 } });
    expect(parse(MINIMAL, "model.width=16", "model={name: segnet, width: 8}").model.width).toBe(8);
  });

  test.each(["steps", "=3", "a..b=3", "steps=[1"])("refuses --set %s as wrong usage", (text) => {
    expect(() => parseOverride(text)).toThrow(UsageError);
  });
});

describe("a mistake in a configuration is told by place, key and remedy", () => {
  test.each([
    ["batchsize: 3\n", "/home/run.yaml:3:1: unknown key `batchsize`", "Did you mean `batchSize`?"],
    ["data: {pth: x}\n", "", "`data.path` is missing"],
    [
      "evaluation:\n  evry: 3\n",
      "/home/run.yaml:4:3: unknown key `evaluation.evry`",
      "Did you mean `every`?",
    ],
    ["steps: many\n", "/home/run.yaml:3:8: `steps` does not hold", 'got "many"'],
    ["steps: 0\n", "/home/run.yaml:3:8: `steps`", "got 0"],
    [
      "model: {name: segnett}\n",
      "`model.name` is not known (expected one of segnet",
      "Did you mean `segnet`?",
    ],
    ["model: {name: segnet, wdth: 3}\n", ":3:23: unknown key `model.wdth`", "Did you mean `width`?"],
    ["labels: {scenario: onelable}\n", "`labels.scenario` is not known", "Did you mean `onelabel`?"],
    [
      "optimizer: {name: adam, nesterov: true}\n",
      "unknown key `optimizer.nesterov`",
      "one of name, learningRate",
    ],
    ["evaluation: {split: test}\n", "`evaluation.split`", "not for choosing checkpoints"],
    ["data: {world: roms}\n", "`data.world`", "rooms"],
    ["steps: 3\nsteps: 4\n", "/home/run.yaml:4", "unique"],
    ["\tsteps: 3\n", "/home/run.yaml:3", "Tabs"],
  ])("%j", (line, first, second) => {
    const key = line.slice(0, line.indexOf(":") + 1);
    const base = MINIMAL.split("\n")
      .filter((each) => !each.startsWith(key))
      .join("\n");
    const text = message(`${base}${base.endsWith("\n") ? "" : "\n"}${line}`);
    expect(text).toContain(first);
    expect(text).toContain(second);
    expect(text.split("\n")).toHaveLength(1);
  });

  test("in --set", () => {
    expect(message(MINIMAL, "stpes=3")).toMatch(
      /^--set stpes=3: unknown key `stpes`.*Did you mean `steps`\?$/,
    );
    expect(message(MINIMAL, "method.distance=cosin")).toMatch(
      /^--set method.distance=cosin: `method.distance`/,
    );
  });

  test("in an empty file", () => {
    expect(message("")).toContain("the configuration");
  });
});

test("resuming tells which keys changed, but not how long and where it runs", () => {
  const before = parse(MINIMAL);
  expect(differences(before, parse(MINIMAL, "steps=9", "runtime.threads=3"))).toEqual([]);
  expect(differences(before, parse(MINIMAL, "model.width=8", "seed=2"))).toEqual(["model.width", "seed"]);
});

test("docs/config.schema.json is current: run `npm run schema`", () => {
  expect(JSON.parse(readFileSync("docs/config.schema.json", "utf8"))).toEqual(
    JSON.parse(JSON.stringify(configJsonSchema())),
  );
});
