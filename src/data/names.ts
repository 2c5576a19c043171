/** @file Names of things in data sets: order, and errors about unknown ones. */
import { UserError } from "../common/errors.js";
import { suggest } from "../common/suggest.js";

/** The split that training reads. */
export const TRAIN_SPLIT = "train";

/** By code unit, whatever the machine's language. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * An error about a name that is none of `known`, with a suggestion where one is near. `what` is a noun:
 * split, id, task.
 */
export function unknownName(what: string, got: string, known: readonly string[], where: string): UserError {
  const near = known.length > 1000 ? undefined : suggest(got, known);
  const few = known.length === 0 ? "none" : `one of ${known.join(", ")}`;
  return new UserError({
    code: `data.unknown-${what}`,
    what: `there is no such ${what}`,
    where,
    expected: known.length > 8 ? `one of ${known.length} names` : few,
    got: JSON.stringify(got.slice(0, 100)),
    fix: near === undefined ? undefined : `Did you mean ${near}?`,
  });
}
