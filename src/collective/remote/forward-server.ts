/**
 * @file A forward-pass server: hosts a copy of a module, in training mode, takes over its trainer's
 * snapshots and answers the trainers of its peers (Taskology, sections 3.3 and 4.1).
 */
import { UserError } from "../../common/errors.js";
import { nodeEngine } from "../../runtime/engine.node.js";
import { networkOf } from "../../training/parts.js";
import type { BusAddress } from "../../transport/address.js";
import { openStation, type StationLink } from "../../transport/open-station.js";
import type { StationOwner } from "../../transport/station.js";
import type { CollectiveConfig } from "../config.js";
import { type MediatorStream, openMediator } from "../mediator-stream.js";
import { describedTasks } from "./description.js";
import { HostedCopy } from "./hosted-copy.js";
import { busTrouble, instanceName, isLockStep, moduleNamed } from "./place.js";

export interface ServerOptions {
  readonly config: CollectiveConfig;
  readonly module: string;
  readonly address: BusAddress;
  readonly log?: (message: string) => void;
  /** Aborting finishes the requests at hand and returns. */
  readonly signal: AbortSignal;
  /** Told when the first snapshot is served. */
  readonly onReady?: () => void;
}

/** Serves a module until the signal. Throws UserError on anything the user can mend. */
export async function serveModule(options: ServerOptions): Promise<void> {
  const { config, module, address, log = () => undefined, signal } = options;
  const { run } = moduleNamed(config, module);
  const { constraints } = config;
  let copy: HostedCopy | undefined;
  let failed: string | undefined;
  const ending = new AbortController();
  const stop = () => ending.abort();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let ready = false;
  const owner: StationOwner = {
    compute: (request, tensors) => copy!.compute(request, tensors),
    adopt: async (ref, bytes) => {
      await copy!.adopt(ref, bytes);
      if (!ready) options.onReady?.();
      ready = true;
    },
    lost: (holder) => {
      failed = holder;
      stop();
    },
    note: log,
  };
  const identity = { run: config.name, role: "server", module, instance: instanceName() } as const;
  const station = await openStation(address, { identity }, owner);
  try {
    const tasks = await descriptions(station, config, ending.signal);
    if (tasks === null) return;
    const { provider, threads } = config.runtime;
    const stream = await mediatorHere(config, [...tasks.values()].flat(), log);
    copy = new HostedCopy({
      ...{ module, network: networkOf(run), tasks: tasks.get(module)! },
      engine: await nodeEngine({ provider, threads }),
      frames: Math.max(config.mediator.frames, 1),
      kept: isLockStep(config) ? 2 : 1,
      images: (await stream?.maker()) ?? null,
    });
    await station.tell({ digest: stream?.digest ?? null });
    await station.serve();
    log(`serving ${module}, ${constraints.length} constraints`);
    if (!ending.signal.aborted) await new Promise((done) => ending.signal.addEventListener("abort", done));
  } catch (error) {
    throw busTrouble(error, config);
  } finally {
    signal.removeEventListener("abort", stop);
    await station.close();
    await copy?.release();
  }
  if (failed !== undefined) {
    throw new UserError({
      code: "bus.lost",
      where: module,
      what: `the server ended: ${failed}`,
      fix: "Start it again.",
    });
  }
}

/** What each module predicts, once all trainers have told; null where the signal came first. */
async function descriptions(station: StationLink, { modules }: CollectiveConfig, signal: AbortSignal) {
  const names = modules.map(({ name }) => name);
  while (!signal.aborted) {
    const found = await station.descriptions(names, 1000);
    if (found !== null) return new Map(names.map((name) => [name, describedTasks(found[name])]));
  }
  return null;
}

/** The mediator's data; null, with a note, where this machine does not have it. */
async function mediatorHere(
  config: CollectiveConfig,
  tasks: Parameters<typeof openMediator>[1],
  log: (message: string) => void,
): Promise<MediatorStream | null> {
  try {
    return await openMediator(config, tasks, log);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(`the mediator's images are not here, trainers send them: ${error.message}`);
    return null;
  }
}
