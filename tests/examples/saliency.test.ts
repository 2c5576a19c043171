import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { tasks as plugin } from "../../examples/plugins/saliency.mjs";
import { Random } from "../../src/common/random.js";
import { arrayName } from "../../src/fields/index.js";
import { methods } from "../../src/methods/index.js";
import { type LabelMap, type PredictionMap, resolveTasks } from "../../src/tasks/index.js";
import { imageOf } from "../helpers/measured.js";
import { taskConformance } from "../helpers/task-conformance/index.js";
import { BATCH, buildMethod, SIZE, values } from "../methods/helpers.js";

const { saliency } = plugin;
const spec = saliency.specSchema.parse({ kind: "saliency" });

for (const entry of [
  { kind: "saliency" },
  { kind: "saliency", ignore: 0 },
  { kind: "saliency", ignore: 255 },
]) {
  taskConformance("saliency", saliency, entry, {
    // Mostly salient, so that no label is without a salient pixel.
    pixel: (random) => [Number(random.uniform() < 0.9)],
    precision: 0,
  });
}

function map(data: readonly number[]): PredictionMap {
  return { channels: 1, height: 1, width: data.length, data: Float32Array.from(data) };
}

function label(data: readonly number[]): LabelMap {
  return { ...map(data), valid: new Uint8Array(data.length).fill(1) };
}

test("the set has one threshold where each image alone has its own", () => {
  const accumulator = saliency.metrics.accumulator(spec);
  const images = [
    { prediction: map([0.9, 0.6, 0.1]), truth: label([1, 0, 0]) },
    { prediction: map([0.4, 0.2, 0.1]), truth: label([1, 0, 0]) },
  ];
  images.forEach(({ prediction, truth }, i) => {
    accumulator.update(prediction, truth, imageOf(truth, String(i)));
  });
  const { setF, imageF } = accumulator.result();
  expect(imageF).toBeCloseTo(100, 9);
  // At 0.4, 2 of 3 are right and 2 of 2 found; at 0.9, 1 of 1 and 1 of 2.
  const [at4, at9] = [(1.3 * (2 / 3)) / (0.3 * (2 / 3) + 1), (1.3 * 0.5) / (0.3 + 0.5)];
  expect(setF).toBeCloseTo(100 * Math.max(at4, at9), 9);
});

test("an image without a salient pixel counts for the set alone", () => {
  const accumulator = saliency.metrics.accumulator(spec);
  const [salient, empty] = [label([1, 0]), label([0, 0])];
  accumulator.update(map([0.8, 0]), salient, imageOf(salient, "0"));
  accumulator.update(map([0.8, 0]), empty, imageOf(empty, "1"));
  const { setF, imageF } = accumulator.result();
  expect(imageF).toBeCloseTo(100, 9);
  expect(setF).toBeCloseTo((100 * 1.3 * 0.5) / (0.3 * 0.5 + 1), 9);
});

const tasks = [
  { name: "saliency", spec, kind: saliency },
  ...resolveTasks({ depth: { kind: "depth" }, normals: { kind: "normals" } }),
];

// Alone, a self-supervised method looks at no task.
const withTasks = Object.keys(methods).filter((name) => !methods[name].selfSupervised);
test.each(withTasks)("%s has finite losses with it, knowing nothing of it", async (name) => {
  // Where a method has networks of its own, small ones.
  const known = [{ width: 2 }, { teachers: "run" }, {}];
  const options = known.find((each) => methods[name].options.safeParse(each).success)!;
  const built = buildMethod(methods[name], options, [["depth"], ["normals"]], tasks);
  const random = new Random(5, name);
  const area = SIZE[0] * SIZE[1];
  for (
    let view = 0;
    view < (methods[name].views?.(methods[name].options.parse(options)).length ?? 1);
    view++
  ) {
    const draw = () => Float32Array.from({ length: BATCH * area }, () => random.integer(2));
    built.feeds[arrayName("saliency.label", { view })] = draw();
    built.feeds[arrayName("saliency.valid", { view })] = draw();
    built.feeds[arrayName("saliency.labelled", { view })] = Float32Array.of(1, 0);
  }
  const terms = await values(built);
  expect(Object.keys(terms)).toContain("saliency");
  for (const value of Object.values(terms)) expect(Number.isFinite(value)).toBe(true);
});

test("can be imported by a program that has the package", () => {
  const script =
    'import("./examples/plugins/saliency.mjs").then(({ tasks }) => console.log(Object.keys(tasks)[0]))';
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toBe("saliency\n");
});
