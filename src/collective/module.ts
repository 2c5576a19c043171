/** @file A module of a collective: a run with a folder of its own, whose steps the collective takes. */
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import type { Loader } from "../data/loading/loader.js";
import { SkipLog } from "../data/sound-samples.js";
import { MAIN_STREAM } from "../fields/layout.js";
import type { Network } from "../models/network.js";
import { KEPT } from "../nn/module.js";
import { type Checkpoint, checkpointPath, loadCheckpoint, resumeCheckpoint } from "../runs/checkpoint.js";
import type { ConsistencyRecord } from "../runs/metrics-log.js";
import { openRunFolder } from "../runs/run-folder.js";
import type { Engine } from "../runtime/engine.js";
import type { StepPlan } from "../step/plan.js";
import { type BatchSource, type StepResult, Trainer } from "../step/trainer.js";
import { samplesOf } from "../training/batch-plan.js";
import { exportRun } from "../training/export.js";
import { checkRunLabels } from "../training/label-check.js";
import { Loop, type LoopOutcome } from "../training/loop.js";
import { type OpenRun, openRun } from "../training/open-run.js";
import { networkOf, resolve } from "../training/parts.js";
import { countParameters, peakMemoryBytes, writeResources } from "../training/resources.js";
import { openRunData, type RunData } from "../training/run-data.js";
import { requireFittingWeights } from "../training/weights.js";
import type { ConfiguredConstraint, ModuleConfig } from "./config.js";
import { reserveCopy } from "./peers.js";
import { type MediatorStep, TiedSteps } from "./tied-steps.js";

/** A module whose data is open. */
export interface ModuleData {
  readonly config: ModuleConfig;
  readonly network: Network;
  readonly data: RunData;
}

/** Opens a module's data and checks it against its labels. Throws UserError. */
export async function openModule(
  config: ModuleConfig,
  fresh: boolean,
  log: (message: string) => void,
): Promise<ModuleData> {
  const { run, name, dedicated, frozen } = config;
  const network = networkOf(run);
  const data = await openRunData(run, network, log);
  if (fresh) {
    await requireFittingWeights(run, network, data.tasks, data.size, log);
    if (dedicated && !frozen) {
      for (const warning of await checkRunLabels(run, data, log)) log(`warning: ${name}: ${warning}`);
    }
  }
  return { config, network, data };
}

/** Folder of a module's run. */
export const moduleFolder = (folder: string, name: string): string => join(folder, "modules", name);

/** Where a collective goes on from. */
export interface CommonPoint {
  /** The last step that all of its learning modules have saved. */
  readonly step: number;
  /** By folder, its checkpoint of that step; none where that is the start. */
  readonly checkpoints: ReadonlyMap<string, { readonly checkpoint: Checkpoint; readonly path: string }>;
}

/** Where a new collective begins. */
export const BEGINNING: CommonPoint = { step: 0, checkpoints: new Map() };

/** The point up to which each of these runs has a checkpoint: kills may fall between two of them. */
export async function commonPoint(
  folders: readonly string[],
  log: (message: string) => void,
): Promise<CommonPoint> {
  const lasts: (readonly [string, Checkpoint | undefined])[] = [];
  for (const folder of folders)
    lasts.push([folder, await resumeCheckpoint(join(folder, "checkpoints"), log)]);
  const step = Math.min(...lasts.map(([, last]) => last?.state.step ?? 0));
  if (step === 0) return BEGINNING;
  const checkpoints: CommonPoint["checkpoints"] = new Map(
    await Promise.all(
      lasts.map(async ([folder, last]) => {
        const path = checkpointPath(
          join(folder, "checkpoints"),
          last!.state.step === step ? "last" : "last.prev",
        );
        const checkpoint = last!.state.step === step ? last! : await previousAt(path, folder, step);
        return [folder, { checkpoint, path }] as const;
      }),
    ),
  );
  return { step, checkpoints };
}

/** The checkpoint before the last one, which must be that of a step. */
async function previousAt(path: string, folder: string, step: number): Promise<Checkpoint> {
  const saved = await loadCheckpoint(path).catch(() => undefined);
  if (saved?.state.step === step) return saved;
  throw new UserError({
    code: "collective.out-of-step",
    where: folder,
    what: `the module has no checkpoint of step ${step}, which is the last one that all modules have`,
    fix: "Restore its checkpoints from a copy, or start a new collective.",
  });
}

interface Parts {
  /** Its trainer holds the module's values, and takes its steps on labels or ties, but for a frozen one's. */
  readonly open: OpenRun;
  readonly dedicated: Trainer | null;
  /** Its steps on ties; null where it has none. */
  readonly mediated: TiedSteps | null;
  readonly loop: Loop;
}

/** What opening a module's run needs beside its data. */
export interface ModuleRunOptions {
  readonly folder: string;
  readonly engine: Engine;
  /** The step on mediator batches: null where no constraint ties the module. */
  readonly mediator: MediatorStep | null;
  readonly resume: boolean;
  /** Whether peers see a copy of its network that is some steps old. */
  readonly stale?: boolean;
  /** Where all modules go on from. */
  readonly from: CommonPoint;
  readonly log: (message: string) => void;
}

/** A module in training. */
export class ModuleRun {
  readonly name: string;
  readonly data: ModuleData;
  readonly #parts: Parts;
  #results: StepResult[] = [];
  #seconds = 0;

  private constructor(data: ModuleData, parts: Parts) {
    this.name = data.config.name;
    this.data = data;
    this.#parts = parts;
  }

  /** Opens or resumes the module's run folder and compiles its steps. Throws UserError. */
  static async open(module: ModuleData, options: ModuleRunOptions): Promise<ModuleRun> {
    const { config, data } = module;
    const { engine, mediator, resume, from } = options;
    const log = (message: string) => options.log(`${config.name}: ${message}`);
    const folder = moduleFolder(options.folder, config.name);
    const run = await openRunFolder(folder, { resume });
    try {
      const learnsLabels = config.dedicated && !config.frozen;
      const learnsTies = mediator !== null && !config.frozen;
      let dedicated: Trainer | null = null;
      let mediated: TiedSteps | null = null;
      const open = await openRun({
        ...{ run, data, log, resume, config: config.run, loads: learnsLabels },
        compile: async (prepared) => {
          // Each update is a step of the optimizer: two a step of the collective where a module has both.
          const updates = Math.max(1, Number(learnsLabels) + Number(learnsTies));
          const own = resolve(prepared.config, data, samplesOf(prepared.config, data, prepared.labels));
          const plan: StepPlan = { ...own, steps: own.steps * updates };
          if (learnsLabels || !learnsTies) dedicated = await Trainer.create(engine, plan);
          if (learnsTies) {
            mediated = await TiedSteps.create(engine, plan, mediator, dedicated?.store);
          }
          const trainer: Trainer = dedicated ?? mediated!.all;
          if (options.stale) reserveCopy(trainer.store, trainer.program.modules.of(KEPT.name));
          return trainer;
        },
        // A frozen module stays as it was at the start.
        saved: async () => (config.frozen ? undefined : from.checkpoints.get(folder)),
      });
      const loop = new Loop({ ...open, engine, loader: open.loader ?? nowhere, skips: new SkipLog() });
      if (config.frozen && !resume) await loop.save();
      return new ModuleRun(module, { open, loop, mediated, dedicated: learnsLabels ? dedicated : null });
    } catch (error) {
      await run.abandon();
      run.close();
      throw error;
    }
  }

  /** Values of the module's network and optimizer. */
  get store(): Trainer["store"] {
    return this.#parts.open.trainer.store;
  }

  /** The graph of its steps, which says what is kept. */
  get program(): Trainer["program"] {
    return this.#parts.open.trainer.program;
  }

  /** Updates of one step of the collective: on labels, on ties. */
  get #updates(): number {
    return Number(this.#parts.dedicated !== null) + Number(this.#parts.mediated !== null);
  }

  /** One update on the next batch of its own data, if it has any; `step` counts those before. */
  async learnLabels(step: number): Promise<void> {
    const { dedicated, loop } = this.#parts;
    if (dedicated === null) return;
    await this.#timed(() => dedicated.step({ next: () => loop.nextBatch() }, step * this.#updates));
  }

  /**
   * One update on a mediator batch with its peers' predictions, if a constraint ties it: by all of its ties
   * or some of them.
   */
  async learnTies(
    next: BatchSource["next"],
    step: number,
    ties?: readonly ConfiguredConstraint[],
  ): Promise<void> {
    const { mediated } = this.#parts;
    if (mediated === null || ties?.length === 0) return;
    const trainer = ties === undefined ? mediated.all : await mediated.of(ties);
    await this.#timed(() => trainer.step({ next }, step * this.#updates + this.#updates - 1));
  }

  async #timed(update: () => Promise<StepResult>): Promise<void> {
    const begun = performance.now();
    this.#results.push(await update());
    this.#seconds += (performance.now() - begun) / 1000;
  }

  /**
   * Records the step that its updates made, evaluates and saves where it is time. With `consistency` also a
   * step in which nothing could be learnt.
   */
  async afterStep(done: number, consistency?: ConsistencyRecord): Promise<void> {
    const { loop } = this.#parts;
    if (this.#results.length > 0 || consistency !== undefined) {
      const result = this.#results.length > 0 ? merged(this.#results) : NOTHING;
      loop.record(result, done, this.#seconds, consistency && { consistency });
      await loop.afterStep();
    }
    this.#results = [];
    this.#seconds = 0;
  }

  /** Ends the run: saved where it was interrupted, exported where it is done. */
  async end(interrupted: boolean): Promise<LoopOutcome> {
    const { loop, open } = this.#parts;
    const { run, trainer } = open;
    const outcome = await loop.ended(interrupted);
    await writeResources(run.resources, {
      peakMemoryBytes: peakMemoryBytes(),
      parameters: countParameters(trainer.program.modules),
      ...(outcome.skipped.length > 0 && { skipped: outcome.skipped }),
    });
    if (!interrupted) await exportRun(run);
    return outcome;
  }

  async release(): Promise<void> {
    const { loop, open, mediated } = this.#parts;
    const { recorder, loader, trainer, run } = open;
    recorder.close();
    await loader?.close();
    await loop.release();
    await trainer.release();
    await mediated?.release(trainer);
    run.close();
  }
}

/** A step in which nothing was learnt. */
const NOTHING: StepResult = { losses: { total: null }, values: {}, learningRates: {}, images: 0 };

/** Where a module without data of its own stands. */
const nowhere: Pick<Loader, "position" | "next"> = {
  position: () => ({ [MAIN_STREAM]: { epoch: 0, step: 0 } }),
  next: () => Promise.reject(new Error("a module without data has no batches")),
};

/** The terms of all updates of a step; `total` is their sum. */
function merged(results: readonly StepResult[]): StepResult {
  const [first, ...rest] = results;
  return rest.reduce((sum, { losses, values, learningRates, images }) => {
    const totals = [sum.losses.total, losses.total].filter((total) => total !== null);
    return {
      losses: { ...sum.losses, ...losses, total: totals.reduce((a, b) => a + b, 0) },
      values: { ...sum.values, ...values },
      learningRates: { ...sum.learningRates, ...learningRates },
      images: sum.images + images,
    };
  }, first);
}
