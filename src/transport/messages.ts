/** @file What processes of a collective say to one another, beside arrays. */
import { z } from "zod";
import { codecNames } from "./tensor-codec.js";

/** Both ends must speak the same one. */
export const PROTOCOL = 1;

const count = z.int().nonnegative();

/** Names of runs, modules and instances on a bus. */
export const busName = z.string().regex(/^[a-z0-9-]{1,40}$/);

/**
 * A snapshot of a module's weights. The newest is the one that the module's pointer names: steps say nothing,
 * as a trainer that goes on from an old checkpoint publishes at lower ones.
 */
export const snapshotRefSchema = z.object({
  module: busName,
  /** Which life of the module's trainer made it, from 1. */
  incarnation: count,
  /** From 1 in each life. */
  seq: count,
  /** Steps of the trainer that are in it. */
  step: count,
  object: z.string(),
  sha256: z.string(),
  bytes: count,
  /** Milliseconds since 1970, of the publisher's clock. */
  publishedAt: z.number(),
  /** Steps after which its trainer stops, once it has been told to. */
  end: count.optional(),
});
export type SnapshotRef = z.infer<typeof snapshotRefSchema>;

/** What a process says of itself, twice a second and when it changes. */
export const heartbeatSchema = z.object({
  protocol: z.int(),
  /** Of the program. */
  version: z.string(),
  role: z.enum(["trainer", "server"]),
  module: busName,
  instance: busName,
  /** Counts up. */
  beat: count,
  /** Last published, or served by. */
  snapshot: snapshotRefSchema.nullable(),
  /** Steps done; of a server, those of its snapshot. */
  step: count,
  /** Requests that wait or are computed. */
  queue: count,
  /** How long the last one took, milliseconds. */
  busyMs: z.number(),
  /** Of the mediator data, as far as it is there; null: send pixels. */
  digest: z.string().nullable(),
  /** Of a trainer: terms left out so far, and how old the peers' last predictions were. */
  skipped: count,
  stale: z.record(z.string(), z.object({ steps: z.number(), seconds: z.number() })),
  /** Where a local server listens. */
  address: z.string().optional(),
  /** What last went wrong. */
  trouble: z.string().optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** Asks for a module's predictions on one ordered batch; pixels may come along. */
export const forwardRequestSchema = z.object({
  kind: z.literal("forward"),
  id: z.string().max(200),
  caller: z.string().max(100),
  module: busName,
  /** First frames' ids of the mediator split, in order. */
  samples: z.array(z.string()).max(4096),
  /** Of each output; `default` for those not named. */
  codec: z.record(z.string(), z.enum(codecNames)),
  /** Weights of these steps, of whatever life; null: any. */
  minStep: count.nullable(),
  maxStep: count.nullable(),
});
export type ForwardRequest = z.infer<typeof forwardRequestSchema>;

export const forwardReplySchema = z.object({
  kind: z.literal("reply"),
  id: z.string(),
  /** That of the very weights used. */
  snapshot: snapshotRefSchema,
  servedBy: z.string(),
  queueMs: z.number(),
  computeMs: z.number(),
  /** Since the server saw this snapshot published, by its own clock. */
  ageMs: z.number(),
  /** CRC-32 of the float32 input that the network was fed. */
  inputCrc: count,
});
export type ForwardReply = z.infer<typeof forwardReplySchema>;

export const refusalSchema = z.object({
  kind: z.literal("refused"),
  reason: z.enum(["busy", "not-ready", "gone", "corrupt", "mismatch", "failed"]),
  message: z.string(),
});
