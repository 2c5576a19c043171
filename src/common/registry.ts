/**
 * @file Registries: what can be named in configurations and data sets, by kind. Plugins add to them at start.
 */
import { UserError } from "./errors.js";

/** What a plugin may bring, as its exports are called. */
export const REGISTRY_KINDS = [
  ...["methods", "tasks", "models", "formats", "optimizers", "weightings"],
  ...["constraints", "augmentations", "worlds"],
] as const;

interface Entry {
  readonly value: unknown;
  /** The plugin that brought it. */
  readonly source: string;
}

const registries = new Map<string, Record<string, unknown>>();
/** What plugins brought for kinds whose registry may not be there yet. */
const added = new Map<string, Map<string, Entry>>();
let version = 0;

/** Declares a kind's registry with its built-in entries, by name; what plugins brought stands in it, too. */
export function registry<T>(kind: string, entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const all: Record<string, unknown> = { ...entries };
  for (const [name, entry] of added.get(kind) ?? []) put(kind, all, name, entry);
  registries.set(kind, all);
  return all as Readonly<Record<string, T>>;
}

/** Adds an entry to a kind's registry. Throws UserError where the name is taken. */
export function addEntry(kind: string, name: string, entry: Entry): void {
  const known = added.get(kind) ?? new Map<string, Entry>();
  const all = registries.get(kind);
  if (all !== undefined) put(kind, all, name, entry);
  known.set(name, entry);
  added.set(kind, known);
  version++;
}

/** Counts the additions: what was put together from registries is stale once it changes. */
export function registryVersion(): number {
  return version;
}

function put(kind: string, all: Record<string, unknown>, name: string, { value, source }: Entry): void {
  if (Object.hasOwn(all, name)) {
    throw new UserError({
      code: "plugin.name-taken",
      where: source,
      what: `${kind} has an entry called ${JSON.stringify(name)} already`,
      got: added.get(kind)?.get(name)?.source ?? "a built-in one",
      fix: "Give it another name.",
    });
  }
  all[name] = value;
}
