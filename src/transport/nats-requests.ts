/** @file Requests to single servers over NATS: both ways in chunks, each reply announced by an `accept`. */
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { CallOptions, FrameHandler, Stop } from "./bus.js";
import { Assembly, type Chunk, chunksOf } from "./chunks.js";
import type { NatsPackages } from "./nats-client.js";
import { PeerError } from "./peer-error.js";

/** Chunks' headers: number, bytes of the whole. A message without them is an `accept`. */
const [INDEX, TOTAL] = ["i", "t"];
/** Requests that came in part are forgotten after this long, milliseconds. */
const PARTIAL_MS = 30_000;

interface Waiting {
  readonly assembly: Assembly;
  heard(): void;
  done(frame: Uint8Array): void;
  fail(error: Error): void;
}

export class NatsRequests {
  readonly #core: NatsPackages["core"];
  readonly #nc: NatsConnection;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  #listening = false;

  constructor(core: NatsPackages["core"], nc: NatsConnection, subject: string, inbox: string) {
    this.#core = core;
    this.#nc = nc;
    this.#subject = subject;
    this.#inbox = `${inbox}.${core.nuid.next()}`;
  }

  /** Sends a frame to a server and gives its reply. Throws PeerError. */
  async call(
    module: string,
    instance: string,
    frame: Uint8Array,
    { signal, heard }: CallOptions,
  ): Promise<Uint8Array> {
    this.#listen();
    const token = this.#core.nuid.next();
    const reply = new Promise<Uint8Array>((done, fail) => {
      this.#waiting.set(token, { assembly: new Assembly(), heard, done, fail });
      signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      if (signal.aborted) fail(signal.reason);
    });
    try {
      this.#send(`${this.#subject}.${module}.${instance}`, frame, `${this.#inbox}.${token}`);
      return await reply;
    } finally {
      this.#waiting.delete(token);
    }
  }

  /** Answers the requests to an instance. */
  serve(module: string, instance: string, handler: FrameHandler): Stop {
    const partial = new Map<string, Assembly>();
    const subscription = this.#nc.subscribe(`${this.#subject}.${module}.${instance}`, {
      callback: (error, message) => {
        const { reply } = message;
        if (error !== null || reply === undefined || reply === "") return;
        const assembly = partial.get(reply) ?? new Assembly();
        if (!partial.has(reply)) {
          partial.set(reply, assembly);
          setTimeout(() => partial.delete(reply), PARTIAL_MS).unref();
        }
        const frame = frameFrom(assembly, message);
        if (frame === undefined) return;
        partial.delete(reply);
        const accept = () => this.#open() && this.#nc.publish(reply);
        // What asked and is gone by now hears nothing.
        handler(frame, { accept })
          .then((answer) => this.#open() && this.#send(reply, answer))
          .catch(() => undefined);
      },
    });
    return () => subscription.unsubscribe();
  }

  /** Whether anything can still be sent: this process may be about to leave. */
  #open(): boolean {
    return !this.#nc.isClosed() && !this.#nc.isDraining();
  }

  #send(subject: string, frame: Uint8Array, reply?: string): void {
    for (const { index, total, bytes } of chunksOf(frame)) {
      const headers = this.#core.headers();
      headers.set(INDEX, String(index));
      headers.set(TOTAL, String(total));
      this.#nc.publish(subject, bytes, { headers, reply });
    }
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        const waiting = this.#waiting.get(message.subject.slice(this.#inbox.length + 1));
        // Late replies to what nobody waits for any more.
        if (error !== null || waiting === undefined) return;
        if (message.headers?.code === 503) {
          waiting.fail(new PeerError("no-accept", "nobody listens there any more"));
          return;
        }
        waiting.heard();
        try {
          const frame = message.headers?.has(TOTAL) ? frameFrom(waiting.assembly, message) : undefined;
          if (frame !== undefined) waiting.done(frame);
        } catch (cause) {
          waiting.fail(cause as Error);
        }
      },
    });
  }
}

/** Takes a chunk in; the frame once it is whole. */
function frameFrom(assembly: Assembly, message: Msg): Uint8Array | undefined {
  const number = (name: string) => Number(message.headers?.get(name) || Number.NaN);
  const chunk: Chunk = { index: number(INDEX), total: number(TOTAL), bytes: message.data };
  return assembly.add(chunk);
}
