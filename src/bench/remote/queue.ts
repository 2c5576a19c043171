/**
 * @file Runs of suites as a work queue on a NATS broker: each waits under a subject of its own until a worker
 * has it; what a worker that died had comes back after a while. Finished runs lie in an object store.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { BusAddress } from "../../transport/address.js";
import { connectNats, leaveNats, natsPackages, replicasOn } from "../../transport/nats-client.js";
import { natsBlobs } from "../../transport/nats-storage.js";

const STREAM = "TL_BENCH";
const WORKERS = "workers";
/** A run whose worker has said nothing for so long goes to another one. */
const SILENCE_S = 30;
const NANOSECONDS = 1_000_000_000;
/** JetStream's code for a subject that has its message already. */
const FULL = 10077;
/** How long a worker waits for a run before it looks whether it is to stop, milliseconds. */
const EXPIRES_MS = 1000;

const jobSchema = z.object({
  /** Name of the run in its suite. */
  run: z.string(),
  /** Of its configuration. */
  hash: z.string(),
  /** The suite file. */
  text: z.string(),
  file: z.string(),
  folder: z.string(),
  seeds: z.array(z.int().nonnegative()),
});
export type BenchJob = z.infer<typeof jobSchema>;

/** Under which a run waits, and lies when it is finished. */
export function jobKey({ run, hash }: Pick<BenchJob, "run" | "hash">): string {
  return createHash("sha256").update(`${run} ${hash}`).digest("hex").slice(0, 32);
}

/** A run that a worker has. */
export interface TakenJob {
  readonly job: BenchJob;
  /** Tells that it is being worked on. */
  working(): void;
  /** It is finished, for ever. */
  done(): Promise<void>;
  /** Gives it to others. */
  giveBack(): void;
}

export interface BenchQueue {
  /** Lets a run wait for a worker, if it does not already. */
  add(job: BenchJob): Promise<void>;
  /** The next run; undefined where none came for a moment. */
  take(): Promise<TakenJob | undefined>;
  /** Finished runs, packed, by key. */
  readonly finished: ReturnType<typeof natsBlobs>;
  close(): Promise<void>;
}

/**
 * Opens the queue of a broker; a run goes to another worker after `silenceS` seconds without a word. Throws
 * UserError where the broker cannot be reached.
 */
export async function openQueue(address: BusAddress, silenceS = SILENCE_S): Promise<BenchQueue> {
  if (address.kind !== "nats") {
    throw new UserError({
      code: "bench.bus",
      where: "--bus",
      what: "suites are shared out over a broker",
      expected: "nats://HOST:PORT",
    });
  }
  const packages = await natsPackages();
  const { jetstream } = packages;
  const replicas = replicasOn(address.servers);
  const nc = await connectNats(packages, address, "_INBOX.bench");
  const js = jetstream.jetstream(nc);
  const jsm = await jetstream.jetstreamManager(nc, { checkAPI: false });
  await jsm.streams.add({
    name: STREAM,
    subjects: ["tl.bench.*"],
    retention: jetstream.RetentionPolicy.Workqueue,
    storage: jetstream.StorageType.File,
    num_replicas: replicas,
    discard: jetstream.DiscardPolicy.New,
    max_msgs_per_subject: 1,
    discard_new_per_subject: true,
  });
  await jsm.consumers.add(STREAM, {
    durable_name: WORKERS,
    ack_policy: jetstream.AckPolicy.Explicit,
    ack_wait: silenceS * NANOSECONDS,
    max_ack_pending: 10_000,
  });
  const consumer = await js.consumers.get(STREAM, WORKERS);
  return {
    add: async (job) => {
      try {
        await js.publish(`tl.bench.${jobKey(job)}`, JSON.stringify(job));
      } catch (error) {
        if ((error as { code?: unknown }).code !== FULL && !/per subject/.test(String(error))) throw error;
      }
    },
    take: async () => {
      const message = await consumer.next({ expires: EXPIRES_MS });
      if (message === null) return undefined;
      return {
        job: jobSchema.parse(message.json()),
        working: () => message.working(),
        done: async () => void (await message.ackAck()),
        giveBack: () => message.nak(),
      };
    },
    finished: natsBlobs(packages, nc, STREAM, replicas),
    close: () => leaveNats(nc),
  };
}
