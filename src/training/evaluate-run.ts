/** @file Measuring a finished run: its weights on a split of its own data or of another dataset. */
import { UserError } from "../common/errors.js";
import { openDataset } from "../data/formats/index.js";
import type { DatasetSource } from "../data/types.js";
import type { RunPaths } from "../runs/run-folder.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { StateStore } from "../runtime/state-store.js";
import { buildInference } from "../step/inference-graph.js";
import { Predictor } from "../step/predictor.js";
import { resolveTasks } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import { type EvaluateOptions, evaluateSplit, type TaskMetrics } from "./evaluate.js";
import { checkpointOf, loadWeights, type WhichCheckpoint } from "./export.js";
import { networkOf } from "./parts.js";
import { openRunData, type RunData } from "./run-data.js";
import { runConfig } from "./run-files.js";

export interface EvaluateRunOptions extends Pick<EvaluateOptions, "onSample" | "onProgress"> {
  /** Default `test`. */
  readonly split?: string;
  readonly checkpoint?: WhichCheckpoint;
  /** Another dataset folder with the run's tasks. */
  readonly data?: string;
  readonly log?: (message: string) => void;
}

export interface RunEvaluation {
  readonly split: string;
  /** Path of the checkpoint measured. */
  readonly checkpoint: string;
  readonly images: number;
  readonly metrics: TaskMetrics;
  readonly tasks: readonly Task[];
}

/** Measures a run. Throws UserError where it has no checkpoint, or the data lacks the split or a task. */
export async function evaluateRun(run: RunPaths, options: EvaluateRunOptions = {}): Promise<RunEvaluation> {
  const { split = "test", onSample, onProgress } = options;
  const config = await runConfig(run);
  const network = networkOf(config);
  const own = await openRunData(config, network, options.log);
  const checkpoint = checkpointOf(run, options.checkpoint);
  const { source, tasks } = options.data === undefined ? own : await otherData(options.data, own);
  const ids = (await openDataset(source)).info.splits[split];
  const engine = await nodeEngine({ provider: config.runtime.provider, threads: config.runtime.threads });
  const store = new StateStore(engine);
  const { modules } = buildInference({ tasks: own.tasks, network, batchSize: 1, size: own.size });
  for (const [name, data] of await loadWeights(checkpoint, modules.all())) {
    store.write(name, modules.get(name)!.tensor.shape, data);
  }
  const { batchSize } = config.evaluation;
  const predictor = await Predictor.create(engine, store, { tasks, network, batchSize, size: own.size });
  try {
    const metrics = await evaluateSplit(predictor, { source, split, onSample, onProgress });
    return { split, checkpoint, images: ids.length, metrics, tasks };
  } finally {
    await predictor.release();
  }
}

/** Another dataset folder, resized to the run's images, with the run's tasks as that dataset stores them. */
async function otherData(path: string, own: RunData): Promise<{ source: DatasetSource; tasks: Task[] }> {
  const source: DatasetSource = { format: "folder", path, size: own.size };
  const dataset = await openDataset(source);
  const tasks = resolveTasks(
    dataset.info.tasks,
    own.tasks.map(({ name }) => name),
  );
  tasks.forEach((task, i) => {
    const { name, kind, spec } = own.tasks[i];
    const channels = kind.learning.channels(spec);
    if (task.kind.kind === kind.kind && task.kind.learning.channels(task.spec) === channels) return;
    throw new UserError({
      code: "data.other-task",
      where: `${path}: ${name}`,
      what: "the task is not the one the run was trained on",
      expected: `kind ${kind.kind} with ${channels} output channels`,
      got: `kind ${task.kind.kind} with ${task.kind.learning.channels(task.spec)}`,
    });
  });
  return { source, tasks };
}
