/** @file Keys and snapshots on a NATS broker: a KV bucket for a collective, an object store for a module. */
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Blobs, Keys } from "./bus.js";
import { CHUNK_BYTES } from "./chunks.js";
import type { NatsPackages } from "./nats-client.js";
import { PeerError } from "./peer-error.js";

/** JetStream's code for "wrong last sequence": somebody else wrote first. */
const WRONG_SEQUENCE = 10071;
/** And for a stream that is not there. */
const NO_STREAM = 10059;

function codeOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

/** Whether a bucket was not there; the object store's own error has no code. */
function isMissing(error: unknown): boolean {
  return codeOf(error) === NO_STREAM || (error instanceof Error && /not found/.test(error.message));
}

/**
 * A bucket: looked up when it is first needed and made by whoever first writes into it, as readers may have
 * no right to; looked up anew after any trouble, as a broker may come back without what it had.
 */
class Bucket<T> {
  readonly #open: () => Promise<T>;
  readonly #create: () => Promise<T>;
  #known: Promise<T> | undefined;

  constructor(open: () => Promise<T>, create: () => Promise<T>) {
    this.#open = open;
    this.#create = create;
  }

  /** Reads something of it; null where it is not there. Throws PeerError. */
  async read<R>(what: string, work: (bucket: T) => Promise<R>): Promise<R | null> {
    try {
      this.#known ??= this.#open();
      return await work(await this.#known);
    } catch (error) {
      this.#known = undefined;
      if (isMissing(error)) return null;
      throw storageError(error, what);
    }
  }

  /** Writes something into it. Throws PeerError. */
  async write<R>(what: string, work: (bucket: T) => Promise<R>): Promise<R> {
    try {
      this.#known ??= this.#open().catch((error: unknown) => {
        if (isMissing(error)) return this.#create();
        throw error;
      });
      return await work(await this.#known);
    } catch (error) {
      this.#known = undefined;
      throw storageError(error, what);
    }
  }
}

function storageError(error: unknown, what: string): Error {
  if (codeOf(error) === WRONG_SEQUENCE)
    return new PeerError("conflict", `${what} has changed`, { cause: error });
  if (error instanceof PeerError) return error;
  const { message } = error instanceof Error ? error : new Error(String(error));
  return new PeerError("failed", `${what}: ${message}`, { cause: error });
}

/** The keys of a collective. */
export function natsKeys(packages: NatsPackages, nc: NatsConnection, name: string, replicas: 1 | 3): Keys {
  const { jetstream, kv } = packages;
  const kvm = new kv.Kvm(jetstream.jetstream(nc));
  const bucket = new Bucket<KV>(
    async () => {
      const known = await kvm.open(name);
      await known.status();
      return known;
    },
    () => kvm.create(name, { history: 5, replicas }),
  );
  return {
    get: (key) =>
      bucket.read(key, async (known) => {
        const entry = await known.get(key);
        return entry?.operation === "PUT" ? { value: entry.json(), revision: entry.revision } : null;
      }),
    put: (key, value, revision) => {
      const text = JSON.stringify(value);
      return bucket.write(key, (known) =>
        revision === 0 ? known.create(key, text) : known.update(key, text, revision),
      );
    },
  };
}

/** The snapshots of a module. */
export function natsBlobs(packages: NatsPackages, nc: NatsConnection, name: string, replicas: 1 | 3): Blobs {
  const { jetstream, obj } = packages;
  const objm = new obj.Objm(jetstream.jetstream(nc));
  const bucket = new Bucket<ObjectStore>(
    async () => {
      const known = await objm.open(name);
      await known.status();
      return known;
    },
    () => objm.create(name, { storage: obj.StorageType.File, replicas }),
  );
  return {
    put: (object, bytes) =>
      bucket.write(object, async (store) => {
        await store.putBlob({ name: object, options: { max_chunk_size: CHUNK_BYTES } }, bytes);
        // What the broker has is asked for: an upload counts once it is there.
        const info = await store.info(object);
        if (info?.size !== bytes.length) throw new PeerError("failed", `${object} was not stored whole`);
      }),
    get: (object) => bucket.read(object, (store) => store.getBlob(object)),
    delete: async (object) => void (await bucket.read(object, (store) => store.delete(object))),
    list: async () => {
      const all = await bucket.read("list", (store) => store.list());
      return (all ?? []).filter(({ deleted }) => !deleted).map((each) => each.name);
    },
    tidy: async () =>
      void (await bucket.read("tidy", async (store) => {
        const known = new Set((await store.list()).map(({ nuid }) => nuid));
        const jsm = await jetstream.jetstreamManager(nc, { checkAPI: false });
        const chunks = `$O.${name}.C.`;
        const info = await jsm.streams.info(`OBJ_${name}`, { subjects_filter: `${chunks}>` });
        const orphans = Object.keys(info.state.subjects ?? {}).filter(
          (subject) => !known.has(subject.slice(chunks.length)),
        );
        for (const filter of orphans) await jsm.streams.purge(`OBJ_${name}`, { filter });
      })),
  };
}
