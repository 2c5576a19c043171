/**
 * @file Snapshots on a bus: uploaded whole under a name that is never used again, checked, and only then
 * named by the module's pointer. A publisher that dies on the way changes nothing.
 */
import { createHash } from "node:crypto";
import type { Bus } from "./bus.js";
import { type SnapshotRef, snapshotRefSchema } from "./messages.js";
import { PeerError } from "./peer-error.js";

/** Snapshots of a module that stay. */
const KEPT = 3;

const pointerKey = (module: string): string => `ptr.${module}`;

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The snapshot that a module's pointer names. */
export async function pointerOf(bus: Pick<Bus, "keys">, module: string): Promise<SnapshotRef | null> {
  const entry = await bus.keys.get(pointerKey(module));
  return entry === null ? null : snapshotRefSchema.parse(entry.value);
}

/** Publishes the snapshots of one life of a module's trainer. */
export class Publisher {
  readonly #bus: Bus;
  readonly #module: string;
  readonly #incarnation: number;
  #seq = 0;
  /** Published last: a bus that has lost it gets it again. */
  #last: { readonly step: number; readonly bytes: Uint8Array; readonly end?: number } | undefined;

  constructor(bus: Bus, module: string, incarnation: number) {
    this.#bus = bus;
    this.#module = module;
    this.#incarnation = incarnation;
  }

  /** Removes what earlier lives left, but for what the pointer names. */
  async tidy(): Promise<void> {
    const blobs = this.#bus.blobs(this.#module);
    await blobs.tidy();
    const pointer = await pointerOf(this.#bus, this.#module);
    for (const name of await blobs.list()) if (name !== pointer?.object) await blobs.delete(name);
  }

  /**
   * Uploads the bytes of a snapshot and moves the pointer; `end` is the step after which the trainer stops.
   * Throws PeerError `conflict` where another trainer of the module has published meanwhile.
   */
  async publish(step: number, bytes: Uint8Array, end?: number): Promise<SnapshotRef> {
    this.#last = { step, bytes, end };
    const { keys } = this.#bus;
    const blobs = this.#bus.blobs(this.#module);
    const seq = ++this.#seq;
    const object = `${this.#incarnation}-${seq}`;
    await blobs.put(object, bytes);
    const ref: SnapshotRef = {
      ...{ module: this.#module, incarnation: this.#incarnation, seq, step, object },
      ...{ sha256: digestOf(bytes), bytes: bytes.length, publishedAt: Date.now(), end },
    };
    const before = await keys.get(pointerKey(this.#module));
    const known = before === null ? null : snapshotRefSchema.parse(before.value);
    if (known !== null && known.incarnation > this.#incarnation) {
      throw new PeerError("conflict", `life ${known.incarnation} of ${this.#module} publishes already`);
    }
    await keys.put(pointerKey(this.#module), ref, before?.revision ?? 0);
    if (seq > KEPT) await blobs.delete(`${this.#incarnation}-${seq - KEPT}`).catch(() => undefined);
    return ref;
  }

  /** Publishes the last snapshot once more where the bus has lost its pointer. */
  async restore(): Promise<SnapshotRef | undefined> {
    if (this.#last === undefined || (await pointerOf(this.#bus, this.#module)) !== null) return undefined;
    return await this.publish(this.#last.step, this.#last.bytes, this.#last.end);
  }
}

/** Fetches a snapshot and checks it. Throws PeerError `gone`, `corrupt` or `deadline`. */
export async function fetchSnapshot(bus: Pick<Bus, "blobs">, ref: SnapshotRef): Promise<Uint8Array> {
  // Readers of what is deleted meanwhile may wait for ever.
  const limit = 30_000 + (ref.bytes / 10_000_000) * 1000;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new PeerError("deadline", `${ref.object} did not come in time`)), limit);
  });
  try {
    const bytes = await Promise.race([bus.blobs(ref.module).get(ref.object), late]);
    if (bytes === null) throw new PeerError("gone", `snapshot ${ref.object} of ${ref.module} is not there`);
    if (bytes.length !== ref.bytes || digestOf(bytes) !== ref.sha256) {
      throw new PeerError("corrupt", `snapshot ${ref.object} of ${ref.module} is damaged`);
    }
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}
