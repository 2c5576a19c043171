/** @file Whole predictions of an image in memory, made window by window at the image's own resolution. */

import type { RgbImage } from "../../data/files/raster.js";
import { planarRows } from "../../data/files/rgb.js";
import type { PredictionMap } from "../../tasks/task.js";
import { wholeMap } from "./collect.js";
import { tiledStrips, type WindowModel } from "./tiles.js";

/**
 * Predictions by task name, at the image's size. Their scores are all in memory: 4 bytes a pixel and class.
 */
export async function predictWindowed(
  model: WindowModel,
  image: RgbImage,
): Promise<Record<string, PredictionMap>> {
  const whole = model.tasks.map((task) => [task.name, wholeMap(task, image)] as const);
  for await (const { top, maps } of tiledStrips(model, planarRows(image), {})) {
    for (const [name, map] of whole) map.take(top, maps[name]);
  }
  return Object.fromEntries(whole.map(([name, map]) => [name, map.values]));
}
