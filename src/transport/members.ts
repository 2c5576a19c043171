/** @file Who is there: those whose heartbeat was heard a moment ago. */
import type { Bus, Stop } from "./bus.js";
import { type Heartbeat, PROTOCOL } from "./messages.js";

/** Heartbeats come twice a second; three may be lost. Milliseconds. */
const FRESH_MS = 1800;

/** A heartbeat, and how long ago it was heard, milliseconds. */
export interface Member {
  readonly heartbeat: Heartbeat;
  readonly ageMs: number;
}

/** Listens to the heartbeats of a bus. */
export class Members {
  readonly #heard = new Map<string, { heartbeat: Heartbeat; at: number }>();
  readonly #stop: Stop;
  readonly #clock: () => number;
  /** Last step heard of each module's trainer: it may have ended. */
  readonly #steps = new Map<string, number>();

  constructor(bus: Pick<Bus, "onBeat">, clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#stop = bus.onBeat((heartbeat) => {
      const { role, module, instance, step } = heartbeat;
      this.#heard.set(`${role} ${module} ${instance}`, { heartbeat, at: clock() });
      if (role === "trainer") this.#steps.set(module, step);
    });
  }

  /** All that were heard, also long ago. */
  all(): Member[] {
    const now = this.#clock();
    return [...this.#heard.values()].map(({ heartbeat, at }) => ({ heartbeat, ageMs: now - at }));
  }

  /** Servers of a module that are alive and speak this protocol. */
  servers(module: string): Heartbeat[] {
    return this.all().flatMap(({ heartbeat, ageMs }) => {
      const able =
        heartbeat.role === "server" && heartbeat.module === module && heartbeat.protocol === PROTOCOL;
      return able && ageMs < FRESH_MS ? [heartbeat] : [];
    });
  }

  /** Steps that a module's trainer had done when it was last heard; undefined before that. */
  stepOf(module: string): number | undefined {
    return this.#steps.get(module);
  }

  /** Steps of the trainers that are alive, by module. */
  trainers(): Map<string, number> {
    const alive = this.all().filter(
      ({ heartbeat, ageMs }) => heartbeat.role === "trainer" && ageMs < FRESH_MS,
    );
    return new Map(alive.map(({ heartbeat: { module, step } }) => [module, step]));
  }

  close(): void {
    this.#stop();
  }
}
