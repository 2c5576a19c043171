/** @file What methods recommend, in the place of what a configuration leaves out. */
import { methodNamed } from "../../constraints/index.js";
import type { Recommendation } from "../../methods/method.js";
import { type Named, optionsOf } from "./registered.js";
import type { RunConfig } from "./schema.js";

type Given = Readonly<Record<string, unknown>>;

/**
 * The configuration `given`, which has been checked (`checked` is the outcome), with the recommendations of
 * its method and of those under `method.with`. Where two recommend something for one key of the run, the
 * first one counts.
 */
export function withRecommended(given: unknown, checked: RunConfig): unknown {
  const { method, ...rest } = given as Given & { readonly method: Given };
  const own = recommendation(checked.method);
  const further = (checked.method.with as readonly Named[]).map(recommendation);
  const added = (method.with ?? []) as readonly Given[];
  return {
    ...Object.assign({}, ...[own, ...further].reverse().map(({ run }) => run)),
    ...rest,
    method: {
      ...own.options,
      ...method,
      ...(added.length === 0 ? {} : { with: added.map((each, i) => ({ ...further[i].options, ...each })) }),
    },
  };
}

function recommendation(method: Named): Recommendation<object> {
  const definition = methodNamed(method.name);
  return definition.recommended?.(optionsOf(method, ["with"])) ?? {};
}
