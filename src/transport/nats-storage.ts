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

/** A bucket that is opened, or made, when it is first needed; tried again where that failed. */
function lazily<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

function storageError(error: unknown, what: string): Error {
  if (codeOf(error) === WRONG_SEQUENCE)
    return new PeerError("conflict", `${what} has changed`, { cause: error });
  if (error instanceof PeerError) return error;
  const { message } = error instanceof Error ? error : new Error(String(error));
  return new PeerError("failed", `${what}: ${message}`, { cause: error });
}

/** The keys of a collective. */
export function natsKeys({ jetstream, kv }: NatsPackages, nc: NatsConnection, bucket: string): Keys {
  const open = lazily(async (): Promise<KV> => {
    const kvm = new kv.Kvm(jetstream.jetstream(nc));
    try {
      const known = await kvm.open(bucket);
      await known.status();
      return known;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return await kvm.create(bucket, { history: 5 });
    }
  });
  return {
    get: async (key) => {
      try {
        const entry = await (await open()).get(key);
        return entry === null || entry.operation !== "PUT"
          ? null
          : { value: entry.json(), revision: entry.revision };
      } catch (error) {
        throw storageError(error, key);
      }
    },
    put: async (key, value, revision) => {
      const text = JSON.stringify(value);
      try {
        const bucketOf = await open();
        return revision === 0 ? await bucketOf.create(key, text) : await bucketOf.update(key, text, revision);
      } catch (error) {
        throw storageError(error, key);
      }
    },
  };
}

/** The snapshots of a module. */
export function natsBlobs({ jetstream, obj }: NatsPackages, nc: NatsConnection, bucket: string): Blobs {
  const objm = new obj.Objm(jetstream.jetstream(nc));
  const open = lazily(async (): Promise<ObjectStore> => {
    try {
      const known = await objm.open(bucket);
      await known.status();
      return known;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return await objm.create(bucket, { storage: obj.StorageType.File });
    }
  });
  const guarded = async <T>(what: string, work: (store: ObjectStore) => Promise<T>): Promise<T> => {
    try {
      return await work(await open());
    } catch (error) {
      throw storageError(error, what);
    }
  };
  return {
    put: (name, bytes) =>
      guarded(name, async (store) => {
        await store.putBlob({ name, options: { max_chunk_size: CHUNK_BYTES } }, bytes);
        // What the broker has is asked for: an upload counts once it is there.
        const info = await store.info(name);
        if (info?.size !== bytes.length) throw new PeerError("failed", `${name} was not stored whole`);
      }),
    get: (name) => guarded(name, (store) => store.getBlob(name)),
    delete: (name) => guarded(name, async (store) => void (await store.delete(name))),
    list: () =>
      guarded("list", async (store) =>
        (await store.list()).filter((each) => !each.deleted).map(({ name }) => name),
      ),
    tidy: () =>
      guarded("tidy", async (store) => {
        const known = new Set((await store.list()).map(({ nuid }) => nuid));
        const jsm = await jetstream.jetstreamManager(nc, { checkAPI: false });
        const chunks = `$O.${bucket}.C.`;
        const info = await jsm.streams.info(`OBJ_${bucket}`, { subjects_filter: `${chunks}>` });
        const orphans = Object.keys(info.state.subjects ?? {}).filter(
          (subject) => !known.has(subject.slice(chunks.length)),
        );
        for (const filter of orphans) await jsm.streams.purge(`OBJ_${bucket}`, { filter });
      }),
  };
}
