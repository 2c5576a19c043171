import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listField, listOf, type PillarPlan, pillarArray } from "../../../src/fields/index.js";
import type { UprightBox } from "../../../src/geometry/boxes/box.js";
import { encodeBox } from "../../../src/geometry/boxes/coding.js";
import { constant, gradients, input, type Tensor } from "../../../src/graph/index.js";
import { reduceMean } from "../../../src/graph/ops/reduce.js";
import { sizeOf } from "../../../src/graph/tensor.js";
import { headsOf } from "../../../src/methods/method.js";
import { models } from "../../../src/models/index.js";
import { runNetwork } from "../../../src/models/network.js";
import {
  type PointPillarsOptions,
  pointPillars,
  pointPillarsModel,
} from "../../../src/models/pointpillars/pointpillars.js";
import { Layer } from "../../../src/nn/layer.js";
import { ModuleSet } from "../../../src/nn/module.js";
import { Forward } from "../../../src/nn/scope.js";
import { nodeEngine } from "../../../src/runtime/engine.node.js";
import { evaluate } from "../../../src/runtime/evaluate.js";
import { boxesLoss } from "../../../src/tasks/boxes3d/loss.js";
import { focalLoss, smoothL1 } from "../../../src/tasks/boxes3d/losses.js";
import { boxList, ROW_LENGTH, rowOf } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import { boxes3d } from "../../../src/tasks/index.js";
import { boxesSpec } from "../../helpers/sweeps.js";
import { gradientError, wave } from "../../helpers/waves.js";

const golden = JSON.parse(readFileSync(new URL("../../golden/pointpillars.json", import.meta.url), "utf8"));
const engine = await nodeEngine({ provider: "cpu", threads: 1 });
const GRID = { x: [0, 8], y: [-4, 4], z: [-2, 2], cell: 1 } as const;
const OPTIONS: PointPillarsOptions = {
  ...{ width: 4, grid: GRID, pillars: 64, points: 5, frames: 2, step: 1 },
  layers: [1, 0, 1],
};
const PLAN: PillarPlan = { grid: GRID, pillars: 64, points: 5, frames: 2, step: 1 };
const SPEC = boxesSpec({ grid: GRID, frames: 2, most: 4, things: ["car"] }) as BoxesSpec;

/** The formulas of the script. */
function formulaOf(name: string, shape: readonly number[]): Float32Array {
  const flat = shape.length === 1;
  const scale = flat ? 1 : 2 / Math.sqrt(sizeOf(shape) / shape[0]);
  const base = name.endsWith("norm.weight") || (flat && name.endsWith("weight")) ? 1 : 0.1;
  return wave(name, shape).map((value) => base + 0.4 * scale * value);
}

function cloud(sample: number, frame: number): Float32Array {
  const [scale, shift] = [
    [4.4, 4.4, 1, 0.5],
    [4, 0, -1, 0.5],
  ];
  return wave(`sweep ${sample} ${frame}`, [90, 4]).map((value, i) => value * scale[i % 4] + shift[i % 4]);
}

const box = (x: number, y: number, z: number, ...[l, w, h, yaw]: number[]): UprightBox => ({
  ...{ centre: [x, y, z], size: [l, w, h], yaw },
});
const ROWS = [
  [
    rowOf(box(3.1, 1.2, -0.9, 4.2, 1.9, 1.6, 0.2), { class: 0, frame: 0, track: 0 }),
    rowOf(box(5.6, -2.1, -1.1, 3.8, 2.1, 1.4, -1.7), { class: 0, frame: 0, track: 1 }),
    rowOf(box(2.4, 1.1, -0.9, 4.2, 1.9, 1.6, 0.1), { class: 0, frame: 1, track: 0 }),
    rowOf(box(5.5, -2.6, -1.0, 3.8, 2.1, 1.4, 3.1), { class: 0, frame: 1, track: 2 }),
  ],
  [rowOf(box(4.0, 0.4, -1.0, 4.0, 2.0, 1.5, -3.0), { class: 0, frame: 1, track: 0 })],
];

function labels(): { label: Tensor; valid: Tensor } {
  const field = listField(boxList(SPEC));
  const shapes = field.arrays(2, { width: 8, height: 8 });
  const arrays = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, new Float32Array(sizeOf(shape))]),
  );
  ROWS.forEach((rows, n) => {
    field.write(listOf(ROW_LENGTH, rows), arrays, n);
  });
  return {
    label: constant(arrays[".label"], shapes[".label"]),
    valid: constant(arrays[".valid"], shapes[".valid"]),
  };
}

const task = { name: "boxes", kind: boxes3d, spec: SPEC } as never;
const pillarsOf = (sample: number) => pillarArray({ frames: [0, 1].map((f) => cloud(sample, f)) }, PLAN);

function build(forward: Forward) {
  const modules = new ModuleSet();
  const x = input("pillars", [2, 10, 128, 5]);
  const network = pointPillars(OPTIONS);
  const run = runNetwork(network, new Layer(modules.scope(), forward), x, headsOf([task]));
  return { modules, network, ...run, prediction: run.outputs.boxes };
}

const bothSamples = new Float32Array([...pillarsOf(0), ...pillarsOf(1)]);

describe("golden values of PyTorch", () => {
  it("pillars hold the published features", () => {
    const { first, place } = golden.pillars;
    const pillars = pillarsOf(0);
    const plane = 128 * 5;
    for (let k = 0; k < 5; k++) {
      for (let c = 0; c < 9; c++) expect(pillars[c * plane + k]).toBeCloseTo(first[9 * k + c], 5);
      expect(pillars[9 * plane + k]).toBe(1 + place[0] * 8 + place[1]);
    }
  });

  it("prediction, loss, gradients and running statistics of a training step", async () => {
    const forward = new Forward("train");
    const { modules, prediction } = build(forward);
    const { label, valid } = labels();
    const losses = boxesLoss(prediction, label, valid, SPEC);
    const trained = modules.trained();
    const found = gradients(
      reduceMean(losses),
      trained.map(({ tensor }) => tensor),
    );
    const feeds = Object.fromEntries(
      modules.all().map(({ name, kind, tensor }) => {
        const start = new Float32Array(sizeOf(tensor.shape)).fill(name.endsWith("running_var") ? 1 : 0);
        return [name, kind === "state" ? start : formulaOf(name, tensor.shape)];
      }),
    );
    const updates = [...forward.updates()].filter(([name]) => name.startsWith("vfe"));
    const outputs = await evaluate(
      engine,
      {
        ...{ prediction, losses },
        ...Object.fromEntries(found.map((gradient, i) => [`d ${trained[i].name}`, gradient])),
        ...Object.fromEntries(updates.map(([name, next]) => [`next ${name}`, next])),
      },
      { ...feeds, pillars: bothSamples },
    );
    const { norm, product, first } = golden.prediction;
    expect(gradientError("prediction", outputs.prediction, norm, product)).toBeLessThan(1e-4);
    (first as number[]).forEach((value, c) => {
      expect(outputs.prediction[43 * 64 + c * 64 + 3 * 8 + 4]).toBeCloseTo(value, 3);
    });
    for (const n of [0, 1]) expect(outputs.losses[n] / golden.samples[n]).toBeCloseTo(1, 4);
    expect(trained.map(({ name }) => name).sort()).toEqual(Object.keys(golden.gradients).sort());
    for (const { name } of trained) {
      const wanted = golden.gradients[name];
      expect(gradientError(name, outputs[`d ${name}`], wanted.norm, wanted.product), name).toBeLessThan(2e-3);
    }
    for (const [name, values] of Object.entries(golden.state as Record<string, number[]>)) {
      values.forEach((value, i) => {
        expect(outputs[`next ${name}`][i]).toBeCloseTo(value, 5);
      });
    }
  });

  it("focal loss, smooth L1 and coding", async () => {
    const logits = constant([-3, -0.5, 0, 2], [4]);
    const { none, one, smooth } = await evaluate(engine, {
      none: focalLoss(logits, constant([0, 0, 0, 0], [4])),
      one: focalLoss(logits, constant([1, 1, 1, 1], [4])),
      smooth: smoothL1(constant([-0.5, -0.05, 0, 0.11, 1], [5])),
    });
    [none, one].forEach((values, target) => {
      values.forEach((value, i) => {
        expect(value / golden.focal[target][i]).toBeCloseTo(1, 4);
      });
    });
    smooth.forEach((value, i) => {
      expect(value).toBeCloseTo(golden.smooth[i], 6);
    });
    const anchor = box(10.08, -3.04, -1, 3.9, 1.6, 1.56, 0);
    encodeBox(box(10.4, -3.3, -0.9, 4.2, 1.7, 1.5, 0.1), anchor).forEach((value, i) => {
      expect(value).toBeCloseTo(golden.coding[i], 12);
    });
  });
});

describe("the network", () => {
  it("has as many parameters as published, and maps of the grid's size", () => {
    const network = pointPillars({ ...pointPillarsModel.options.parse({}), frames: 1, pillars: 100 });
    const modules = new ModuleSet();
    const x = input("pillars", [1, 10, 100, 20]);
    const spec = boxesSpec({ grid: network.pillars!.grid, things: ["car"] });
    const heads = headsOf([{ name: "boxes", kind: boxes3d, spec } as never]);
    const run = runNetwork(network, new Layer(modules.scope(), new Forward("eval")), x, heads);
    expect(run.outputs.boxes.shape).toEqual([1, 20, 468, 468]);
    expect(modules.trained().reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)).toBe(4_814_804);
  });

  it("declares the same variables in training and evaluation, and what it says is shared", () => {
    const described = (mode: "train" | "eval") =>
      build(new Forward(mode))
        .modules.all()
        .map(({ name, kind, tensor }) => `${kind} ${name} [${tensor.shape}]`)
        .sort();
    expect(described("eval")).toEqual(described("train"));
    const { modules, network } = build(new Forward("train"));
    const names = modules.trained().map(({ name }) => name);
    for (const name of network.shared!) expect(names).toContain(name);
    expect(Object.keys(models)).toContain("pointpillars");
  });

  it("gives each sample what it gives it alone, in evaluation and by each sample's statistics", async () => {
    for (const forward of [
      new Forward("eval"),
      new Forward("train", { statistics: "sample", updatesState: false }),
    ]) {
      const { modules, prediction } = build(forward);
      const feeds = Object.fromEntries(
        modules.all().map(({ name, tensor }) => {
          const value = formulaOf(name, tensor.shape);
          return [name, name.endsWith("running_var") ? value.map((each) => 1 + each * each) : value];
        }),
      );
      const both = await evaluate(engine, { prediction }, { ...feeds, pillars: bothSamples });
      const twice = new Float32Array([...pillarsOf(1), ...pillarsOf(1)]);
      const alone = await evaluate(engine, { prediction }, { ...feeds, pillars: twice });
      const length = both.prediction.length / 2;
      for (let i = 0; i < length; i += 7) {
        expect(both.prediction[length + i]).toBeCloseTo(alone.prediction[i], 3);
      }
    }
  });

  it("refuses what are no pillars of its plan", () => {
    const layer = new Layer(new ModuleSet().scope(), new Forward("eval"));
    expect(() => pointPillars(OPTIONS).encode(layer, input("image", [1, 3, 8, 8]))).toThrow(/needs pillars/);
  });

  it("refuses a grid of parts of cells", () => {
    const parsed = pointPillarsModel.options.safeParse({ grid: { x: [0, 10.1], cell: 0.5 } });
    expect(parsed.error?.issues[0].message).toMatch(/whole number of cells/);
  });
});
