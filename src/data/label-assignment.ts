/** @file Which labels are kept, as callers give it: a plain record, not the map that tells what exists. */

/**
 * Throws TypeError where `labels` is neither null, a list of tasks, nor a record of lists of tasks by sample:
 * a Map has no own keys, and would stand for "nothing is labelled".
 */
export function requireAssignment(labels: unknown, where: string): void {
  if (labels === null || isList(labels)) return;
  const prototype = typeof labels === "object" ? Object.getPrototypeOf(labels) : undefined;
  const plain = prototype === Object.prototype || prototype === null;
  if (plain && Object.values(labels as object).every(isList)) return;
  const got = labels instanceof Map ? "a Map" : typeof labels;
  const fix = labels instanceof Map ? "; Object.fromEntries(map) makes a record of it" : "";
  throw new TypeError(
    `${where}: expected {sample id: [task, ...]}, got ${plain ? "other values" : got}${fix}`,
  );
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
