/** @file Small things that several public formats need. */
import { UserError } from "../../common/errors.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";

/** The colour camera of NYU Depth v2 at 640x480, from the data set's own toolbox. */
export const NYU_CAMERA: PinholeCamera = { fx: 518.857901, fy: 519.469611, cx: 325.582449, cy: 253.736166 };

/** Throws UserError where a folder has none of what the format calls for. */
export function notThisFormat(format: string, path: string, expected: string): UserError {
  return new UserError({
    code: "data.not-this-format",
    what: `the folder does not look like ${format}`,
    where: path,
    expected,
    fix: "Check the path and the format's name.",
  });
}

/** The splits that have samples. Throws UserError where none has. */
export function nonEmpty<T extends { readonly size: number }>(
  files: Readonly<Record<string, T>>,
  format: string,
  path: string,
  expected: string,
): Readonly<Record<string, T>> {
  const kept = Object.entries(files).filter(([, samples]) => samples.size > 0);
  if (kept.length === 0) throw notThisFormat(format, path, expected);
  return Object.fromEntries(kept);
}

/** A segmentation entry as dataset.yaml would have it. */
export function segmentationSpec(classes: readonly string[], ignore: number): TaskSpec {
  return parseTaskSpec({ kind: "segmentation", classes: [...classes], ignore }, "segmentation");
}

/** A depth entry for files of `stepsPerMetre` integer steps a metre, 0 = unknown. */
export function depthSpec(stepsPerMetre: number): TaskSpec {
  return parseTaskSpec({ kind: "depth", scale: 1 / stepsPerMetre, invalid: 0 }, "depth");
}

/** A normals entry. */
export function normalsSpec(): TaskSpec {
  return parseTaskSpec({ kind: "normals" }, "normals");
}

/**
 * All numbers of a small text file, separated by blanks. Throws UserError unless there are `count` finite
 * ones.
 */
export function parseNumbers(text: string, count: number, where: string): number[] {
  const numbers = text.split(/\s+/).filter(Boolean).map(Number);
  if (numbers.length === count && numbers.every(Number.isFinite)) return numbers;
  throw new UserError({
    code: "data.bad-numbers",
    what: "the file does not hold the numbers it should",
    where,
    expected: `${count} numbers`,
    got: `${numbers.length} words`,
  });
}

/** A camera from a 3x3 matrix in row order. Throws UserError where the focal lengths are not positive. */
export function cameraFromMatrix(matrix: readonly number[], where: string): PinholeCamera {
  const [fx, , cx, , fy, cy] = matrix;
  if (fx > 0 && fy > 0) return { fx, fy, cx, cy };
  throw new UserError({
    code: "data.bad-camera",
    what: "the focal lengths must be positive",
    where,
    got: `${fx}, ${fy}`,
  });
}

/** A 16-bit raster with every value replaced. */
export function mapDepth(raster: Raster, change: (value: number) => number): Raster {
  const data = new Uint16Array(raster.data.length);
  for (let i = 0; i < data.length; i++) data[i] = change(raster.data[i]);
  return { ...raster, data };
}
