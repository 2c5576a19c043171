/** @file What self-supervised methods recommend where they stand alone: pre-training. */
import type { Recommendation } from "../method.js";

/**
 * Options of its own and, alone, no evaluation: no task is trained, so that there is nothing to measure.
 */
export function alone<O>(options: Partial<O>, beside: boolean): Recommendation<O> {
  return beside ? { options } : { options, run: { evaluation: { split: null } } };
}
