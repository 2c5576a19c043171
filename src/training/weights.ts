/**
 * @file Where training starts from: weights of a file or another run, put by name into the network's
 * variables.
 */
import { UserError } from "../common/errors.js";
import { isFolder } from "../disk/files.js";
import { type Shape, sameShape } from "../graph/tensor.js";
import { models } from "../models/index.js";
import type { ModelDefinition, Network } from "../models/network.js";
import { KEPT, type ModuleSet, type ModuleSpec, type Variable } from "../nn/module.js";
import { findRun } from "../runs/run-folder.js";
import { buildInference } from "../step/inference-graph.js";
import type { Trainer } from "../step/trainer.js";
import type { Task } from "../tasks/task.js";
import type { RunConfig } from "./config/index.js";
import { checkpointOf } from "./export.js";
import { isPublished, publishedFile } from "./published-weights.js";
import { openWeights, type WeightFile } from "./weight-files.js";
import { wrapperOf } from "./weight-names.js";

/** PyTorch's count of batches, which nothing here depends on. */
const NO_WEIGHT = /(^|\.)num_batches_tracked$/;

const STATISTIC = /running_(mean|var)$/;

/** Which array of a file goes into which variable. */
export interface WeightMatch {
  /** By variable, the name in the file. */
  readonly sources: ReadonlyMap<string, string>;
  /** Names in the file that have no counterpart by rule. */
  readonly leftOut: readonly string[];
  /** Parts of the network that the file says nothing about, e.g. `decoder`. */
  readonly untouched: readonly string[];
}

/**
 * The part of a network that a variable belongs to: the first word of its name; each head is a part of its
 * own.
 */
function partOf(name: string): string {
  return name.split(".", name.startsWith("head.") ? 2 : 1).join(".");
}

/**
 * Matches the arrays of a file with a network's variables, whatever wrapper stands before their names; arrays
 * outside of it are left out. A part of the network is either in the
 * file as a whole or not at all; heads of tasks that the run does not have are left out, and so are heads
 * that have other shapes here, as of other classes, and statistics of batch normalisation where there is
 * group normalisation.
 * @throws UserError `weights.misfit` naming the first arrays that are missing, have another shape or belong
 * nowhere.
 */
export function matchWeights(
  stored: ReadonlyMap<string, Shape>,
  variables: readonly Pick<Variable, "name" | "tensor">[],
  variableName: NonNullable<ModelDefinition["variableName"]>,
  where: string,
): WeightMatch {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const parts = new Set(variables.map(({ name }) => partOf(name)));
  const sources = new Map<string, string>();
  const [leftOut, strange]: [string[], string[]] = [[], []];
  const wrapper = wrapperOf(stored.keys(), (name) => byName.has(variableName(name) ?? ""));
  for (const source of stored.keys()) {
    if (!source.startsWith(wrapper)) {
      leftOut.push(source);
      continue;
    }
    const name = source.slice(wrapper.length);
    const target = NO_WEIGHT.test(name) ? null : variableName(name);
    if (target === null) leftOut.push(source);
    else if (!byName.has(target)) {
      const otherHead = target.startsWith("head.") && !parts.has(partOf(target));
      // Group normalisation takes the scale and shift of batch normalisation, and has no statistics.
      const unused = STATISTIC.test(target) && byName.has(target.replace(STATISTIC, "weight"));
      (otherHead || unused ? leftOut : strange).push(source);
    } else sources.set(target, source);
  }
  const isMisshapen = ([name, source]: readonly [string, string]) =>
    !sameShape(byName.get(name)!.tensor.shape, stored.get(source)!);
  const others = new Set([...sources].filter(isMisshapen).map(([name]) => partOf(name)));
  for (const [name, source] of [...sources]) {
    if (!name.startsWith("head.") || !others.has(partOf(name))) continue;
    sources.delete(name);
    leftOut.push(source);
  }
  const touched = new Set([...sources.keys()].map(partOf));
  const missing = variables.filter(({ name }) => touched.has(partOf(name)) && !sources.has(name));
  const misshapen = [...sources].filter(isMisshapen);
  if (sources.size === 0) throw misfit(where, "none of its names is known", [...stored.keys()]);
  if (strange.length > 0) throw misfit(where, "the network does not have", strange);
  if (missing.length > 0) {
    throw misfit(
      where,
      "the file lacks",
      missing.map(({ name }) => name),
    );
  }
  if (misshapen.length > 0) {
    const shapes = misshapen.map(
      ([name, source]) => `${source} [${stored.get(source)}] for [${byName.get(name)!.tensor.shape}]`,
    );
    throw misfit(where, "of another shape are", shapes);
  }
  return { sources, leftOut, untouched: [...parts].filter((part) => !touched.has(part)) };
}

/** The networks beside the kept one that a file holds whole, in the shapes they have here. */
function matchHelpers(stored: ReadonlyMap<string, Shape>, modules: ModuleSet): ModuleSpec[] {
  const isStored = ({ name, tensor }: Variable) => {
    const shape = stored.get(name);
    return shape !== undefined && sameShape(shape, tensor.shape);
  };
  return modules.modules().filter(({ name, kept }) => {
    const own = modules.of(name);
    return !kept && own.length > 0 && own.every(isStored);
  });
}

function misfit(where: string, what: string, names: readonly string[]): UserError {
  return new UserError({
    code: "weights.misfit",
    where,
    what: `the weights do not fit the network: ${what} ${few(names)}`,
    fix: "Check `model` in the configuration: its name, its encoder and its width.",
  });
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => name.slice(0, 100));
  return shown.join(", ") + (names.length > 4 ? ` and ${names.length - 4} more` : "");
}

const nameRule = ({ model }: RunConfig) => models[model.name].variableName ?? ((stored: string) => stored);

/** Throws UserError where the weights that a configuration names cannot be read or do not fit. */
export async function requireFittingWeights(
  config: RunConfig,
  network: Network,
  tasks: readonly Task[],
  size: readonly [number, number],
  log: (message: string) => void,
): Promise<void> {
  await withWeights(config, log, async (file, path) => {
    const { modules } = buildInference({ tasks, network, batchSize: 1, size });
    matchWeights(file.shapes, modules.all(), nameRule(config), path);
  });
}

/**
 * Puts the weights that a configuration names into the network (and its averages) and into the method's
 * helper networks that the file holds too, so that a method goes on where another run of it stopped; says
 * what it did. Throws UserError.
 */
export async function importWeights(
  { program, store }: Pick<Trainer, "program" | "store">,
  config: RunConfig,
  log: (message: string) => void,
): Promise<void> {
  await withWeights(config, log, async (file, path) => {
    const { modules } = program;
    const network = modules.of(KEPT.name);
    const { sources, leftOut, untouched } = matchWeights(file.shapes, network, nameRule(config), path);
    const helpers = matchHelpers(file.beside, modules);
    for (const [name, source] of sources) {
      const variable = modules.get(name)!;
      for (const target of [variable, ...modules.followers(variable)]) {
        // The store keeps the array, so each place gets its own.
        store.write(target.name, store.shape(target.name), await file.read(source));
      }
    }
    for (const { name } of helpers.flatMap((helper) => modules.of(helper.name))) {
      store.write(name, store.shape(name), await file.read(name));
    }
    const along =
      helpers.length === 0
        ? ""
        : ` and those of ${helpers.map(({ name, title = name }) => title).join(", ")} beside the network`;
    const without = leftOut.length === 0 ? "" : `, without ${few(leftOut)}`;
    const fresh = untouched.length === 0 ? "" : `; new: ${untouched.join(", ")}`;
    log(`Loaded ${sources.size} arrays of weights${along} from ${path}${without}${fresh}.`);
  });
}

/** The file of weights that are named by a path, a run folder, or where they are published. */
async function weightsPath(weights: string, log: (message: string) => void): Promise<string> {
  if (isPublished(weights)) return publishedFile(weights, log);
  return isFolder(weights) ? checkpointOf(findRun(weights)) : weights;
}

async function withWeights(
  { model }: RunConfig,
  log: (message: string) => void,
  use: (file: WeightFile, path: string) => Promise<void>,
): Promise<void> {
  if (model.weights === undefined) return;
  const path = await weightsPath(model.weights, log);
  const file = await openWeights(path);
  try {
    await use(file, path);
  } finally {
    await file.close();
  }
}
