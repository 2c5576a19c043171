/**
 * @file A process's place in a collective: heartbeats, its lease, snapshots it publishes or follows, requests
 * it makes or answers. Runs in a thread of its own, where no computation holds it up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { packageVersion } from "../runtime/version.js";
import type { BusAddress } from "./address.js";
import { type Answer, ASK_LIMITS, Asker, type AskLimits } from "./ask.js";
import type { Bus } from "./bus.js";
import { Follower } from "./follower.js";
import type { Frame } from "./frame.js";
import { type ClaimOptions, descriptionOf, Lease, leaseHolder } from "./lease.js";
import { localBus } from "./local-bus.js";
import { type ForwardRequest, type Heartbeat, PROTOCOL, type SnapshotRef } from "./messages.js";
import { type BusIdentity, natsBus } from "./nats-bus.js";
import { Patience } from "./patience.js";
import { requireSame } from "./run-key.js";
import { type Computed, forwardService } from "./service.js";
import { Publisher } from "./snapshots.js";

export interface StationOptions {
  readonly identity: BusIdentity;
  readonly limits?: AskLimits;
}

/** What a station asks of whoever opened it. */
export interface StationOwner {
  /** Computes a request; servers only. */
  compute(request: ForwardRequest, tensors: Frame["tensors"]): Promise<Computed>;
  /** Takes a snapshot over, or rejects where it does not fit; servers only. */
  adopt(ref: SnapshotRef, bytes: Uint8Array): Promise<void>;
  /** Another process trains the module: this one must stop. */
  lost(holder: string): void;
  /** Something worth telling a person. */
  note(message: string): void;
}

/** What a process says of itself in its heartbeats. */
export type StationState = Partial<Pick<Heartbeat, "step" | "digest" | "skipped" | "stale">>;

/** An answer, and what was known of the module's trainer when it came. */
export interface PeerAnswer extends Answer {
  /** Steps its trainer had done when last heard. */
  readonly heardStep: number;
  /** When it came: milliseconds of a clock that all threads of this process share. */
  readonly arrivedAt: number;
}

const BEAT_MS = 500;
/** How often the pointer is looked at, whatever heartbeats say; milliseconds. */
const POLL_MS = 2000;
/** A computation that takes longer is stuck. */
const MOST_COMPUTE_MS = 10 * 60_000;

/** Milliseconds of a clock that all threads of this process share, and that nobody sets. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Opens the transport of an address. Throws UserError. */
export function openBus(address: BusAddress, identity: BusIdentity): Promise<Bus> {
  return address.kind === "local" ? localBus(address.folder) : natsBus(address, identity);
}

export class Station {
  readonly #bus: Bus;
  readonly #identity: BusIdentity;
  readonly #owner: StationOwner;
  readonly #asker: Asker;
  readonly #beat: { -readonly [K in keyof Heartbeat]: Heartbeat[K] };
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stops: (() => void)[] = [];
  #lease: Lease | undefined;
  #publisher: Publisher | undefined;
  #computing: number | undefined;
  #follower: Follower | undefined;
  readonly #patient: Patience;
  /** Modules that it was told are waited for. */
  #missing = "";
  #closed = false;

  constructor(bus: Bus, { identity, limits = ASK_LIMITS }: StationOptions, owner: StationOwner) {
    const { role, module, instance } = identity;
    this.#bus = bus;
    this.#identity = identity;
    this.#owner = owner;
    this.#asker = new Asker(bus, limits);
    this.#patient = new Patience((message) => owner.note(message));
    this.#beat = {
      ...{ protocol: PROTOCOL, version: packageVersion(), module, instance },
      role: role === "server" ? "server" : "trainer",
      ...{ beat: 0, snapshot: null, step: 0, queue: 0, busyMs: 0, digest: null, skipped: 0, stale: {} },
    };
    if (role !== "observer") this.#every(BEAT_MS, () => this.#say());
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  #say(): void {
    if (this.#closed) return;
    this.#beat.beat++;
    this.#bus.beat({ ...this.#beat });
  }

  /** Changes what heartbeats say. */
  async tell(state: StationState): Promise<void> {
    Object.assign(this.#beat, state);
  }

  /**
   * Takes the lease of the module and says what it predicts; `digest` is that of the collective's
   * configuration, the same for all. Throws PeerError `conflict`, `mismatch`.
   */
  async claim(description: unknown, digest: string): Promise<number> {
    const { module } = this.#identity;
    await this.#patient.through(() => requireSame(this.#bus, digest));
    const options: ClaimOptions = {
      ...{ module, holder: leaseHolder(), description },
      onWait: (holder, ms) =>
        this.#owner.note(
          `${module} was trained by ${holder}; taking over if it stays silent for ${ms / 1000} s`,
        ),
      onLost: (holder) => this.#owner.lost(holder),
      onRestored: () => this.#restore(digest),
    };
    const lease = await this.#patient.through(() => Lease.claim(this.#bus, options));
    this.#lease = lease;
    const publisher = new Publisher(this.#bus, module, lease.incarnation);
    this.#publisher = publisher;
    await this.#patient.through(() => publisher.tidy());
    this.#say();
    return lease.incarnation;
  }

  /** Gives a bus that came back empty what it held of this module. */
  #restore(digest: string): void {
    const work = async () => {
      await requireSame(this.#bus, digest);
      const ref = await this.#publisher?.restore();
      if (ref !== undefined) this.#beat.snapshot = ref;
      this.#owner.note("the bus came back without what it held; lease and weights are there again");
    };
    // What does not come through is published with the next weights.
    work().catch((error: Error) => this.#owner.note(`warning: the bus came back empty: ${error.message}`));
  }

  /** What the trainers of modules say they predict, once all have; null where the time is over. */
  async descriptions(modules: readonly string[], waitMs: number): Promise<Record<string, unknown> | null> {
    const end = performance.now() + waitMs;
    const found: Record<string, unknown> = {};
    const describe = async (module: string) => {
      found[module] ??= await this.#patient.through(() => descriptionOf(this.#bus, module));
    };
    while (!this.#closed) {
      for (const module of modules) await describe(module);
      const missing = modules.filter((module) => found[module] === null).join(", ");
      if (missing === "") return found;
      if (missing !== this.#missing) this.#owner.note(`waiting for ${missing}`);
      this.#missing = missing;
      if (performance.now() > end) return null;
      await sleep(200);
    }
    return null;
  }

  /**
   * Publishes a snapshot; `end` is the step after which the trainer stops. Throws PeerError, `conflict` where
   * the module has another trainer by now.
   */
  async publish(step: number, bytes: Uint8Array, end?: number): Promise<SnapshotRef> {
    const ref = await this.#publisher!.publish(step, bytes, end);
    this.#beat.snapshot = ref;
    this.#beat.step = Math.max(this.#beat.step, step);
    this.#say();
    return ref;
  }

  /** Asks a module's servers. Throws PeerError. */
  async ask(request: ForwardRequest, tensors: Frame["tensors"], deadlineMs: number): Promise<PeerAnswer> {
    const answer = await this.#asker.ask(request, tensors, { deadlineMs });
    const heardStep = this.#asker.members.stepOf(request.module) ?? answer.reply.snapshot.step;
    return { ...answer, heardStep, arrivedAt: sharedNow() };
  }

  /** Whether each of these modules has a server that may be asked; gives those that have none in time. */
  async awaitServers(modules: readonly string[], waitMs: number): Promise<string[]> {
    const end = performance.now() + waitMs;
    for (;;) {
      const missing = modules.filter((each) =>
        this.#asker.members.servers(each).every(({ snapshot }) => snapshot === null),
      );
      if (missing.length === 0 || performance.now() > end || this.#closed) return missing;
      await sleep(50);
    }
  }

  /** Digests that the servers of a module tell of their mediator data. */
  async digestsOf(module: string): Promise<(string | null)[]> {
    return this.#asker.members.servers(module).map(({ digest }) => digest);
  }

  /** Steps that the trainers of these modules have done which are alive. */
  async stepsOf(modules: readonly string[]): Promise<number[]> {
    const trainers = this.#asker.members.trainers();
    return modules.flatMap((module) => trainers.get(module) ?? []);
  }

  /** Serves the module from now on: follows its pointer, answers requests. */
  async serve(): Promise<void> {
    const { module, instance } = this.#identity;
    const follower = new Follower({
      ...{ bus: this.#bus, module },
      adopt: (ref, bytes) => this.#owner.adopt(ref, bytes),
      onAdopted: (ref) => {
        Object.assign(this.#beat, { snapshot: ref, step: ref.step });
        this.#say();
      },
      onTrouble: (trouble) => this.#troubled(trouble),
    });
    this.#follower = follower;
    const handler = forwardService({
      ...{ module, instance },
      compute: async (request, tensors) => {
        this.#computing = performance.now();
        try {
          return await this.#owner.compute(request, tensors);
        } finally {
          this.#computing = undefined;
        }
      },
      ageMs: (snapshot) => follower.ageMs(snapshot),
      onQueue: (waiting, lastMs) => Object.assign(this.#beat, { queue: waiting, busyMs: lastMs }),
    });
    const { address, stop } = await this.#bus.serve(module, instance, handler);
    this.#stops.push(stop);
    this.#beat.address = address;
    this.#stops.push(
      this.#bus.onBeat(({ role, module: of, snapshot }) => {
        if (role === "trainer" && of === module) follower.hear(snapshot);
      }),
    );
    this.#every(POLL_MS, () => follower.look());
    this.#every(POLL_MS, () => {
      if (this.#computing !== undefined && performance.now() - this.#computing > MOST_COMPUTE_MS) {
        this.#owner.lost("a computation that never ends");
      }
    });
    follower.look();
  }

  #troubled(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#beat.trouble)
      this.#owner.note(`snapshot not taken over: ${trouble}`);
    this.#beat.trouble = trouble?.slice(0, 300);
  }

  /** Gives the lease back and leaves. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#patient.end();
    for (const timer of this.#timers) clearInterval(timer);
    for (const stop of this.#stops) stop();
    await Promise.race([this.#follower?.stop(), sleep(2000, undefined, { ref: false })]);
    await this.#lease?.release();
    this.#asker.close();
    await this.#bus.close();
  }
}
