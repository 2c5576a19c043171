/** @file What every constraint must do: the conformance suite. */
import { describe, expect, it } from "vitest";
import { constraintMethod } from "../../src/constraints/beside-method.js";
import type {
  ConstraintContext,
  ConstraintDefinition,
  FrameMotion,
} from "../../src/constraints/constraint.js";
import { input, reduceSum, type Tensor } from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import type { Task } from "../../src/tasks/task.js";
import { userError } from "../helpers/folder.js";
import { wave } from "../helpers/waves.js";

const TASKS: Readonly<Record<string, unknown>> = {
  depth: { kind: "depth" },
  normals: { kind: "normals" },
  segmentation: { kind: "segmentation", classes: ["floor", "car", "sky"] },
  boxes3d: {
    ...{ kind: "boxes3d", things: ["car"], frames: 2 },
    detect: { vehicle: { of: ["car"], size: [4, 2, 1.5], z: -1 } },
    grid: { x: [0, 8], y: [-5, 5], z: [-2, 2], cell: 1 },
  },
};
const [N, HEIGHT, WIDTH] = [2, 8, 10];

/** A context over arrays by formula, for tasks of these kinds; `feeds` says what they hold. */
export function waveContext(kinds: readonly string[]): {
  context: ConstraintContext;
  feeds: Record<string, Float32Array>;
} {
  const feeds: Record<string, Float32Array> = {};
  const known = new Map<string, Tensor>();
  const leaf = (name: string, shape: readonly number[], value: (wave: number, i: number) => number) => {
    const tensor = known.get(name) ?? input(name, shape);
    known.set(name, tensor);
    feeds[name] ??= wave(name, shape).map(value);
    return tensor;
  };
  const tasks = resolveTasks(Object.fromEntries(kinds.map((kind) => [kind, TASKS[kind]])));
  const prediction = ({ name, kind, spec }: Task, frame: number) => {
    const shape = [N, kind.learning.channels(spec), HEIGHT, WIDTH];
    return leaf(`${name}${frame}`, shape, (value) => (name === "depth" ? 4 + value : value));
  };
  const turned = [1, 0.02, 0, -0.02, 1, 0.01, 0, -0.01, 1];
  const motions = [0, 1].map(
    (from): FrameMotion => ({
      rotation: leaf(`rotation${from}`, [N, 3, 3], (_, i) => turned[i % 9]),
      translation: leaf(`translation${from}`, [N, 3], (value) => 0.1 * value),
      residual: leaf(`residual${from}`, [N, 3, HEIGHT, WIDTH], (value) => 0.05 * value),
    }),
  );
  const context: ConstraintContext = {
    ...{ tasks, batchSize: N, size: [HEIGHT, WIDTH] },
    frame: (index) => ({
      image: leaf(`image${index}`, [N, 3, HEIGHT, WIDTH], (value) => 0.5 + 0.4 * value),
      camera: leaf("camera", [N, 4], (_, i) => [9, 9, 4.5, 3.5][i % 4]),
      scan: leaf("scan", [N, 4, 12], (value, i) => [1, 3 + value, 4, 1][Math.floor(i / 12) % 4]),
      predictions: Object.fromEntries(tasks.map((task) => [task.name, prediction(task, index)])),
    }),
    motion: (from) => motions[from],
  };
  return { context, feeds };
}

/** Runs the suite for one constraint. `options` are given to it beside its defaults. */
export function constraintSuite<O>(constraint: ConstraintDefinition<O>, given: object = {}): void {
  describe(`the constraint ${constraint.name}`, () => {
    const options = constraint.options.parse(given);
    const { tasks } = constraint.needs(options);
    const all = waveContext(Object.keys(TASKS));

    it("gives named terms, each a finite scalar that is not negative", async () => {
      const terms = constraint.build(all.context, options);
      expect(terms.length).toBeGreaterThan(0);
      const names = terms.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, value, weight, supervised } of terms) {
        expect(name === constraint.name || name.startsWith(`${constraint.name}.`), name).toBe(true);
        expect(value.shape).toEqual([]);
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(supervised).not.toBe(true);
      }
      const outputs = Object.fromEntries(terms.map(({ name, value }) => [name, reduceSum(value)]));
      const values = await evaluate(await nodeEngine({ provider: "cpu" }), outputs, all.feeds);
      for (const [name, [value]] of Object.entries(values)) {
        expect(Number.isFinite(value), name).toBe(true);
        expect(value, name).toBeGreaterThanOrEqual(-1e-6);
      }
    });

    it("has a weight that multiplies all its terms", () => {
      const weightsFor = (weight: number) =>
        constraint
          .build(all.context, constraint.options.parse({ ...given, weight }))
          .map((term) => term.weight);
      expect(weightsFor(0).every((weight) => weight === 0)).toBe(true);
      const [once, thrice] = [weightsFor(1), weightsFor(3)];
      for (const [i, weight] of thrice.entries()) expect(weight).toBeCloseTo(3 * once[i], 9);
    });

    it.each(Object.values(tasks))("says so where no task is of kind %s", async (kind) => {
      const { context } = waveContext(Object.keys(TASKS).filter((each) => each !== kind));
      const { facts } = await userError(() => constraint.build(context, options));
      expect(facts).toMatchObject({ code: "constraint.no-task", where: constraint.name });
      expect(facts.what).toContain(kind);
    });

    it("stands beside methods with what it needs", () => {
      const method = constraintMethod(constraint);
      const { frames, camera = false, motion = false, scan = false } = constraint.needs(options);
      expect(method.frames?.(options)).toEqual(frames);
      const scans = scan ? ["scan"] : [];
      const still = all.context.tasks;
      expect(method.arrays?.(options, still)).toEqual([
        ...(camera ? ["camera"] : []),
        ...(motion ? ["pose"] : []),
        ...scans,
      ]);
      // What a task predicts is not asked of the data.
      const moving = resolveTasks({ motion: { kind: "motion" }, more: { kind: "depth" } });
      expect(method.arrays?.(options, moving)).toEqual([...(camera ? ["camera"] : []), ...scans]);
      const seeing = resolveTasks({ motion: { kind: "motion", intrinsics: true } });
      expect(method.arrays?.(options, seeing)).toEqual(scans);
      // Two frames where something moves between them.
      expect(motion ? (frames?.count ?? 0) >= 2 : true).toBe(true);
    });
  });
}
