/** @file Predictions as a dataset folder: labels that a network made, to train another one by. */
import { basename, resolve } from "node:path";
import { UserError } from "../../common/errors.js";
import { linkDataset } from "../../data/starting/link-dataset.js";
import type { Task } from "../../tasks/task.js";
import type { PredictInput } from "./inputs.js";
import type { TaskFilesWritten } from "./write.js";

/** An input with the files of its predictions. */
export interface LabelledInput {
  readonly input: PredictInput;
  readonly tasks: Readonly<Record<string, TaskFilesWritten>>;
}

/**
 * Writes a dataset folder of one split, `train`: photos and predictions under second names (hard links), and
 * what the files mean in dataset.yaml. Throws UserError where the folder holds anything, nothing was
 * predicted, or a task's predictions are no label files.
 */
export async function writeAsDataset(
  folder: string,
  tasks: readonly Task[],
  predicted: readonly LabelledInput[],
): Promise<void> {
  if (predicted.length === 0) {
    const what = "nothing was predicted, so there is no dataset to write";
    throw new UserError({ code: "predict.empty-dataset", what, where: folder });
  }
  const byId = new Map(predicted.map((each) => [each.input.name.replaceAll("/", "__"), each]));
  const specs = tasks.map(({ name, kind, spec }) => [name, kind.files.written?.(spec) ?? spec] as const);
  await linkDataset(folder, {
    name: basename(resolve(folder)),
    tasks: Object.fromEntries(specs),
    splits: { train: [...byId.keys()], val: [], test: [] },
    sample: (id) => {
      const { input, tasks: files } = byId.get(id)!;
      return {
        image: input.path,
        labels: Object.fromEntries(tasks.map(({ name }) => [name, labelOf(files[name])])),
      };
    },
  });
}

/** The file that a dataset has as a label. */
function labelOf({ label, decision }: TaskFilesWritten): string {
  const file = label ?? decision;
  if (file === undefined) throw new RangeError("labels were not written");
  return file;
}
