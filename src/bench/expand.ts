/** @file From a suite to its runs: every method in every setting on every network with every seed. */
import { join, resolve } from "node:path";
import { UserError } from "../common/errors.js";
import { pluginDigest } from "../disk/plugins.js";
import { configDigest } from "../runs/checkpoint.js";
import { checkConfig, DEFAULT_NAMES, type RunConfig } from "../training/config/index.js";
import { isTree, merge } from "./merge.js";
import { type OptionPath, referencesOf, withOptions } from "./references.js";
import { requireEntry, type Suite } from "./suite.js";

/** One training and its measurement. */
export interface PlannedRun {
  /**
   * `setting/network/method/seed-N`, without the parts that the suite leaves out; also its folder below
   * `runs`.
   */
  readonly name: string;
  /** Empty where the suite names none. */
  readonly setting: string;
  readonly network: string;
  readonly method: string;
  readonly seed: number;
  readonly config: RunConfig;
  /** SHA-256 of the configuration, whatever the order of its keys; see `configurationHash`. */
  readonly hash: string;
  /** Names of the runs whose folders it reads. */
  readonly needs: readonly string[];
}

interface Cell {
  readonly setting: string;
  readonly network: string;
  readonly method: string;
  readonly seed: number;
}

/** Where a run of a suite keeps its files, and the folder of its training in it. */
export function foldersOf(out: string, name: string): { readonly own: string; readonly run: string } {
  const own = join(resolve(out), "runs", name);
  return { own, run: join(own, "run") };
}

/**
 * The runs of a suite whose results go to the folder `out`: settings, then networks, then methods as the file
 * has them, then seeds.
 * @throws UserError on a configuration that does not hold, naming the place in the suite file, and on methods
 * that need each other's runs.
 */
export function expandSuite(suite: Suite, out: string): PlannedRun[] {
  const plan = new Map<string, PlannedRun>();
  for (const setting of Object.keys(suite.settings ?? { "": {} })) {
    for (const network of Object.keys(suite.networks ?? { "": {} })) {
      for (const method of Object.keys(suite.methods)) {
        for (const seed of suite.seeds) planRun(suite, out, { setting, network, method, seed }, plan, []);
      }
    }
  }
  return [...plan.values()];
}

function nameOf({ setting, network, method, seed }: Cell): string {
  return [setting, network, method, `seed-${seed}`].filter((part) => part !== "").join("/");
}

/**
 * Adds a run to the plan, those that it needs before it. `above` are the names of the runs that are waiting
 * for it.
 */
function planRun(
  suite: Suite,
  out: string,
  cell: Cell,
  plan: Map<string, PlannedRun>,
  above: readonly string[],
): PlannedRun {
  const name = nameOf(cell);
  const planned = plan.get(name);
  if (planned !== undefined) return planned;
  const chain = [...above, name];
  const layers = layersOf(suite, cell);
  const merged = layers.reduce<Readonly<Record<string, unknown>>>(
    (under, { part }) => merge(under, part),
    {},
  );
  const seeded = withSeed(merged, cell.seed);

  const needs: (readonly [OptionPath, PlannedRun])[] = [];
  for (const { path, run: method = cell.method, setting = cell.setting } of referencesOf(seeded)) {
    const place = (key: string) => [...ownerOf(layers, [...path, key]), ...path, key];
    requireEntry(suite, "methods", method, place("run"));
    if (setting !== cell.setting) requireEntry(suite, "settings", setting, place("setting"));
    const other = { ...cell, method, setting };
    const further = [...chain, nameOf(other)];
    if (chain.includes(nameOf(other))) throw circle(suite, further, [...ownerOf(layers, path), ...path]);
    needs.push([path, planRun(suite, out, other, plan, chain)]);
  }
  const value = withOptions(
    seeded,
    needs.map(([path, needed]) => [path, foldersOf(out, needed.name).run]),
  );
  const config = checkConfig(value, suite.folder, (path, key) => {
    const full = key === undefined ? path : [...path, key];
    return suite.place([...ownerOf(layers, full), ...path], key);
  });
  const run: PlannedRun = {
    ...cell,
    name,
    config,
    hash: configurationHash(
      config,
      needs.map(([path, { hash }]) => [path, hash]),
    ),
    needs: needs.map(([, needed]) => needed.name),
  };
  plan.set(name, run);
  return run;
}

interface Layer {
  readonly path: readonly string[];
  readonly part: Readonly<Record<string, unknown>>;
}

/** What the configuration of a run is made of, the lowest first, each with its place in the file. */
function layersOf(
  { base, plugins, settings, networks, methods }: Suite,
  { setting, network, method }: Cell,
): Layer[] {
  return [
    { path: [], part: { plugins } },
    { path: ["base"], part: base },
    ...(settings === undefined ? [] : [{ path: ["settings", setting], part: settings[setting] }]),
    ...(networks === undefined ? [] : [{ path: ["networks", network], part: networks[network] }]),
    { path: ["methods", method], part: methods[method] },
  ];
}

/** Path of the layer that a key came from: the highest that has it, or most of the way to it. */
function ownerOf(layers: readonly Layer[], key: readonly PropertyKey[]): readonly string[] {
  const depth = ({ part }: Layer): number => {
    let value: unknown = part;
    let steps = 0;
    for (const step of key) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) break;
      value = (value as Record<PropertyKey, unknown>)[step];
      steps++;
    }
    return steps;
  };
  return layers.reduce((best, layer) => (depth(layer) >= depth(best) ? layer : best)).path;
}

/** The run's seed, also for labels and a built-in world that have none of their own. */
function withSeed(
  config: Readonly<Record<string, unknown>>,
  seed: number,
): Readonly<Record<string, unknown>> {
  const { data, labels = { scenario: "full" } } = config;
  return {
    ...config,
    ...(isTree(data) && Object.hasOwn(data, "world") ? { data: { seed, ...data } } : {}),
    labels: isTree(labels) && Object.hasOwn(labels, "scenario") ? { seed, ...labels } : labels,
    seed,
  };
}

/**
 * SHA-256 of a resolved configuration as canonical JSON. Threads and workers are left out: they say how fast
 * it runs, not what it learns. Options that are the folder of another run count by that run's hash, in
 * `runs`: a change there changes this run too, a move of the folder does not.
 */
export function configurationHash(
  config: RunConfig,
  runs: readonly (readonly [OptionPath, string])[] = [],
): string {
  const { threads: _threads, workers: _workers, ...runtime } = config.runtime;
  const named = runs.map(([path, run]) => [path, { run }] as const);
  return configDigest(withOptions({ ...usedKeys(config), runtime }, named));
}

/** Keys that came after the first results count where they say something: earlier results stay valid. */
function usedKeys({ plugins = [], weighting, ...config }: RunConfig): Record<string, unknown> {
  return {
    ...config,
    ...(config.evaluation && { evaluation: usedMeasures(config.evaluation) }),
    ...(plugins.length === 0 ? {} : { plugins: plugins.map(pluginDigest) }),
    ...(weighting === undefined || weighting.name === DEFAULT_NAMES.weighting ? {} : { weighting }),
  };
}

function usedMeasures({ mean, medianScaling, ...evaluation }: RunConfig["evaluation"]) {
  return {
    ...evaluation,
    ...(mean === "images" && { mean }),
    ...(medianScaling && { medianScaling }),
  };
}

function circle({ place }: Suite, runs: readonly string[], path: readonly PropertyKey[]): UserError {
  return new UserError({
    code: "suite.circle",
    what: `runs need each other: ${runs.join(" -> ")}`,
    where: place(path),
    fix: "Let one of them do without.",
  });
}
