/**
 * @file Plugins: ES modules of the user's own whose exports (`methods`, `tasks`, `models`, ...) join the
 * registries. In them `taskloom` and `zod` are the ones that run, wherever the file lies.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import { UserError } from "../common/errors.js";
import { addEntry, REGISTRY_KINDS } from "../common/registry.js";
import { suggest } from "../common/suggest.js";
import { fileError } from "./files.js";

/**
 * Fields without which an entry of a kind cannot work. Its name is `kind` for tasks, `name` for all others.
 */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  methods: ["options", "build"],
  tasks: ["specSchema", "files", "learning", "metrics", "drawing"],
  models: ["options", "create"],
  formats: ["open"],
  optimizers: ["options", "learningRate", "create"],
  weightings: ["options", "combine"],
  constraints: ["options", "needs", "build"],
  augmentations: ["options", "effect", "draw"],
  worlds: ["version", "render"],
};

/** By absolute path, SHA-256 of the content that was loaded. */
const loaded = new Map<string, string>();
let hooked = false;

/** Absolute paths of all plugins of this process, for threads that have to load them, too. */
export function loadedPlugins(): string[] {
  return [...loaded.keys()];
}

/** SHA-256 of a loaded plugin. Throws RangeError where it was not loaded. */
export function pluginDigest(path: string): string {
  const digest = loaded.get(path);
  if (digest === undefined) throw new RangeError(`the plugin ${path} was not loaded`);
  return digest;
}

/**
 * Loads plugins by absolute path; one whose content was loaded before, from wherever, is not loaded again.
 * @throws UserError `plugin.broken`, `plugin.empty`, `plugin.unknown-export`, `plugin.bad-entry`,
 * `plugin.name-taken`, or one about the file.
 */
export async function loadPlugins(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const digest = await digestOf(path);
    if (![...loaded.values()].includes(digest)) join(path, await importPlugin(path, digest));
    loaded.set(path, digest);
  }
}

async function digestOf(path: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

async function importPlugin(path: string, digest: string): Promise<Record<string, unknown>> {
  resolveOwnNames();
  try {
    // The digest makes an edited file another module.
    return await import(/* @vite-ignore */ `${pathToFileURL(path).href}?${digest}`);
  } catch (cause) {
    throw new UserError(
      {
        code: "plugin.broken",
        where: path,
        what: `the plugin cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        expected: "an ES module in one file (.mjs), which may import from `taskloom/...` and `zod`",
      },
      { cause },
    );
  }
}

/**
 * Makes `taskloom` and `zod` this package and its zod: a second copy of either would not be the one that
 * runs.
 */
function resolveOwnNames(): void {
  if (hooked) return;
  hooked = true;
  const source = `
    let base;
    export function initialize(data) { base = data; }
    export function resolve(specifier, context, next) {
      const own = /^(taskloom|zod)(\\/|$)/.test(specifier);
      return next(specifier, own ? { ...context, parentURL: base } : context);
    }`;
  register(`data:text/javascript,${encodeURIComponent(source)}`, {
    parentURL: import.meta.url,
    data: import.meta.url,
  });
}

function join(path: string, exports: Record<string, unknown>): void {
  const kinds = Object.keys(exports);
  const known: readonly string[] = REGISTRY_KINDS;
  const stray = kinds.find((kind) => !known.includes(kind));
  if (stray !== undefined || kinds.length === 0) {
    const near = stray === undefined ? undefined : suggest(stray, known);
    throw new UserError({
      code: stray === undefined ? "plugin.empty" : "plugin.unknown-export",
      where: path,
      what: stray === undefined ? "the plugin exports nothing" : `a plugin cannot export ${stray}`,
      expected: `exports called ${known.join(", ")}`,
      fix: near === undefined ? undefined : `Did you mean ${near}?`,
    });
  }
  for (const kind of kinds) {
    for (const value of Object.values(exports[kind] ?? {})) {
      addEntry(kind, entryName(kind, value, path), { value, source: path });
    }
  }
}

function entryName(kind: string, value: unknown, path: string): string {
  const key = kind === "tasks" ? "kind" : "name";
  const entry = (value ?? {}) as Record<string, unknown>;
  const missing = [key, ...NEEDED[kind]].filter((field) => entry[field] === undefined);
  const name = entry[key];
  if (missing.length === 0 && typeof name === "string" && name !== "") return name;
  throw new UserError({
    code: "plugin.bad-entry",
    where: `${path}: ${kind}`,
    what: `${typeof name === "string" ? JSON.stringify(name) : "an entry"} is none of that kind`,
    expected: `fields ${[key, ...NEEDED[kind]].join(", ")}`,
    got: missing.length === 0 ? `\`${key}\` that is no name` : `no ${missing.join(", ")}`,
  });
}
