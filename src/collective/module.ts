/** @file A module of a collective: a run with a folder of its own, whose steps the collective takes. */
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import type { Loader } from "../data/loading/loader.js";
import { SkipLog } from "../data/sound-samples.js";
import { MAIN_STREAM } from "../fields/layout.js";
import type { MethodDefinition } from "../methods/method.js";
import type { Network } from "../models/network.js";
import { type Checkpoint, checkpointPath, loadCheckpoint, resumeCheckpoint } from "../runs/checkpoint.js";
import { tensorBoardRecorder } from "../runs/events.js";
import { allRecorders, jsonLinesRecorder, type Recorder } from "../runs/metrics-log.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import type { Engine } from "../runtime/engine.js";
import type { StepPlan } from "../step/plan.js";
import { type BatchSource, type StepResult, Trainer } from "../step/trainer.js";
import { openTrainingLoader } from "../training/batch-plan.js";
import { runDigest } from "../training/config/index.js";
import { exportRun } from "../training/export.js";
import { keepData } from "../training/kept-data.js";
import { checkRunLabels } from "../training/label-check.js";
import { Loop, type LoopOutcome } from "../training/loop.js";
import { networkOf, resolve } from "../training/parts.js";
import { countParameters, peakMemoryBytes, writeResources } from "../training/resources.js";
import { openRunData, type RunData } from "../training/run-data.js";
import { settleConfig, settleLabels } from "../training/run-files.js";
import { restoreArrays } from "../training/run-state.js";
import { memoryOf } from "../training/selection.js";
import { FRESH_START, type RunStart } from "../training/train.js";
import { importWeights, requireFittingWeights } from "../training/weights.js";
import type { ModuleConfig } from "./config.js";

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
    await requireFittingWeights(run, network, data.tasks, data.size);
    if (dedicated && !frozen) {
      for (const warning of await checkRunLabels(run, data, log)) log(`warning: ${name}: ${warning}`);
    }
  }
  return { config, network, data };
}

/** Folder of a module's run. */
export const moduleFolder = (folder: string, name: string): string => join(folder, "modules", name);

/** The step up to which each of these runs has a checkpoint: kills may fall between two of them. */
export async function commonStep(
  folders: readonly string[],
  log: (message: string) => void,
): Promise<number> {
  const steps = await Promise.all(
    folders.map(async (folder) => {
      const saved = await resumeCheckpoint(join(folder, "checkpoints"), log);
      return saved?.state.step ?? 0;
    }),
  );
  return Math.min(...steps);
}

/**
 * The checkpoint that a module saved after `step` steps, the last one or the one before; undefined where that
 * is its start.
 */
async function checkpointAt(folder: string, step: number): Promise<Checkpoint | undefined> {
  if (step === 0) return undefined;
  for (const name of ["last", "last.prev"] as const) {
    const saved = await loadCheckpoint(checkpointPath(folder, name)).catch(() => undefined);
    if (saved?.state.step === step) return saved;
  }
  throw new UserError({
    code: "collective.out-of-step",
    where: folder,
    what: `the module has no checkpoint of step ${step}, which is the last one that all modules have`,
    fix: "Restore its checkpoints from a copy, or start a new collective.",
  });
}

interface Parts {
  readonly run: RunFolder;
  /** Holds the module's values; takes its steps on labels or ties, but for those of a frozen module. */
  readonly trainer: Trainer;
  readonly dedicated: Trainer | null;
  readonly mediated: Trainer | null;
  readonly loop: Loop;
  readonly recorder: Recorder;
  readonly loader: Loader | null;
}

/** What opening a module's run needs beside its data. */
export interface ModuleRunOptions {
  readonly folder: string;
  readonly engine: Engine;
  /** The step on mediator batches: null where no constraint ties the module. */
  readonly mediator: {
    readonly method: MethodDefinition;
    readonly batchSize: number;
    readonly size: readonly [number, number];
  } | null;
  readonly resume: boolean;
  /** Steps that all modules have done. */
  readonly from: number;
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
    const run = await openRunFolder(moduleFolder(options.folder, config.name), { resume });
    try {
      const settled = await settleConfig(run, config.run, data);
      await keepData(run, data, (change) => log(`warning: ${change}`));
      const labels = await settleLabels(run, settled, data, log);
      const learnsLabels = config.dedicated && !config.frozen;
      const learnsTies = mediator !== null && !config.frozen;
      // Each update is a step of the optimizer: two a step of the collective where a module has both.
      const updates = Math.max(1, Number(learnsLabels) + Number(learnsTies));
      const own = resolve(settled, data);
      const plan: StepPlan = { ...own, steps: own.steps * updates };
      const dedicated = learnsLabels || !learnsTies ? await Trainer.create(engine, plan) : null;
      const tied: StepPlan | null = mediator && {
        ...plan,
        ...{ batchSize: mediator.batchSize, size: mediator.size, samples: undefined },
        ...{ method: { method: mediator.method, options: {} }, accumulate: 1 },
      };
      const mediated =
        learnsTies && tied !== null ? await Trainer.create(engine, tied, undefined, dedicated?.store) : null;
      const trainer = (dedicated ?? mediated)!;
      // A frozen module stays as it was at the start.
      const saved = resume ? await checkpointAt(run.checkpoints, config.frozen ? 0 : from) : undefined;
      if (saved !== undefined) restoreArrays(trainer, saved, run.checkpoints);
      else await importWeights(trainer, settled, log);
      const start: RunStart = saved === undefined ? FRESH_START : startOf(saved);
      const loader = learnsLabels ? await openTrainingLoader(settled, data, labels, start.positions) : null;
      const recorder = allRecorders([
        jsonLinesRecorder(run.metrics, resume ? from : undefined),
        tensorBoardRecorder(run.folder, resume ? from : undefined),
      ]);
      const loop = new Loop({
        ...{ config: settled, data, run, engine, trainer, recorder, start, log },
        loader: loader ?? nowhere,
        digest: runDigest(settled),
        skips: new SkipLog(),
      });
      if (config.frozen && !resume) await loop.save();
      return new ModuleRun(module, {
        ...{ run, trainer, loop, recorder, loader, mediated },
        dedicated: learnsLabels ? dedicated : null,
      });
    } catch (error) {
      await run.abandon();
      run.close();
      throw error;
    }
  }

  /** Values of the module's network and optimizer. */
  get store(): Trainer["store"] {
    return this.#parts.trainer.store;
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

  /** One update on a mediator batch with its peers' predictions, if a constraint ties it. */
  async learnTies(next: BatchSource["next"], step: number): Promise<void> {
    const { mediated } = this.#parts;
    if (mediated === null) return;
    await this.#timed(() => mediated.step({ next }, step * this.#updates + this.#updates - 1));
  }

  async #timed(update: () => Promise<StepResult>): Promise<void> {
    const begun = performance.now();
    this.#results.push(await update());
    this.#seconds += (performance.now() - begun) / 1000;
  }

  /** Records the step that its updates made, evaluates and saves where it is time. */
  async afterStep(done: number): Promise<void> {
    if (this.#results.length > 0) {
      this.#parts.loop.record(merged(this.#results), done, this.#seconds);
      await this.#parts.loop.afterStep();
    }
    this.#results = [];
    this.#seconds = 0;
  }

  /** Ends the run: saved where it was interrupted, exported where it is done. */
  async end(interrupted: boolean): Promise<LoopOutcome> {
    const { loop, run, trainer } = this.#parts;
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
    const { loop, recorder, loader, trainer, mediated, run } = this.#parts;
    recorder.close();
    await loader?.close();
    await loop.release();
    await trainer.release();
    if (mediated !== trainer) await mediated?.release();
    run.close();
  }
}

/** Where a module without data of its own stands. */
const nowhere: Pick<Loader, "position" | "next"> = {
  position: () => ({ [MAIN_STREAM]: { epoch: 0, step: 0 } }),
  next: () => Promise.reject(new Error("a module without data has no batches")),
};

function startOf({ state }: Checkpoint): RunStart {
  const { step, positions, best, extra } = state;
  return { step, positions, best, memory: memoryOf(extra) };
}

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
