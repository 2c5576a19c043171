/**
 * @file How far a trainer runs ahead of its peers: one that does not wait may learn all it can before they
 * know anything it could learn from.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StationLink } from "../../transport/open-station.js";
import type { CollectiveConfig, ModuleConfig } from "../config.js";
import { isLockStep } from "./place.js";

/** How often peers are looked at while they are waited for, milliseconds. */
const LOOK_MS = 50;

/** Steps that a trainer without labels may be ahead where nothing is said. */
const UNLABELLED_LEAD = 20;

/**
 * Steps that a module's trainer may be ahead. In lock-step its requests keep it in time; one that learns from
 * its peers alone keeps near them unless the configuration says how near, or null.
 */
export function leadOf(config: CollectiveConfig, { dedicated }: Pick<ModuleConfig, "dedicated">): number {
  const { maxLeadSteps = dedicated ? null : UNLABELLED_LEAD } = config.bus;
  return isLockStep(config) || maxLeadSteps === null ? Number.POSITIVE_INFINITY : maxLeadSteps;
}

export interface PaceOptions {
  readonly station: Pick<StationLink, "stepsOf">;
  /** Modules that learn, less its own. */
  readonly peers: readonly string[];
  /** Steps that a trainer may be ahead of the slowest of them. */
  readonly lead: number;
  readonly signal?: AbortSignal;
}

/** Keeps a trainer no more than so many steps ahead of its peers' trainers (bounded staleness). */
export class Pace {
  readonly #options: PaceOptions;
  /** What the slowest had done when last looked at: it has done no less since. */
  #known = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /**
   * Waits until the step may be taken. Peers that have ended, or are not heard, are not waited for: any
   * process may die at any time, and nobody else's training ends with it.
   */
  async wait(step: number): Promise<void> {
    const { station, peers, lead, signal } = this.#options;
    while (step - this.#known > lead && signal?.aborted !== true) {
      const steps = await station.stepsOf(peers);
      if (steps.length === 0) return;
      this.#known = Math.min(...steps);
      if (step - this.#known > lead) await sleep(LOOK_MS);
    }
  }
}
