/** @file What methods recommend, in the place of what a configuration leaves out. */
import { methodNamed } from "../../constraints/index.js";
import type { Recommendation } from "../../methods/method.js";
import { type Named, optionsOf } from "./registered.js";
import { type RunConfig, STREAM_KEYS } from "./schema.js";

type Given = Readonly<Record<string, unknown>>;

/**
 * The configuration `given`, which has been checked (`checked` is the outcome), with the recommendations of
 * its method and of those under `method.with`. Where two recommend something for one key of the run, the
 * first one counts. Of a key that holds several (`evaluation`), those that are left out are recommended.
 */
export function withRecommended(given: unknown, checked: RunConfig): unknown {
  const { method, ...rest } = given as Given & { readonly method: Given };
  const others = checked.method.with as readonly Named[];
  const own = recommendation(checked.method, false);
  const further = others.map((each) => recommendation(each, true));
  const added = (method.with ?? []) as readonly Given[];
  const run: Given = Object.assign(
    {},
    ...[own, ...further, ofLabels(checked.method, others)].reverse().map((each) => each.run),
  );
  return {
    ...run,
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, filledIn(value, run[key])])),
    method: {
      ...own.options,
      ...method,
      ...(added.length === 0 ? {} : { with: added.map((each, i) => ({ ...further[i].options, ...each })) }),
    },
  };
}

function recommendation(method: Named, beside: boolean): Recommendation<object> {
  const definition = methodNamed(method.name);
  const keys = ["with", ...(definition.selfSupervised ? STREAM_KEYS : [])];
  return definition.recommended?.(optionsOf(method, keys), beside) ?? {};
}

/**
 * Beside a self-supervised method, which reads images of its own, methods that learn from labels alone do so
 * from labelled images alone, as in Composite Learning (Kanakis et al. 2023, section 4).
 */
function ofLabels(method: Named, others: readonly Named[]): Recommendation<object> {
  const [base, ...rest] = [method, ...others].map(({ name }) => methodNamed(name));
  const together = [base, ...rest.filter(({ selfSupervised }) => !selfSupervised)];
  const fits = together.length <= rest.length && together.every(({ needsLabels }) => needsLabels);
  return fits ? { run: { sampling: { images: "labelled" } } } : {};
}

const isPlain = (value: unknown): value is Given =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is given of a key, with what is recommended of its members that were left out. */
function filledIn(given: unknown, recommended: unknown): unknown {
  return isPlain(given) && isPlain(recommended) ? { ...recommended, ...given } : given;
}
