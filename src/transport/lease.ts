/**
 * @file The right to train a module: one process at a time has it, and each that has it lives a life of its
 * own, whose number stands in its snapshots.
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { systemCode } from "../disk/files.js";
import type { Bus, KeyEntry } from "./bus.js";
import { PeerError } from "./peer-error.js";

const leaseSchema = z.object({
  incarnation: z.int().positive(),
  holder: z.string(),
  /** Counts up: shows that the holder lives. */
  renewal: z.int().nonnegative(),
  released: z.boolean(),
  /** What the module predicts, for its peers. */
  description: z.unknown(),
});
type LeaseValue = z.infer<typeof leaseSchema>;

export interface LeaseTimes {
  /** Between two renewals, milliseconds. */
  readonly renewMs: number;
  /** Without a renewal for this long, by the clock of whoever waits, the holder counts as dead. */
  readonly expiryMs: number;
}

/** A broker that changes its leader stalls writes for up to 25 s. */
export const LEASE_TIMES: LeaseTimes = { renewMs: 5000, expiryMs: 60_000 };

const leaseKey = (module: string): string => `lease.${module}`;

/** What a module's trainer said of the module; null before it ever ran. */
export async function descriptionOf(bus: Pick<Bus, "keys">, module: string): Promise<unknown> {
  const entry = await bus.keys.get(leaseKey(module));
  return entry === null ? null : leaseSchema.parse(entry.value).description;
}

export interface ClaimOptions {
  readonly module: string;
  readonly holder: string;
  readonly description: unknown;
  readonly times?: LeaseTimes;
  /** Told whom it waits for. */
  onWait?(holder: string, ms: number): void;
  /** Told when another process has taken the lease: this one must stop. */
  onLost(holder: string): void;
  /** Told when a bus that had lost all it held has the lease again. */
  onRestored?(): void;
}

/** A lease that is held and renewed. */
export class Lease {
  readonly incarnation: number;
  readonly #bus: Bus;
  readonly #options: ClaimOptions;
  #value: LeaseValue;
  #revision: number;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(bus: Bus, options: ClaimOptions, value: LeaseValue, revision: number) {
    this.incarnation = value.incarnation;
    this.#bus = bus;
    this.#options = options;
    this.#value = value;
    this.#revision = revision;
    const { renewMs } = options.times ?? LEASE_TIMES;
    this.#timer = setInterval(() => this.#renew(), renewMs);
    this.#timer.unref();
    held.add(heldName(options));
  }

  /**
   * Takes a module's lease: at once where it is free, else when its holder has not renewed it for as long as
   * a dead one. Throws PeerError `conflict` where the holder lives.
   */
  static async claim(bus: Bus, options: ClaimOptions): Promise<Lease> {
    const key = leaseKey(options.module);
    let entry = await bus.keys.get(key);
    if (entry !== null && !leaseSchema.parse(entry.value).released)
      entry = await freed(bus, key, entry, options);
    const before = entry === null ? null : leaseSchema.parse(entry.value);
    const value: LeaseValue = {
      incarnation: (before?.incarnation ?? 0) + 1,
      ...{ holder: options.holder, renewal: 0, released: false, description: options.description },
    };
    const revision = await bus.keys.put(key, value, entry?.revision ?? 0);
    return new Lease(bus, options, value, revision);
  }

  #renew(): void {
    this.#renewing = this.#renewing.then(() =>
      this.#write({ ...this.#value, renewal: this.#value.renewal + 1 }).catch((error: unknown) =>
        this.#failed(error),
      ),
    );
  }

  /** A broker that does not answer takes nothing away: the next renewal tells. */
  async #failed(error: unknown): Promise<void> {
    if (!(error instanceof PeerError) || error.reason !== "conflict") return;
    const entry = await this.#bus.keys.get(leaseKey(this.#options.module)).catch(() => undefined);
    if (entry === undefined) return;
    if (entry === null) return await this.#restore();
    const { holder, incarnation } = leaseSchema.parse(entry.value);
    if (incarnation === this.incarnation) {
      // A write that seemed to fail had come through.
      this.#revision = entry.revision;
      return;
    }
    clearInterval(this.#timer);
    held.delete(heldName(this.#options));
    this.#options.onLost(holder);
  }

  /** A bus that came back without what it held knows nobody: whoever held the lease still does. */
  async #restore(): Promise<void> {
    this.#revision = 0;
    // Where it fails, the next renewal tells.
    await this.#write(this.#value).then(
      () => this.#options.onRestored?.(),
      () => undefined,
    );
  }

  async #write(value: LeaseValue): Promise<void> {
    this.#revision = await this.#bus.keys.put(leaseKey(this.#options.module), value, this.#revision);
    this.#value = value;
  }

  /** Gives it back: the next trainer need not wait. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    held.delete(heldName(this.#options));
    await this.#renewing;
    await this.#write({ ...this.#value, released: true }).catch(() => undefined);
  }
}

/** A lease's entry once it is free or its holder dead. Throws PeerError `conflict` where the holder lives. */
async function freed(bus: Bus, key: string, entry: KeyEntry, options: ClaimOptions): Promise<KeyEntry> {
  const { expiryMs } = options.times ?? LEASE_TIMES;
  const { holder } = leaseSchema.parse(entry.value);
  if (diedHere(holder, options.module)) return entry;
  options.onWait?.(holder, expiryMs);
  const end = performance.now() + expiryMs;
  while (performance.now() < end) {
    await sleep(Math.min(500, expiryMs / 5));
    const now = await bus.keys.get(key);
    if (now === null || now.revision === entry.revision) continue;
    if (leaseSchema.parse(now.value).released) return now;
    throw new PeerError("conflict", `${options.module} is trained by ${holder}`);
  }
  return entry;
}

/** This process, as the holder of a lease. */
export function leaseHolder(): string {
  return `${hostname()}:${process.pid}`;
}

const held = new Set<string>();
const heldName = ({ holder, module }: ClaimOptions): string => `${holder} ${module}`;

/** Whether a holder was a process of this machine that is no more. */
function diedHere(holder: string, module: string): boolean {
  const [host, pid] = holder.split(":");
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return !held.has(`${holder} ${module}`);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
}
