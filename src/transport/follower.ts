/** @file A server's eye on its module's pointer: fetches what it names, and has it taken over. */
import type { Bus } from "./bus.js";
import type { SnapshotRef } from "./messages.js";
import { fetchSnapshot, pointerOf } from "./snapshots.js";

export interface FollowerOptions {
  readonly bus: Bus;
  readonly module: string;
  /** Takes a snapshot over, or rejects where it does not fit. */
  adopt(ref: SnapshotRef, bytes: Uint8Array): Promise<void>;
  /** Told once a snapshot is taken over. */
  onAdopted(ref: SnapshotRef): void;
  /** Told why one could not be, and undefined once one could. */
  onTrouble(trouble: string | undefined): void;
}

/** Snapshots whose age is remembered. */
const REMEMBERED = 8;

/** Lives are counted anew where a bus was emptied: the same numbers may name another snapshot. */
function isSame(ref: SnapshotRef, other: SnapshotRef | null): boolean {
  return ref.object === other?.object && ref.sha256 === other.sha256 && ref.publishedAt === other.publishedAt;
}

export class Follower {
  readonly #options: FollowerOptions;
  /** When each snapshot was first seen in the pointer. */
  readonly #seen = new Map<string, number>();
  #adopted: SnapshotRef | null = null;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Looks at the pointer, unless that is being done. */
  look(): void {
    const { onTrouble } = this.#options;
    this.#running ??= this.#adoptNewest()
      .then(() => onTrouble(undefined))
      .catch((error: unknown) => onTrouble(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** As `look`, where a snapshot is heard of that is not the one taken over. */
  hear(ref: SnapshotRef | null): void {
    // What is heard is but a nudge; the pointer is what counts.
    if (ref !== null && !isSame(ref, this.#adopted)) this.look();
  }

  /** Milliseconds since a snapshot was first seen published. */
  ageMs({ object }: SnapshotRef): number {
    const now = performance.now();
    return now - (this.#seen.get(object) ?? now);
  }

  /** Takes over nothing more; ends once nothing is being taken over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #adoptNewest(): Promise<void> {
    const { bus, module, adopt, onAdopted } = this.#options;
    for (;;) {
      const ref = await pointerOf(bus, module);
      if (this.#stopped || ref === null || isSame(ref, this.#adopted)) return;
      if (!this.#seen.has(ref.object)) this.#seen.set(ref.object, performance.now());
      for (const old of this.#seen.keys()) if (this.#seen.size > REMEMBERED) this.#seen.delete(old);
      await adopt(ref, await fetchSnapshot(bus, ref));
      this.#adopted = ref;
      onAdopted(ref);
      // Another may have been published meanwhile.
    }
  }
}
