/** @file Where tasks disagree: their own predictions beside what a method makes of the other tasks'. */
import { input } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";
import { helperModule, ModuleSet } from "../nn/module.js";
import { Forward } from "../nn/scope.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import type { StateStore } from "../runtime/state-store.js";
import type { PredictionMap, Task } from "../tasks/task.js";
import type { TermsPlan } from "./plan.js";

type Plan = Pick<TermsPlan, "tasks" | "method" | "size">;

const leafName = (task: string): string => `prediction ${task}`;
const outputName = (part: "label" | "valid", task: string, index: number): string =>
  `${part} ${task} ${index}`;

/** Labels that the other tasks' predictions of one image come to, as outputs, and how many each task has. */
function buildTransfers({ tasks, method, size }: Plan) {
  const modules = new ModuleSet();
  const leaves = Object.fromEntries(
    tasks.map(({ name, kind, spec }) => [
      name,
      input(leafName(name), [1, kind.learning.channels(spec), ...size]),
    ]),
  );
  const context = {
    ...{ tasks, forward: new Forward("eval") },
    helper: (name: string) => modules.scope(helperModule(name)),
  };
  const transferred = method.method.transferred!(context, leaves, method.options);
  const outputs: Record<string, Tensor> = {};
  for (const { name, kind, spec } of tasks) {
    for (const [i, prediction] of (transferred[name] ?? []).entries()) {
      const { label, valid } = kind.learning.pseudoLabel(prediction, spec, 0);
      outputs[outputName("label", name, i)] = label;
      outputs[outputName("valid", name, i)] = valid;
    }
  }
  return { outputs, counts: new Map(tasks.map(({ name }) => [name, transferred[name]?.length ?? 0])) };
}

/** Compares the tasks' predictions of one image after another. */
export class Disagreement {
  readonly #step: CompiledStep;
  readonly #plan: Plan;
  readonly #counts: ReadonlyMap<string, number>;

  private constructor(step: CompiledStep, plan: Plan, counts: ReadonlyMap<string, number>) {
    this.#step = step;
    this.#plan = plan;
    this.#counts = counts;
  }

  /**
   * Compiles against a store that holds the method's helper networks; undefined where the method has none
   * that lead from task to task.
   */
  static async create(engine: Engine, store: StateStore, plan: Plan): Promise<Disagreement | undefined> {
    if (plan.method.method.transferred === undefined) return undefined;
    const { outputs, counts } = buildTransfers(plan);
    if (Object.keys(outputs).length === 0) return undefined;
    const step = await CompiledStep.compile(engine, store, { outputs, state: [] });
    return new Disagreement(step, plan, counts);
  }

  /**
   * Of each task that others lead to, [H,W] from 0, all say the same, to 1: the mean over the other tasks of
   * the error that the task's prediction would have if theirs were its label, as errors are drawn.
   */
  async of(predictions: Readonly<Record<string, PredictionMap>>): Promise<Record<string, Float32Array>> {
    const { tasks, size } = this.#plan;
    const feeds = Object.fromEntries(tasks.map(({ name }) => [leafName(name), predictions[name].data]));
    const outputs = await this.#step.run(feeds);
    const [height, width] = size;
    const errorsOf = ({ name, kind, spec }: Task) =>
      Array.from({ length: this.#counts.get(name)! }, (_, i) => {
        const data = Float32Array.from(outputs[outputName("label", name, i)]);
        const valid = Uint8Array.from(outputs[outputName("valid", name, i)]);
        const label = { width, height, channels: data.length / (width * height), data, valid };
        return kind.drawing.errors?.of(predictions[name], label, spec);
      }).filter((errors) => errors !== undefined);
    return Object.fromEntries(
      tasks.flatMap((task) => {
        const all = errorsOf(task);
        const most = task.kind.drawing.errors?.most ?? 1;
        return all.length === 0 ? [] : [[task.name, meanShare(all, most)]];
      }),
    );
  }

  async release(): Promise<void> {
    await this.#step.release();
  }
}

/** Mean over maps [H,W] of values as shares of `most`, 1 at most; what is NaN says nothing. */
function meanShare(maps: readonly Float32Array[], most: number): Float32Array {
  return maps[0].map((_, pixel) => {
    const known = maps.map((map) => map[pixel]).filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + Math.min(1, value / most), 0) / known.length;
  });
}
