/** @file Reading and writing the configuration of a run. */

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { UserError } from "../../common/errors.js";
import { decodeText } from "../../common/text.js";
import { methodNamed } from "../../constraints/index.js";
import { fileError } from "../../disk/files.js";
import { loadPlugins, pluginDigest } from "../../disk/plugins.js";
import { configDigest } from "../../runs/checkpoint.js";
import { isPublished } from "../published-weights.js";
import { issueError } from "./issues.js";
import { applyOverrides, type Override } from "./overrides.js";
import { withRecommended } from "./recommended.js";
import type { Named } from "./registered.js";
import {
  configJsonSchema,
  configSchema,
  DEFAULT_NAMES,
  DEFAULT_STEPS,
  type RunConfig,
  type StreamConfig,
} from "./schema.js";
import { type PlacedYaml, parsePlacedYaml } from "./yaml.js";

export { type Override, parseOverride } from "./overrides.js";
export { type Named, optionsOf } from "./registered.js";
export {
  configJsonSchema,
  configSchema,
  DEFAULT_NAMES,
  type RunConfig,
  type SettledConfig,
  STREAM_KEYS,
  type StreamConfig,
} from "./schema.js";

/**
 * Checks the text of a configuration (YAML or JSON). Paths in it are taken relative to `folder`.
 * @throws UserError naming `file:line:column` or the `--set`, and the key.
 */
export function parseConfig(
  text: string,
  file: string,
  overrides: readonly Override[] = [],
  folder = dirname(file),
): RunConfig {
  const yaml = parsePlacedYaml(text, file);
  const value = applyOverrides(yaml.value, overrides);
  return checkConfig(value, folder, (path, key) => {
    const full = key === undefined ? path : [...path, key];
    const override = overrides.findLast((each) => each.path.every((part, i) => String(full[i]) === part));
    return override === undefined ? yaml.place(path, key) : `--set ${override.text}`;
  });
}

/**
 * Checks a configuration and fills in its defaults and what its methods recommend. Paths in it are taken
 * relative to `folder`; `place` tells where a key stands.
 * @throws UserError naming the place and the key.
 */
export function checkConfig(config: unknown, folder: string, place: PlacedYaml["place"]): RunConfig {
  const given = withNames(config);
  const value = withRecommended(given, parsedConfig(given, place));
  const checked = withLength(parsedConfig(value, place), place);
  requireTrainable(checked, place);
  return withAbsolutePaths(checked, folder);
}

/** Throws UserError where a frozen encoder knows nothing, or is to learn all the same. */
function requireTrainable({ model, optimizer }: RunConfig, place: PlacedYaml["place"]): void {
  if (model.freeze !== true) return;
  const where = place(["model"], "freeze");
  if (model.weights === undefined) {
    throw new UserError({
      code: "config.frozen-without-weights",
      what: "a frozen encoder has to know something already, and this one starts from random numbers",
      where,
      fix: "Name its weights, e.g. `model.weights: torchvision/resnet18`, or take `model.freeze` out.",
    });
  }
  if (optimizer.encoder !== undefined) {
    throw new UserError({
      code: "config.frozen-with-rate",
      what: "a frozen encoder has no learning rate",
      where,
      fix: "Take out `model.freeze` or `optimizer.encoder`.",
    });
  }
}

/** Throws UserError where a length is given in steps and in epochs. */
function withLength(config: RunConfig, place: PlacedYaml["place"]): RunConfig {
  const { steps, epochs } = config;
  if (epochs === undefined) return { ...config, steps: steps ?? DEFAULT_STEPS };
  if (steps === undefined) return config;
  throw new UserError({
    code: "config.steps-and-epochs",
    what: "the length of the run is given in steps and in epochs",
    where: place([], "epochs"),
    got: `steps: ${steps}, epochs: ${epochs}`,
    fix: "Take one of them out.",
  });
}

function parsedConfig(value: unknown, place: PlacedYaml["place"]): RunConfig {
  const parsed = configSchema().safeParse(value);
  if (parsed.success) return parsed.data as RunConfig;
  throw issueError(parsed.error.issues, { schema: configJsonSchema(), value, place });
}

/**
 * Reads a configuration file and loads its plugins. Throws UserError where it is missing or does not hold.
 */
export async function readConfig(file: string, overrides: readonly Override[] = []): Promise<RunConfig> {
  let text: string;
  try {
    text = decodeText(await readFile(file));
  } catch (error) {
    throw fileError(error, file, "read");
  }
  const given = applyOverrides(parsePlacedYaml(text, file).value, overrides);
  await loadPlugins(pluginsOf(given, dirname(file)));
  return parseConfig(text, file, overrides);
}

/**
 * Absolute paths of the plugins that a configuration or suite names, before it is checked: its schema depends
 * on them.
 */
export function pluginsOf(value: unknown, folder: string): string[] {
  const named = typeof value === "object" && value !== null && "plugins" in value ? value.plugins : [];
  const paths = Array.isArray(named) ? named.filter((path) => typeof path === "string") : [];
  return paths.map((path) => resolve(folder, path));
}

/** `--set optimizer.learningRate=1e-3` alone means the default optimizer at another rate. */
function withNames(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const named = Object.entries(DEFAULT_NAMES).flatMap(([key, name]) => {
    const part = (value as Record<string, unknown>)[key];
    const nameless = typeof part === "object" && part !== null && !("name" in part);
    return nameless ? [[key, { name, ...part }]] : [];
  });
  return { ...value, ...Object.fromEntries(named) };
}

function withAbsolutePaths(config: RunConfig, folder: string): RunConfig {
  const { data, labels, method, model } = config;
  return {
    ...config,
    plugins: config.plugins.map((path) => resolve(folder, path)),
    data: "path" in data ? { ...data, path: resolve(folder, data.path) } : data,
    labels: "file" in labels ? { ...labels, file: resolve(folder, labels.file) } : labels,
    method: {
      ...withAbsoluteRuns(method, folder),
      with: (method.with as readonly Named[]).map((each) =>
        withAbsoluteData(withAbsoluteRuns(each, folder), folder),
      ),
    },
    model: withAbsoluteWeights(model, folder),
  };
}

/** A model whose weights, where they are a file or a run, are named by their absolute path. */
function withAbsoluteWeights(model: RunConfig["model"], folder: string): RunConfig["model"] {
  const { weights } = model;
  return weights === undefined || isPublished(weights)
    ? model
    : { ...model, weights: resolve(folder, weights) };
}

/** A method's options without the runs that it starts from, and without where its data lies. */
function withoutPlaces(method: Named): Named {
  const options = Object.values(methodNamed(method.name).startsFrom ?? {});
  const { data } = method as StreamConfig;
  return {
    ...method,
    ...Object.fromEntries(options.map((option) => [option, undefined])),
    ...(data && "path" in data && { data: { ...data, format: undefined, path: undefined } }),
  };
}

/** A method whose data of its own is named by its absolute path. */
function withAbsoluteData(method: Named, folder: string): Named {
  const { data } = method as StreamConfig;
  return data && "path" in data ? { ...method, data: { ...data, path: resolve(folder, data.path) } } : method;
}

/** A method's options, the runs that it starts from by their absolute paths. */
function withAbsoluteRuns(method: Named, folder: string): Named {
  const options = Object.values(methodNamed(method.name).startsFrom ?? {});
  const runs = options.map((option) => [option, resolve(folder, String(method[option]))]);
  return { ...method, ...Object.fromEntries(runs) };
}

/** The text of `config.resolved.yaml`: with it alone the run can be repeated. */
export function formatConfig(config: RunConfig): string {
  const header = "# Everything this run was made with. `taskloom train` takes this file as it is.\n";
  return header + stringify(JSON.parse(JSON.stringify(config)), { lineWidth: 0 });
}

/** Digest of what must stay the same when a run is resumed. */
export function runDigest(config: RunConfig): string {
  return configDigest(fixedPart(config));
}

/** Dotted keys in which two configurations differ where a resumed run must not. */
export function differences(before: RunConfig, after: RunConfig): string[] {
  return differingKeys(fixedPart(before), fixedPart(after), "");
}

/**
 * Without the parts that may differ between a run and its continuation: how long and where it runs and where
 * its files lie, not what it learns. What files hold is compared by who reads them.
 */
function fixedPart({ steps: _steps, runtime: _runtime, expect: _expect, ...rest }: RunConfig): unknown {
  const { data, labels, method, model } = rest;
  const parts = {
    ...rest,
    plugins: rest.plugins.map(pluginDigest),
    data: "path" in data ? { ...data, format: undefined, path: undefined } : data,
    labels: "file" in labels ? { ...labels, file: undefined } : labels,
    method: {
      ...withoutPlaces(method),
      with: (method.with as readonly Named[]).map((each) => withoutPlaces(each)),
    },
    model: { ...model, weights: undefined },
  };
  return JSON.parse(JSON.stringify(parts));
}

function differingKeys(a: unknown, b: unknown, path: string): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const maps = [a, b].every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
  if (!maps) return [path];
  const [left, right] = [a, b] as Record<string, unknown>[];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    differingKeys(left[key], right[key], path === "" ? key : `${path}.${key}`),
  );
}
