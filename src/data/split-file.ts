/**
 * @file The label-split files that MTPSL and JTR publish: one tensor of zeros and ones, `labels_weights`
 * [images, tasks], saved by torch.save. Rows go by the dataset's index, columns by the order in which those
 * papers name the tasks.
 */
import { UserError } from "../common/errors.js";
import { readTorch, TorchTensor, tensorValues } from "../torch/index.js";
import type { LabelAssignment } from "./types.js";

/** Tasks of the columns where nobody says otherwise; Cityscapes has the first two. */
const COLUMNS = ["segmentation", "depth", "normals"] as const;
const NAME = "labels_weights";

/**
 * Ids that are whole numbers stand in the order of numbers, which is the dataset's index; others as the
 * dataset lists them.
 */
function byIndex(ids: readonly string[]): readonly string[] {
  return ids.every((id) => /^\d{1,15}$/.test(id)) ? [...ids].sort((a, b) => Number(a) - Number(b)) : ids;
}

/**
 * Reads a split file for the images `ids` of a split, in the dataset's order.
 * @param columns Names of the tasks of its columns.
 * @throws UserError where it is no such file, or has another number of rows or columns.
 */
export function parseSplitFile(
  bytes: Uint8Array,
  ids: readonly string[],
  columns: readonly string[] | undefined,
  where: string,
): LabelAssignment {
  const tensor = splitTensor(bytes, where);
  const [rows, width] = tensor.shape;
  if (tensor.shape.length !== 2 || rows !== ids.length) {
    throw new UserError({
      code: "data.split-rows",
      what: "the split file has not one row an image",
      where,
      expected: `[${ids.length}, tasks]`,
      got: `[${tensor.shape.join(", ")}]`,
      fix: "Take the file that belongs to this dataset.",
    });
  }
  const tasks = columns ?? COLUMNS.slice(0, width);
  if (tasks.length !== width) {
    throw new UserError({
      code: "data.split-columns",
      what: "the split file has another number of tasks",
      where,
      expected: `${tasks.length} columns (${tasks.join(", ")})`,
      got: String(width),
      fix: "Name the tasks of its columns: `labels: {file: ..., columns: [...]}`.",
    });
  }
  const marks = Array.from(tensorValues(tensor), Number);
  const odd = marks.find((mark) => mark !== 0 && mark !== 1);
  if (odd !== undefined) {
    throw new UserError({
      code: "data.split-values",
      what: "the split file holds other values than 0 and 1",
      where,
      got: String(odd),
    });
  }
  return Object.fromEntries(
    byIndex(ids).map((id, row) => [id, tasks.filter((_, column) => marks[row * width + column] === 1)]),
  );
}

function splitTensor(bytes: Uint8Array, where: string): TorchTensor {
  const found = readTorch(bytes, where);
  if (found instanceof TorchTensor) return found;
  const tensor = found.get(NAME) ?? (found.size === 1 ? [...found.values()][0] : undefined);
  if (tensor !== undefined) return tensor;
  throw new UserError({
    code: "data.split-name",
    what: "the split file does not say which of its tensors is the split",
    where,
    expected: `one tensor, or one named ${NAME}`,
    got: `${found.size} tensors`,
  });
}
