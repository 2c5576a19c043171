/**
 * @file Options of a suite's configurations that stand for the folder of another of its runs: `{run: jtr}`,
 * `{setting: small}`, or both.
 */
import { isTree } from "./merge.js";

type Tree = Readonly<Record<string, unknown>>;

/** Parts of a configuration whose options may name another run. */
const PARTS = ["model", "method"] as const;
const KEYS: readonly string[] = ["run", "setting"];

/** Where an option stands in a configuration, e.g. `["model", "weights"]`. */
export type OptionPath = readonly [part: (typeof PARTS)[number], option: string];

/** An option that names another run, of the same network and seed. */
export interface Reference {
  readonly path: OptionPath;
  /** The other run's method; the same one if left out. */
  readonly run?: unknown;
  /** The other run's setting; the same one if left out. */
  readonly setting?: unknown;
}

/** The options of a configuration that name other runs. */
export function referencesOf(config: Tree): Reference[] {
  return PARTS.flatMap((part) =>
    Object.entries(isTree(config[part]) ? config[part] : {}).flatMap(([option, value]) =>
      isReference(value) ? [{ path: [part, option] as const, ...value }] : [],
    ),
  );
}

/** `config` with other values in the places of options. */
export function withOptions(config: Tree, values: readonly (readonly [OptionPath, unknown])[]): Tree {
  const changed: Record<string, unknown> = { ...config };
  for (const [[part, option], value] of values) {
    changed[part] = { ...(changed[part] as Tree), [option]: value };
  }
  return changed;
}

function isReference(value: unknown): value is Tree {
  if (!isTree(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => KEYS.includes(key));
}
