/**
 * @file Predictions in strips of rows, from top to bottom: 40 class scores for each of 12 million pixels are
 * two gigabytes, of which nobody needs more than a few rows at once.
 */
import type { Size } from "../../fields/size.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import { rowsInImage, type Taking } from "./fit.js";

/** The same rows of every task's prediction, by task name. */
export interface Strip {
  /** The first row. */
  readonly top: number;
  readonly maps: Readonly<Record<string, PredictionMap>>;
}

/** From top to bottom. */
export type Strips = Iterable<Strip> | AsyncIterable<Strip>;

/** Values of a strip's largest map, at most, unless it is a single row. */
const STRIP_VALUES = 2 ** 22;

/** Rows of a strip for maps of so many channels. */
export function stripHeight(channels: number, width: number): number {
  return Math.max(1, Math.floor(STRIP_VALUES / (channels * width)));
}

/** First and last row (exclusive) of each strip of the rows `from` to `to`. */
export function* stripsBetween(from: number, to: number, height: number): Generator<[number, number]> {
  for (let top = from; top < to; top += height) yield [top, Math.min(top + height, to)];
}

/** The most channels of a task. */
export const mostChannels = (tasks: readonly Task[]): number =>
  Math.max(...tasks.map(({ kind, spec }) => kind.learning.channels(spec)));

/** Predictions of a network brought to the size of their image. */
export function* enlargedStrips(
  { tasks, ...taking }: Taking & { readonly tasks: readonly Task[] },
  maps: Readonly<Record<string, PredictionMap>>,
  image: Size,
): Generator<Strip> {
  const rows = tasks.map(({ name, kind }) => [name, rowsInImage(maps[name], kind, image, taking)] as const);
  const height = stripHeight(mostChannels(tasks), image.width);
  for (const [from, to] of stripsBetween(0, image.height, height)) {
    yield { top: from, maps: Object.fromEntries(rows.map(([name, rowsOf]) => [name, rowsOf(from, to)])) };
  }
}
