/** @file `--set key=value`: dotted keys over a configuration. */
import { parse } from "yaml";
import { UsageError } from "../../common/errors.js";

/** One `--set`. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly text: string;
}

/** Parses `a.b=value`; the value is YAML. Throws UsageError on anything else. */
export function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(equals, 0)).split(".");
  if (equals < 1 || path.some((part) => part === "")) {
    throw new UsageError(
      `--set takes key=value, e.g. --set optimizer.learningRate=1e-3, not ${JSON.stringify(text)}.`,
    );
  }
  try {
    return { path, value: parse(text.slice(equals + 1)), text };
  } catch (cause) {
    throw new UsageError(`--set ${text}: the value is no YAML.`, { cause });
  }
}

/** A copy of `config` with the overrides in place, in their order; objects on the way are created. */
export function applyOverrides(config: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, { path, value }) => setAt(result, path, value), config);
}

function setAt(target: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  const inner = rest.length === 0 ? () => value : (old: unknown) => setAt(old, rest, value);
  if (Array.isArray(target) && /^\d+$/.test(key)) {
    return Object.assign([...target], { [key]: inner(target[Number(key)]) });
  }
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  return { ...base, [key]: inner((base as Record<string, unknown>)[key]) };
}
