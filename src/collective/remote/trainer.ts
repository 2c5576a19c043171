/**
 * @file The trainer of one module in a process of its own: learns from its labels, asks its peers' servers
 * for their predictions, publishes its weights (Taskology, sections 3.3 and 4.1).
 */
import { UserError } from "../../common/errors.js";
import type { Batch } from "../../data/types.js";
import { nodeEngine } from "../../runtime/engine.node.js";
import type { Task } from "../../tasks/task.js";
import { requireFittingSize } from "../../training/image-size.js";
import type { BusAddress } from "../../transport/address.js";
import { openStation, type StationLink } from "../../transport/open-station.js";
import type { StationOwner } from "../../transport/station.js";
import type { CollectiveConfig, ConfiguredConstraint } from "../config.js";
import { constraintsOf, tiedTasks } from "../mediator.js";
import { type MediatorStream, openMediator } from "../mediator-stream.js";
import { BEGINNING, commonPoint, ModuleRun, moduleFolder, openModule } from "../module.js";
import { predictionNames } from "../peers.js";
import { CommonEnd } from "./common-end.js";
import { describedTasks, describeTasks } from "./description.js";
import { Exchange, type PeerBatch } from "./exchange.js";
import { leadOf, Pace } from "./pace.js";
import { agreementDigest, busTrouble, instanceName, isLockStep, moduleNamed, peersOf } from "./place.js";
import { publishSurely, RefreshSchedule, Uploads } from "./publishing.js";
import { SkipWatch } from "./skip-watch.js";
import { snapshotOf } from "./snapshot-arrays.js";

export interface ModuleTrainerOptions {
  readonly config: CollectiveConfig;
  readonly module: string;
  /** Folder of the collective: the module's run is `modules/<name>` in it. */
  readonly folder: string;
  readonly address: BusAddress;
  readonly resume?: boolean;
  readonly log?: (message: string) => void;
  readonly onStep?: (step: number) => void;
  /** Aborting finishes the step at hand, saves, and returns. */
  readonly signal?: AbortSignal;
}

export interface ModuleTrainerResult {
  readonly outcome: "done" | "interrupted";
  readonly step: number;
  readonly folder: string;
  /** Predictions of peers that were missing in this session. */
  readonly skipped: number;
}

/** What ends a run from outside its loop. */
class Ending {
  error: unknown;

  /** The first reason counts. */
  because(error: unknown): void {
    this.error ??= error;
  }
}

/** Trains one module to its end, or goes on with it. Throws UserError on anything the user can mend. */
export async function trainModule(options: ModuleTrainerOptions): Promise<ModuleTrainerResult> {
  const { config, module, address, log = () => undefined } = options;
  moduleNamed(config, module);
  const ending = new Ending();
  const none = () => Promise.reject(new Error("a trainer answers nobody"));
  const owner: StationOwner = {
    ...{ compute: none, adopt: none, note: log },
    lost: (holder) =>
      ending.because(
        new UserError({
          code: "bus.lost",
          where: module,
          what: `the module is trained by ${holder} now`,
          fix: "Each module is trained by one process: stop one of them.",
        }),
      ),
  };
  const identity = { run: config.name, role: "trainer", module, instance: instanceName() } as const;
  const { acceptMs, idleMs } = config.bus;
  const station = await openStation(address, { identity, limits: { acceptMs, idleMs, tries: 3 } }, owner);
  try {
    return await trainOn(station, identity.instance, ending, options);
  } catch (error) {
    throw busTrouble(error, config);
  } finally {
    await station.close();
  }
}

async function trainOn(
  station: StationLink,
  instance: string,
  ending: Ending,
  options: ModuleTrainerOptions,
): Promise<ModuleTrainerResult> {
  const { config, module, folder: collective, resume = false, log = () => undefined, signal } = options;
  const own = await openModule(moduleNamed(config, module), !resume, log);
  const incarnation = await station.claim(describeTasks(own.data.tasks), agreementDigest(config));
  const tasksOf = await allTasks(station, config, own.data.tasks, module, signal);
  const folder = moduleFolder(collective, module);
  if (tasksOf === null) return { outcome: "interrupted", step: 0, folder, skipped: 0 };
  const stream = await openMediator(config, [...tasksOf.values()].flat(), log);
  requireFittingSize(stream.size, own.network.sizeMultiple);
  const ties = constraintsOf(stream.plan, own.data.tasks);
  const { provider, threads } = config.runtime;
  const engine = await nodeEngine({ provider, threads });
  const from = resume && !own.config.frozen ? await commonPoint([folder], log) : BEGINNING;
  const mediator = ties.length === 0 ? null : { ...stream, ties };
  const run = await ModuleRun.open(own, { folder: collective, engine, mediator, resume, from, log });
  const uploads = new Uploads(station, { onError: (error) => ending.because(error), note: log });
  const patience = { patienceMs: config.bus.startWaitS * 1000, signal, note: log };
  try {
    if (own.config.frozen) {
      await publishSurely(station, { step: 0, bytes: await snapshotOf(run) }, patience);
      await run.end(false);
      return { outcome: "done", step: config.steps, folder, skipped: 0 };
    }
    const peers = peersOf(config, module, tasksOf).map((peer) => ({
      module: peer,
      frozen: moduleNamed(config, peer).frozen,
      outputs: predictionNames(tasksOf.get(peer)!, config.mediator.frames),
    }));
    const exchange = new Exchange(
      {
        ...{ station, peers, bus: config.bus, lockStep: isLockStep(config), digest: stream.digest },
        ...{ frames: config.mediator.frames, caller: `${instance}/${incarnation}`, signal },
      },
      log,
    );
    await station.tell({ step: from.step, digest: stream.digest });
    const learning = peers.filter(({ frozen }) => !frozen).map((peer) => peer.module);
    const pace = new Pace({ station, peers: learning, lead: leadOf(config, own.config), signal });
    const session = { run, station, stream, ties, exchange, pace, uploads, tasksOf, ending, from: from.step };
    const { step, skipped } = await steps(session, options);
    const interrupted = step < config.steps;
    if (!interrupted) uploads.add(step, await snapshotOf(run));
    await uploads.settled();
    await run.end(interrupted);
    if (ending.error !== undefined) throw ending.error;
    return { outcome: interrupted ? "interrupted" : "done", step, folder, skipped };
  } finally {
    await run.release();
  }
}

/** What each module predicts, its own first known; null where the signal came before all had told. */
async function allTasks(
  station: StationLink,
  { modules, bus }: CollectiveConfig,
  own: readonly Task[],
  module: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, readonly Task[]> | null> {
  const others = modules.map(({ name }) => name).filter((name) => name !== module);
  const end = performance.now() + bus.startWaitS * 1000;
  while (signal?.aborted !== true) {
    const found = await station.descriptions(others, 1000);
    if (found !== null) {
      // In the order of the configuration, as everywhere.
      return new Map(modules.map(({ name }) => [name, name === module ? own : describedTasks(found[name])]));
    }
    if (performance.now() < end) continue;
    throw new UserError({
      code: "bus.no-peers",
      where: module,
      what: `not all of ${others.join(", ")} were there within ${bus.startWaitS} s`,
      fix: "Start a trainer for each module, or raise `bus.startWaitS`.",
    });
  }
  return null;
}

interface Session {
  readonly run: ModuleRun;
  readonly station: StationLink;
  readonly stream: MediatorStream;
  /** The constraints that tie the module. */
  readonly ties: readonly ConfiguredConstraint[];
  readonly exchange: Exchange;
  readonly pace: Pace;
  readonly uploads: Uploads;
  readonly tasksOf: ReadonlyMap<string, readonly Task[]>;
  readonly ending: Ending;
  readonly from: number;
}

/** Takes the steps; gives how many are done. */
async function steps(
  { run, station, stream, ties, exchange, pace, uploads, tasksOf, ending, from }: Session,
  { config, folder, log = () => undefined, signal, onStep }: ModuleTrainerOptions,
): Promise<{ step: number; skipped: number }> {
  const lockStep = isLockStep(config);
  const loader = ties.length === 0 ? null : await stream.open(from);
  const refresh = new RefreshSchedule(lockStep ? { steps: 1 } : config.staleness);
  const watch = new SkipWatch(config.bus.maxSkippedFraction, log);
  const asked: (() => Promise<PeerBatch>)[] = [];
  const tasksOfAll = [...tasksOf.values()].flat();
  /** Whether all of a constraint's predictions are there. */
  const complete = (tie: ConfiguredConstraint, silent: readonly string[]) => {
    const missing = silent.flatMap((peer) => tasksOf.get(peer)!.map(({ name }) => name));
    return !tiedTasks(tie, tasksOfAll).some((task) => missing.includes(task));
  };
  const request = async (at: number) => {
    const batch: Batch = await loader!.next();
    asked.push(exchange.ask(batch, at));
  };
  let next = from;
  const end = new CommonEnd(lockStep ? config.modules.length : 1, config.steps);
  const publish = async (at: number): Promise<void> => {
    if (!refresh.due(at)) return;
    const bytes = await snapshotOf(run);
    if (!lockStep) return uploads.add(at, bytes);
    const patience = { patienceMs: config.bus.startWaitS * 1000, signal, note: log };
    await publishSurely(station, { step: at, bytes, end: end.told }, patience);
  };
  let step = from;
  try {
    if (!lockStep) await publish(from);
    for (; ending.error === undefined; step++) {
      if (signal?.aborted === true) end.ask(step);
      if (step >= end.step) break;
      await pace.wait(step);
      if (loader !== null && !lockStep) {
        const ahead = Math.min(config.steps, step + config.bus.prefetch);
        for (; next < ahead; next++) await request(next);
      }
      await run.learnLabels(step);
      await publish(step);
      if (loader === null) await run.afterStep(step + 1);
      else {
        for (; next <= step; next++) await request(next);
        const given = await asked.shift()!();
        if (lockStep) end.hear(given.end);
        const silent = given.skipped.map(({ peer }) => peer);
        const used = ties.filter((tie) => complete(tie, silent));
        await run.learnTies(async () => ({ arrays: given.arrays }), step, used);
        watch.add(given.skipped);
        const { skipped, stale, bytes } = given;
        const names = used.map(({ definition }) => definition.name);
        await run.afterStep(step + 1, { used: names, skipped, stale, bytes });
        await station.tell({ stale, skipped: watch.total });
        if (watch.tooMany && config.bus.onSkipped === "stop") ending.because(watch.error(folder));
      }
      await station.tell({ step: step + 1 });
      onStep?.(step + 1);
    }
  } finally {
    await loader?.close();
  }
  return { step, skipped: watch.total };
}
