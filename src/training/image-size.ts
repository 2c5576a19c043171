/** @file The size that a run's images have for its network, and how they become that large. */
import { UserError } from "../common/errors.js";
import type { Dataset } from "../data/types.js";
import type { Resize } from "../fields/resize.js";
import type { Network } from "../models/network.js";
import type { RunConfig } from "./config/index.js";

/** How a run's images become the network's. */
export function resizeOf({ data }: Pick<RunConfig, "data">): Resize {
  return data.resize ?? "squash";
}

/** Throws UserError where images are to be resized in a way, and nothing says to which size or from which. */
export function requireResizable(data: RunConfig["data"], where = "data"): void {
  if (data.resize === undefined) return;
  if ("path" in data && data.size === undefined) {
    throw new UserError({
      code: "config.resize-without-size",
      where: `${where}.resize`,
      what: "it says how images are brought to a size, and there is none",
      got: data.resize,
      fix: `Set \`${where}.size: [height, width]\`, or leave it out: images are then taken as they are.`,
    });
  }
  if ("path" in data || data.renderSize !== undefined) return;
  throw new UserError({
    code: "config.resize-of-world",
    where: `${where}.resize`,
    what: "images of a world are rendered at `size`, so nothing is resized",
    got: data.resize,
    fix: `Set \`${where}.renderSize: [height, width]\` to render larger ones, or leave it out.`,
  });
}

/** Throws UserError where a network takes frames together, and is to be trained on parts of them. */
export function requireSingleFrames(config: RunConfig, { frames = 1 }: Network): void {
  if (frames === 1 || resizeOf(config) !== "crop") return;
  throw new UserError({
    code: "config.crop-frames",
    where: "data.resize",
    what: "the model predicts from several frames at once, which windows of single images would tear apart",
    expected: "squash or letterbox",
    got: "crop",
    fix: "Keep proportions by `data.resize: letterbox`.",
  });
}

/** [height, width] of a split's first image. Throws UserError where it cannot be read. */
export async function firstSize(dataset: Dataset, split: string): Promise<readonly [number, number]> {
  const [id] = dataset.info.splits[split];
  const { height, width } = await dataset.read(split, id, []);
  return [height, width];
}

/** The multiple nearest to a side, one at least. */
export function nearestMultiple(side: number, multiple: number): number {
  return Math.max(multiple, Math.round(side / multiple) * multiple);
}

/** Throws UserError where a network cannot take images of this size. */
export function requireFittingSize([height, width]: readonly [number, number], multiple: number): void {
  if (height % multiple === 0 && width % multiple === 0) return;
  throw new UserError({
    code: "config.size-multiple",
    what: "the network cannot take images of this size",
    where: "data.size",
    expected: `height and width that are multiples of ${multiple}`,
    got: `[${height}, ${width}]`,
    fix: `Set \`data.size: [${nearestMultiple(height, multiple)}, ${nearestMultiple(width, multiple)}]\`; images are resized on reading.`,
  });
}

/** Throws UserError where a network's own grid does not fit it. */
export function requireFittingGrid([rows, columns]: readonly [number, number], multiple: number): void {
  if (rows % multiple === 0 && columns % multiple === 0) return;
  throw new UserError({
    code: "config.grid-multiple",
    what: "the network cannot take a grid of so many cells",
    where: "model.grid",
    expected: `multiples of ${multiple} along x and y`,
    got: `${rows} and ${columns}`,
    fix: "Change where x or y end, or the cell.",
  });
}
