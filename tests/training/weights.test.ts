import { copyFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors, type StoredArray, writeSafetensors } from "../../src/disk/safetensors.js";
import { input } from "../../src/graph/index.js";
import { deeplabv3plusModel } from "../../src/models/deeplabv3plus.js";
import { runNetwork } from "../../src/models/network.js";
import { segnetModel } from "../../src/models/segnet.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { type ArrayOwner, saveCheckpoint } from "../../src/runs/checkpoint.js";
import { train } from "../../src/training/index.js";
import { openWeights } from "../../src/training/weight-files.js";
import { matchWeights } from "../../src/training/weights.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";
import { floats, legacyFile } from "../helpers/torch-files.js";

const golden = (name: string) => new URL(`../golden/${name}`, import.meta.url);
const HEADS = [
  { name: "depth", channels: 1 },
  { name: "normals", channels: 3 },
];

function variablesOf(model: typeof segnetModel | typeof deeplabv3plusModel, options: object) {
  const variables = new ModuleSet();
  // biome-ignore lint/suspicious/noExplicitAny: the options belong to the model beside them.
  const network = model.create(model.options.parse(options) as any);
  runNetwork(network, new Layer(variables.scope(), new Forward("eval")), input("x", [1, 3, 32, 32]), HEADS);
  return variables.all();
}

const same = (name: string) => name;
const deeplab = () => variablesOf(deeplabv3plusModel, { encoder: "resnet18", width: 2 });
const translate = (name: string) => deeplabv3plusModel.variableName!(name);

/** Names and shapes of torchvision's file, edited. */
async function torchvision(edit: (shapes: Map<string, readonly number[]>) => void = () => undefined) {
  const shapes = new Map((await openWeights(golden("resnet18.pth").pathname)).shapes);
  edit(shapes);
  return shapes;
}

describe("matching a file with a network", () => {
  it("finds torchvision's encoder, and leaves out its classifier and counters", async () => {
    const { sources, leftOut, untouched } = matchWeights(await torchvision(), deeplab(), translate, "w.pth");
    expect(sources.size).toBe(100);
    expect(sources.get("encoder.layer4.0.downsample.1.running_var")).toBe(
      "layer4.0.downsample.1.running_var",
    );
    expect(leftOut.filter((name) => !name.endsWith("num_batches_tracked"))).toEqual(["fc.weight", "fc.bias"]);
    expect(untouched).toEqual(["aspp", "decoder", "head.depth", "head.normals"]);
  });

  it.each([
    "module.",
    "_orig_mod.",
    "model.",
    "backbone.",
    "module.encoder_q.",
    "_orig_mod.module.model.backbone.",
  ])("looks past %s before every name", async (wrapper) => {
    const wrapped = new Map([...(await torchvision())].map(([name, shape]) => [wrapper + name, shape]));
    const { sources, leftOut } = matchWeights(wrapped, deeplab(), translate, "w.pth");
    expect(sources.size).toBe(100);
    expect(sources.get("encoder.conv1.weight")).toBe(`${wrapper}conv1.weight`);
    expect(leftOut).toContain(`${wrapper}fc.weight`);
  });

  it("takes one of the networks of a MoCo checkpoint, and leaves out what is outside its wrapper", async () => {
    const shapes = [...(await torchvision())];
    const moco = new Map<string, readonly number[]>([
      ...shapes.map(([name, shape]) => [`module.encoder_q.${name}`, shape] as const),
      ...shapes.map(([name, shape]) => [`module.encoder_k.${name}`, shape] as const),
      ["module.queue", [128, 65536]],
    ]);
    const { sources, leftOut } = matchWeights(moco, deeplab(), translate, "w.pth");
    expect([...sources.values()].every((name) => name.startsWith("module.encoder_q."))).toBe(true);
    expect(leftOut).toContain("module.encoder_k.conv1.weight");
    expect(leftOut).toContain("module.queue");
  });

  it.each<[string, (shapes: Map<string, readonly number[]>) => void, string]>([
    ["lacks some", (shapes) => shapes.delete("bn1.bias"), "the file lacks encoder.bn1.bias."],
    [
      "has others",
      (shapes) => shapes.set("layer4.2.conv1.weight", [1]),
      "does not have layer4.2.conv1.weight",
    ],
    [
      "has other shapes",
      (shapes) => shapes.set("conv1.weight", [64, 3, 7, 7]),
      "of another shape are conv1.weight [64,3,7,7] for [2,3,7,7]",
    ],
    [
      "has nothing of it",
      (shapes) => {
        shapes.clear();
        for (const name of ["fc.weight", "fc.bias"]) shapes.set(name, [1]);
      },
      "none of its names is known fc.weight, fc.bias",
    ],
  ])("tells where a file %s", async (_name, edit, message) => {
    const shapes = await torchvision(edit);
    const error = await userError(() => matchWeights(shapes, deeplab(), translate, "w.pth"));
    expect(error.facts).toMatchObject({ code: "weights.misfit", where: "w.pth" });
    expect(error.message).toContain(message);
  });

  it("takes scales and shifts of batch normalisation for group normalisation, without its statistics", async () => {
    const variables = variablesOf(deeplabv3plusModel, { encoder: "resnet18", width: 2, norm: "group" });
    const { sources, leftOut, untouched } = matchWeights(await torchvision(), variables, translate, "w.pth");
    expect(sources.get("encoder.layer4.1.bn2.weight")).toBe("layer4.1.bn2.weight");
    expect(sources.size).toBe(60);
    expect(leftOut.filter((name) => /running_(mean|var)$/.test(name)).length).toBe(40);
    expect(untouched).toEqual(["aspp", "decoder", "head.depth", "head.normals"]);
  });

  it("leaves out a head of other classes as a whole, which is then new", () => {
    const variables = variablesOf(segnetModel, { width: 2 });
    const stored = new Map(variables.map(({ name, tensor }) => [name, tensor.shape] as const));
    stored.set("head.depth.1.weight", [5, 2, 1, 1]);
    stored.set("head.depth.1.bias", [5]);
    const { leftOut, untouched } = matchWeights(stored, variables, same, "last.safetensors");
    expect(leftOut.every((name) => name.startsWith("head.depth."))).toBe(true);
    expect(leftOut.length).toBe(4);
    expect(untouched).toEqual(["head.depth"]);
  });

  it("leaves out heads of other tasks", () => {
    const variables = variablesOf(segnetModel, { width: 2 });
    const own = variables.map(({ name, tensor }) => [name, tensor.shape] as const);
    const stored = new Map([...own, ["head.edges.0.bias", [2]] as const]);
    const { sources, leftOut, untouched } = matchWeights(stored, variables, same, "last.safetensors");
    expect(sources.size).toBe(variables.length);
    expect(leftOut).toEqual(["head.edges.0.bias"]);
    expect(untouched).toEqual([]);
  });
});

it("reads of a checkpoint the arrays that are evaluated, under their plain names, and those of networks beside", async () => {
  const folder = scratchFolder();
  const owner = (module: string | null, kept: boolean): ArrayOwner => ({ kind: "parameter", module, kept });
  const owners = new Map<string, ArrayOwner>([
    ["head.bias", owner("", true)],
    ["ema.head.bias", owner("ema", true)],
    ["helper.joint.x", owner("helper.joint", false)],
    ["optimizer.main.m.head.bias", { ...owner(null, false), kind: "slot" }],
  ]);
  const value = (n: number): StoredArray => ({ dtype: "F32", shape: [1], data: Float32Array.of(n) });
  const arrays = new Map([...owners.keys()].map((name, i) => [name, value(i)]));
  const state = { step: 1, positions: {}, best: null, configDigest: "" };
  await saveCheckpoint(folder, "last", { state, arrays, owners, evaluated: "ema" });
  const file = await openWeights(join(folder, "last.safetensors"));
  expect([...file.shapes]).toEqual([["head.bias", [1]]]);
  expect([...file.beside]).toEqual([["helper.joint.x", [1]]]);
  expect([...(await file.read("head.bias")), ...(await file.read("helper.joint.x"))]).toEqual([1, 2]);
  await file.close();
});

it("gives half floats, doubles and whole numbers as float32, from either format", async () => {
  const folder = scratchFolder();
  const arrays = new Map<string, StoredArray>([
    ["half", { dtype: "F16", shape: [2], data: Uint16Array.of(0x3e00, 0xc000) }],
    ["double", { dtype: "F64", shape: [], data: Float64Array.of(0.25) }],
    ["long", { dtype: "I64", shape: [1], data: BigInt64Array.of(-3n) }],
  ]);
  await writeSafetensors(join(folder, "a.safetensors"), arrays);
  const file = await openWeights(join(folder, "a.safetensors"));
  expect(await file.read("half")).toEqual(Float32Array.of(1.5, -2));
  expect(await file.read("double")).toEqual(Float32Array.of(0.25));
  expect(await file.read("long")).toEqual(Float32Array.of(-3));
  await file.close();
  const half = await openWeights(golden("resnet50-half.pth").pathname);
  expect((await half.read("bn1.running_var"))[0]).toBeGreaterThan(0.5);
});

it.each([
  ["weights.bin", "weights.unknown-format"],
  ["one.pth", "weights.no-names"],
  ["missing.pt", "file.missing"],
  ["huge.pth", "weights.too-large"],
])("refuses %s as %s", async (name, code) => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "one.pth"), legacyFile(floats([1], [1])));
  writeFileSync(join(folder, "huge.pth"), "");
  // A hole: it takes no room on the disk.
  truncateSync(join(folder, "huge.pth"), 3 * 2 ** 30);
  expect((await userError(() => openWeights(join(folder, name)))).facts.code).toBe(code);
});

describe("a run that starts from weights", () => {
  const MODEL = "model={name: deeplabv3plus, encoder: resnet18, width: 2, weights: start.pth}";
  const FROZEN = [
    "optimizer={name: sgd, learningRate: 1.0e-30}",
    "evaluation.split=null",
    "checkpoint.best=null",
  ];

  async function project() {
    const folder = scratchFolder();
    await writeTiny(join(folder, "data"), { train: 4, val: 1 });
    copyFileSync(golden("resnet18.pth"), join(folder, "start.pth"));
    return folder;
  }
  const lastOf = (run: string) => readSafetensors(join(run, "checkpoints", "last.safetensors"));

  it("has them in the encoder and in its averages, says so, and does not read them again", async () => {
    const folder = await project();
    const said: string[] = [];
    const run = join(folder, "run");
    const config = tinyConfig(folder, MODEL, ...FROZEN, "steps=1", "ema=0.5");
    await train({ config, folder: run, log: (line) => said.push(line) });
    expect(said.join("\n")).toMatch(/Loaded 100 arrays of weights from .*start\.pth, without .*; new: aspp/);
    const { arrays } = await lastOf(run);
    const weights = await openWeights(join(folder, "start.pth"));
    const wanted = await weights.read("layer2.0.conv1.weight");
    expect(arrays.get("encoder.layer2.0.conv1.weight")?.data).toEqual(wanted);
    const averages = arrays.get("ema.encoder.layer2.0.conv1.weight")?.data as Float32Array;
    expect(Math.max(...averages.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(1e-6);
    rmSync(join(folder, "start.pth"));
    const more = tinyConfig(folder, MODEL, ...FROZEN, "steps=2", "ema=0.5");
    expect((await train({ config: more, folder: run, resume: true })).step).toBe(2);
  });

  it.each(["w.safetensors", "first"])(
    "takes those of another run, less the heads it does not have: %s",
    async (source) => {
      const folder = await project();
      await train({ config: tinyConfig(folder, ...FROZEN, "steps=1"), folder: join(folder, "first") });
      const { arrays } = await lastOf(join(folder, "first"));
      await writeSafetensors(join(folder, "w.safetensors"), arrays);
      const set = ["tasks=[depth]", "labels={scenario: full}", `model.weights=${source}`, "seed=9"];
      await train({
        config: tinyConfig(folder, ...FROZEN, "steps=1", ...set),
        folder: join(folder, "second"),
      });
      const second = (await lastOf(join(folder, "second"))).arrays;
      for (const name of ["encoder_block.2.0.weight", "head.depth.0.weight"]) {
        expect(second.get(name)?.data).toEqual(arrays.get(name)?.data);
      }
    },
  );

  it.each([
    { width: 4, goesOn: true },
    { width: 2, goesOn: false },
  ])(
    "goes on with a run's auto-encoder if it is the same: width 4, then $width",
    async ({ width, goesOn }) => {
      const folder = await project();
      const jtr = (of: number) => `method={name: jtr, width: ${of}}`;
      await train({
        config: tinyConfig(folder, ...FROZEN, "steps=1", jtr(4)),
        folder: join(folder, "first"),
      });
      const { arrays } = await lastOf(join(folder, "first"));
      const said: string[] = [];
      await train({
        config: tinyConfig(folder, ...FROZEN, "steps=1", "seed=9", jtr(width), "model.weights=first"),
        folder: join(folder, "second"),
        log: (line) => said.push(line),
      });
      const second = (await lastOf(join(folder, "second"))).arrays;
      const helpers = [...second.keys()].filter((name) => /^helper\..*weight$/.test(name));
      expect(helpers.length).toBeGreaterThan(0);
      for (const name of helpers) {
        if (goesOn) expect(second.get(name)?.data, name).toEqual(arrays.get(name)?.data);
        else expect(second.get(name)?.data, name).not.toEqual(arrays.get(name)?.data);
      }
      expect(/ and those of joint beside the network/.test(said.join("\n"))).toBe(goesOn);
    },
  );

  it("leaves no run folder behind where they do not fit", async () => {
    const folder = await project();
    const config = tinyConfig(folder, MODEL, "model.width=4");
    const run = join(folder, "run");
    expect((await userError(() => train({ config, folder: run }))).facts.code).toBe("weights.misfit");
    const fitting = tinyConfig(folder, MODEL, ...FROZEN, "steps=1");
    expect((await train({ config: fitting, folder: run })).step).toBe(1);
  });

  it("learns with every method, from labels by a split file", async () => {
    const folder = await project();
    const marks = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1];
    writeFileSync(
      join(folder, "onelabel.pth"),
      legacyFile(new Map([["labels_weights", floats([4, 3], marks)]])),
    );
    const config = tinyConfig(
      folder,
      MODEL,
      "labels={file: onelabel.pth}",
      "method={name: jtr, width: 4}",
      "steps=2",
    );
    const { metrics } = await train({ config, folder: join(folder, "run") });
    expect(Object.keys(metrics ?? {})).toEqual(["segmentation", "depth", "normals"]);
  });
});

it("reads numbers of every type from safetensors, bfloat16 among them", async () => {
  const path = join(scratchFolder(), "all.safetensors");
  const arrays = new Map<string, StoredArray>([
    ["bf16", { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3fc0, 0xc000) }],
    ["f16", { dtype: "F16", shape: [1], data: Uint16Array.of(0x3e00) }],
    ["f64", { dtype: "F64", shape: [1], data: Float64Array.of(0.5) }],
    ["u64", { dtype: "U64", shape: [1], data: BigUint64Array.of(7n) }],
    ["i64", { dtype: "I64", shape: [1], data: BigInt64Array.of(-7n) }],
    ["u32", { dtype: "U32", shape: [1], data: Uint32Array.of(4e9) }],
    ["i16", { dtype: "I16", shape: [1], data: Int16Array.of(-300) }],
    ["u16", { dtype: "U16", shape: [1], data: Uint16Array.of(65535) }],
    ["i8", { dtype: "I8", shape: [1], data: Int8Array.of(-1) }],
  ]);
  await writeSafetensors(path, arrays);
  const file = await openWeights(path);
  const read = await Promise.all([...arrays.keys()].map(async (name) => [...(await file.read(name))]));
  expect(read).toEqual([[1.5, -2], [1.5], [0.5], [7], [-7], [4e9], [-300], [65535], [-1]]);
  await file.close();
});
