/**
 * @file Asking a module's servers: which of them, how long to wait, whom to try next. A request is a pure
 * function of weights and samples, so that it may be asked again anywhere.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Bus, MAXIMUM_FRAME_BYTES } from "./bus.js";
import { decodeFrame, encodeFrame, type Frame } from "./frame.js";
import { Members } from "./members.js";
import {
  type ForwardReply,
  type ForwardRequest,
  forwardReplySchema,
  type Heartbeat,
  refusalSchema,
} from "./messages.js";
import { PeerError } from "./peer-error.js";
import { Quarantine } from "./quarantine.js";
import type { CodedTensor } from "./tensor-codec.js";

export interface AskLimits {
  /** Until the first sign of life, milliseconds. */
  readonly acceptMs: number;
  /** Between two signs of life. */
  readonly idleMs: number;
  /** Servers that may fail one request. */
  readonly tries: number;
}

export const ASK_LIMITS: AskLimits = { acceptMs: 300, idleMs: 2000, tries: 3 };

/** How often it is looked whether somebody may be asked now, milliseconds. */
const LOOK_MS = 20;

export interface Answer {
  readonly reply: ForwardReply;
  readonly tensors: Readonly<Record<string, CodedTensor>>;
  /** Bytes of request and reply. */
  readonly bytes: number;
}

export interface AskOptions {
  /** Time for all tries together, milliseconds. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Asks the servers of a bus. */
export class Asker {
  readonly members: Members;
  readonly #bus: Bus;
  readonly #limits: AskLimits;
  readonly #quarantine = new Quarantine();
  /** Requests outstanding from here, by instance. */
  readonly #outstanding = new Map<string, number>();

  constructor(bus: Bus, limits: AskLimits = ASK_LIMITS) {
    this.#bus = bus;
    this.#limits = limits;
    this.members = new Members(bus);
  }

  /** The answer of some server. Throws PeerError with the last reason where none gave one in time. */
  async ask(
    request: ForwardRequest,
    tensors: Frame["tensors"],
    { deadlineMs, signal }: AskOptions,
  ): Promise<Answer> {
    const frame = encodeFrame({ header: request, tensors });
    const end = performance.now() + deadlineMs;
    let last = new PeerError("no-server", `no server of ${request.module} may be asked`);
    for (let faults = 0; faults < this.#limits.tries; ) {
      signal?.throwIfAborted();
      const server = this.#choose(request);
      const left = end - performance.now();
      if (left <= 0) throw last;
      if (server === undefined) {
        await sleep(Math.min(LOOK_MS, left));
        continue;
      }
      try {
        const answer = await this.#call(server, request, frame, left, signal);
        this.#quarantine.forgive(server.instance);
        return answer;
      } catch (error) {
        if (!(error instanceof PeerError)) throw error;
        last = error;
        if (error.reason === "mismatch" || error.reason === "gone") throw error;
        // Nobody's fault: it has enough to do, or has not got that far.
        if (error.reason === "busy" || error.reason === "not-ready") await sleep(LOOK_MS);
        else {
          faults++;
          this.#quarantine.add(server.instance);
        }
      }
    }
    throw last;
  }

  /** Of those that may be asked the one with least to do; at random among equals. */
  #choose({ module, minStep }: ForwardRequest): Heartbeat | undefined {
    const load = (each: Heartbeat) => (this.#outstanding.get(each.instance) ?? 0) + each.queue;
    const able = this.members
      .servers(module)
      .filter(({ instance, snapshot }) => !this.#quarantine.has(instance) && snapshot !== null)
      .filter(({ snapshot }) => minStep === null || snapshot!.step >= minStep);
    const least = Math.min(...able.map(load));
    const equal = able.filter((each) => load(each) === least);
    return equal[Math.floor(Math.random() * equal.length)];
  }

  async #call(
    server: Heartbeat,
    request: ForwardRequest,
    frame: Uint8Array,
    leftMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { acceptMs, idleMs } = this.#limits;
    const { instance } = server;
    const controller = new AbortController();
    const stop = () => controller.abort(signal!.reason);
    signal?.addEventListener("abort", stop, { once: true });
    const give = (reason: "no-accept" | "silent" | "deadline") => () =>
      controller.abort(new PeerError(reason, `${instance}: ${reason}`));
    const deadline = setTimeout(give("deadline"), leftMs);
    let silence = setTimeout(give("no-accept"), acceptMs);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(give("silent"), idleMs);
    };
    this.#outstanding.set(instance, (this.#outstanding.get(instance) ?? 0) + 1);
    try {
      const bytes = await this.#bus.call(server, frame, { signal: controller.signal, heard });
      if (bytes.length > MAXIMUM_FRAME_BYTES) throw new PeerError("corrupt", "the reply is too large");
      return { ...answerOf(decodeFrame(bytes), request), bytes: frame.length + bytes.length };
    } finally {
      clearTimeout(deadline);
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
      this.#outstanding.set(instance, this.#outstanding.get(instance)! - 1);
    }
  }

  close(): void {
    this.members.close();
  }
}

function answerOf({ header, tensors }: Frame, request: ForwardRequest): Omit<Answer, "bytes"> {
  if (header.kind === "refused") {
    const { reason, message } = refusalSchema.parse(header);
    throw new PeerError(reason, message);
  }
  const reply = forwardReplySchema.safeParse(header);
  if (!reply.success || reply.data.id !== request.id)
    throw new PeerError("corrupt", "this answers something else");
  return { reply: reply.data, tensors };
}
