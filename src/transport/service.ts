/**
 * @file A server's side: takes requests, says at once that it has them, has them computed one after the
 * other, and remembers the last replies.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { FrameHandler, Link } from "./bus.js";
import { decodeFrame, encodeFrame, type Frame } from "./frame.js";
import {
  type ForwardReply,
  type ForwardRequest,
  forwardRequestSchema,
  type refusalSchema,
} from "./messages.js";
import { PeerError } from "./peer-error.js";
import type { CodedTensor } from "./tensor-codec.js";

/** What computing a request gave. */
export interface Computed {
  readonly reply: Pick<ForwardReply, "snapshot" | "inputCrc" | "computeMs">;
  readonly tensors: Readonly<Record<string, CodedTensor>>;
}

export interface ServiceOptions {
  readonly module: string;
  readonly instance: string;
  /** Predictions on a batch. Throws PeerError, whose reason the asker is told. */
  compute(request: ForwardRequest, tensors: Frame["tensors"]): Promise<Computed>;
  /** Since a snapshot was seen published, milliseconds. */
  ageMs(snapshot: ForwardReply["snapshot"]): number;
  /** Told of the queue whenever it changes. */
  onQueue?(waiting: number, lastMs: number): void;
}

/** Requests that wait or are computed: in all, and of one asker. */
const MOST = 8;
const MOST_PER_CALLER = 2;
/** Replies that are remembered. */
const REMEMBERED = 4;
/** Between two signs of life while a request waits or is computed, milliseconds. */
const ACCEPT_MS = 500;

/** The handler of a server's requests. */
export function forwardService(options: ServiceOptions): FrameHandler {
  const waiting = new Map<string, number>();
  const remembered = new Map<string, Promise<Computed>>();
  let [queued, lastMs] = [0, 0];
  let turn: Promise<unknown> = Promise.resolve();

  const count = (caller: string, by: 1 | -1) => {
    queued += by;
    waiting.set(caller, (waiting.get(caller) ?? 0) + by);
    if (waiting.get(caller) === 0) waiting.delete(caller);
    options.onQueue?.(queued, lastMs);
  };

  const computed = (request: ForwardRequest, tensors: Frame["tensors"]): Promise<Computed> => {
    const key = contentKey(request, tensors);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const result = turn.then(() => options.compute(request, tensors));
    turn = result.catch(() => undefined);
    // Only what is the same for ever: weights of one step, of which there are never two.
    remembered.set(key, result);
    result.catch(() => remembered.delete(key));
    if (request.minStep === null || request.minStep !== request.maxStep) {
      const forget = () => remembered.delete(key);
      result.then(forget, forget);
    }
    for (const old of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break;
      remembered.delete(old);
    }
    return result;
  };

  return async (frame, link) => {
    try {
      const { header, tensors } = decodeFrame(frame);
      const request = forwardRequestSchema.parse(header);
      if (request.module !== options.module) throw new PeerError("mismatch", `this serves ${options.module}`);
      const { caller } = request;
      if (queued >= MOST || (waiting.get(caller) ?? 0) >= MOST_PER_CALLER) {
        throw new PeerError("busy", `${queued} requests are waiting`);
      }
      count(caller, 1);
      const begun = performance.now();
      try {
        const { reply, tensors: given } = await accepted(link, () => computed(request, tensors));
        lastMs = reply.computeMs;
        const full: ForwardReply = {
          ...{ kind: "reply", id: request.id, servedBy: options.instance, ...reply },
          queueMs: Math.max(0, performance.now() - begun - reply.computeMs),
          ageMs: options.ageMs(reply.snapshot),
        };
        return encodeFrame({ header: full, tensors: given });
      } finally {
        count(caller, -1);
      }
    } catch (error) {
      return encodeFrame({ header: refusal(error), tensors: {} });
    }
  };
}

/** Says that a request is in good hands, until its result is there. */
async function accepted<T>(link: Link, work: () => Promise<T>): Promise<T> {
  link.accept();
  const timer = setInterval(() => link.accept(), ACCEPT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** What decides a reply: not who asks, nor when. */
function contentKey({ samples, codec, minStep, maxStep }: ForwardRequest, tensors: Frame["tensors"]): string {
  const hash = createHash("sha256").update(JSON.stringify([samples, codec, minStep, maxStep]));
  for (const [name, { bytes }] of Object.entries(tensors)) hash.update(name).update(bytes);
  return hash.digest("hex");
}

function refusal(error: unknown): z.infer<typeof refusalSchema> {
  const told = ["busy", "not-ready", "gone", "corrupt", "mismatch"] as const;
  const reason = error instanceof PeerError ? told.find((each) => each === error.reason) : undefined;
  const unread = error instanceof z.ZodError ? "mismatch" : "failed";
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "refused", reason: reason ?? unread, message: message.slice(0, 500) };
}
