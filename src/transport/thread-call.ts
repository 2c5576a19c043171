/** @file Calls between two threads: each side offers methods, calls the other's, and sees its errors. */
import type { MessagePort } from "node:worker_threads";
import { UserError, type UserErrorFacts } from "../common/errors.js";
import { PeerError, type PeerReason } from "./peer-error.js";

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

type Failure =
  | { readonly facts: UserErrorFacts }
  | { readonly reason: PeerReason; readonly message: string }
  | { readonly message: string; readonly stack?: string };

type Message =
  | { readonly call: number; readonly method: string; readonly args: unknown[] }
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly failure: Failure };

function plain(error: unknown): Failure {
  if (error instanceof UserError) return { facts: error.facts };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return error instanceof PeerError ? { reason: error.reason, message } : { message, stack };
}

function revived(failure: Failure): Error {
  if ("facts" in failure) return new UserError(failure.facts);
  if ("reason" in failure) return new PeerError(failure.reason, failure.message);
  return Object.assign(
    new Error(failure.message),
    failure.stack === undefined ? {} : { stack: failure.stack },
  );
}

/** Buffers of arrays that hold all of their buffer: they can be handed over without a copy. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength > 4096)
      found.add(buffer);
  } else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) buffersIn(each, found);
  }
  return found;
}

/** The other side of a port. */
export interface ThreadCaller {
  /** Calls a method there. Arrays that own their memory are moved: leave them alone afterwards. */
  call(method: string, ...args: unknown[]): Promise<unknown>;
  /** Fails all that is under way, and what comes. */
  end(error: Error): void;
}

/** Offers methods on a port and calls those of the other side. */
export function threadCalls(port: MessagePort, methods: Methods): ThreadCaller {
  const waiting = new Map<number, { done(value: unknown): void; fail(error: Error): void }>();
  let next = 0;
  let ended: Error | undefined;
  const post = (message: Message, moved: unknown) => port.postMessage(message, [...buffersIn(moved)]);
  port.on("message", async (message: Message) => {
    if ("call" in message) {
      try {
        const value = await methods[message.method](...(message.args as never[]));
        post({ answer: message.call, value }, value);
      } catch (error) {
        post({ answer: message.call, failure: plain(error) }, undefined);
      }
      return;
    }
    const pending = waiting.get(message.answer);
    waiting.delete(message.answer);
    if ("failure" in message) pending?.fail(revived(message.failure));
    else pending?.done(message.value);
  });
  return {
    call: (method, ...args) =>
      new Promise((done, fail) => {
        if (ended !== undefined) return fail(ended);
        const call = next++;
        waiting.set(call, { done, fail });
        post({ call, method, args }, args);
      }),
    end: (error) => {
      ended = error;
      for (const { fail } of waiting.values()) fail(error);
      waiting.clear();
    },
  };
}
