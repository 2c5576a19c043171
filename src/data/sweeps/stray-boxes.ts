/** @file A word on labelled boxes whose sweep is not there. */
import type { PassedOver } from "../passed-over.js";

/** Labels of a sweep that is not there: their file, and what the sweep would be called. */
export interface StrayBoxes {
  readonly file: string;
  readonly sweep: string;
}

/** One entry for all of them; none where there are none. */
export function strayBoxes(stray: readonly StrayBoxes[]): PassedOver[] {
  if (stray.length === 0) return [];
  const [{ file, sweep }] = stray;
  const count = stray.length === 1 ? `1 sweep, ${sweep}` : `${stray.length} sweeps, e.g. ${sweep}`;
  const message = `${file}: boxes passed over of ${count}: there is no sweep of that name.`;
  return [{ code: "data.stray-label", count: stray.length, first: file, message }];
}
