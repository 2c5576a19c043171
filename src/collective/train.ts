/**
 * @file Collective training in one process (Taskology, sections 3.1 and 3.2): in each step every module
 * learns from a batch of its own data, then from a batch of the mediator stream, where constraints tie its
 * predictions to those of its peers.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import type { Loader } from "../data/loading/loader.js";
import { SkipLog } from "../data/sound-samples.js";
import { makeFolder, replaceFile } from "../disk/files.js";
import { missingParts, takeBack } from "../disk/filled-folder.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { requireFittingSize } from "../training/image-size.js";
import type { CollectiveConfig } from "./config.js";
import { constraintsOf, type MediatorPlan } from "./mediator.js";
import { type MediatorStream, openMediator } from "./mediator-stream.js";
import { BEGINNING, commonPoint, type ModuleData, ModuleRun, moduleFolder, openModule } from "./module.js";
import { Mediator, Peer } from "./peers.js";

export interface CollectiveOptions {
  readonly config: CollectiveConfig;
  /** Folder of the collective: `modules/<name>` are ordinary runs. */
  readonly folder: string;
  readonly resume?: boolean;
  readonly log?: (message: string) => void;
  readonly onStep?: (step: number) => void;
  /** Aborting finishes the step at hand, saves, and returns. */
  readonly signal?: AbortSignal;
}

export interface CollectiveResult {
  readonly outcome: "done" | "interrupted";
  readonly step: number;
  /** Folders of the modules' runs, by name. */
  readonly modules: Readonly<Record<string, string>>;
}

const RESOLVED = "collective.resolved.yaml";

/** Trains a collective to its end, or goes on with it. Throws UserError on anything the user can mend. */
export async function trainCollective(options: CollectiveOptions): Promise<CollectiveResult> {
  const { config, folder, resume = false, log = () => undefined } = options;
  const created = missingParts(folder);
  requireFolder(folder, resume);
  const modules: ModuleData[] = [];
  for (const module of config.modules) modules.push(await openModule(module, !resume, log));
  const tasks = modules.flatMap(({ data }) => data.tasks);
  const stream = await openMediator(config, tasks, log);
  requireLessons(stream.plan, modules);
  for (const { network } of modules) requireFittingSize(stream.size, network.sizeMultiple);
  await makeFolder(folder);
  await replaceFile(join(folder, RESOLVED), config.text);
  let started = false;
  try {
    return await trainIn(options, modules, stream, () => {
      started = true;
    });
  } catch (error) {
    if (!started && !resume) await takeBack(folder, created);
    throw error;
  }
}

function requireFolder(folder: string, resume: boolean): void {
  const there = existsSync(join(folder, RESOLVED));
  if (there === resume) return;
  throw new UserError({
    code: resume ? "collective.missing" : "collective.exists",
    where: folder,
    what: resume ? "there is no such collective" : "the folder holds a collective",
    fix: resume
      ? "Check the path, or leave --resume out to start a new one."
      : "Go on with it by --resume, or choose another folder by --run.",
  });
}

/** Throws UserError for a module that nothing teaches. */
function requireLessons(plan: MediatorPlan, modules: readonly ModuleData[]): void {
  for (const { config, data } of modules) {
    const { name, dedicated, frozen } = config;
    if (dedicated || frozen || constraintsOf(plan, data.tasks).length > 0) continue;
    throw new UserError({
      code: "collective.nothing-to-learn",
      where: `modules.${name}`,
      what: "the module has neither data nor a constraint that ties its tasks",
      fix: "Give it data, or a constraint over what it predicts.",
    });
  }
}

/** Steps between two copies of a peer. Throws UserError where they are counted in seconds. */
function requireSteps({ staleness }: CollectiveConfig): number {
  if (staleness.seconds === undefined) return staleness.steps;
  throw new UserError({
    code: "collective.staleness-in-seconds",
    where: "staleness.seconds",
    what: "in one process all modules are at the same step: how old copies are is counted in steps",
    fix: "Give `staleness: {steps: N}`, or train by `--processes` or `--bus`.",
  });
}

async function trainIn(
  { config, folder, resume = false, log = () => undefined, signal, onStep }: CollectiveOptions,
  modules: readonly ModuleData[],
  stream: MediatorStream,
  onStart: () => void,
): Promise<CollectiveResult> {
  const { threads, provider } = config.runtime;
  const engine = await nodeEngine({ provider, threads });
  const folders = Object.fromEntries(
    modules.map(({ config: { name } }) => [name, moduleFolder(folder, name)]),
  );
  const learning = modules
    .filter(({ config: { frozen } }) => !frozen)
    .map(({ config: { name } }) => folders[name]);
  const from = resume ? await commonPoint(learning, log) : BEGINNING;
  const runs: ModuleRun[] = [];
  const peers: Peer[] = [];
  let loader: Loader | undefined;
  // What all see of one another in a step are the weights before it: each update is the part of the joint
  // gradient that is its own, as modules share nothing but predictions. What is frozen does not grow old.
  const age = config.update === "synchronous" ? 0 : requireSteps(config);
  const ageOf = ({ config: { frozen } }: ModuleData) => (frozen ? 0 : age);
  try {
    for (const module of modules) {
      const stale = ageOf(module) > 0;
      const ties = constraintsOf(stream.plan, module.data.tasks);
      const mediator = ties.length === 0 ? null : { ...stream, ties };
      runs.push(await ModuleRun.open(module, { folder, engine, mediator, stale, resume, from, log }));
    }
    for (const run of runs) {
      const { network, data } = run.data;
      const plan = { tasks: data.tasks, network, batchSize: stream.batchSize, size: stream.size };
      const frames = stream.plan.frames?.count ?? 1;
      peers.push(await Peer.create(engine, run.store, plan, frames, ageOf(run.data)));
    }
    loader = stream.plan.constraints.length === 0 ? undefined : await stream.open(from.step);
    const batches = loader;
    const skips = new SkipLog();
    const next = async () => {
      const { arrays, skipped = [] } = await batches!.next();
      for (const { reason } of skips.add(skipped)) log(`warning: mediator: skipped an image: ${reason}`);
      return arrays;
    };
    const mediator = new Mediator(next, peers);
    let step = from.step;
    for (; step < config.steps && signal?.aborted !== true; step++) {
      const now = step;
      for (const run of runs) await run.learnLabels(now);
      if (batches !== undefined) await mediator.at(now);
      for (const run of runs) await run.learnTies(async () => ({ arrays: await mediator.at(now) }), now);
      onStart();
      for (const run of runs) await run.afterStep(now + 1);
      onStep?.(now + 1);
    }
    const interrupted = step < config.steps;
    for (const run of runs) await run.end(interrupted);
    return { outcome: interrupted ? "interrupted" : "done", step, modules: folders };
  } finally {
    await loader?.close();
    for (const peer of peers) await peer.release();
    for (const run of runs) await run.release();
  }
}
