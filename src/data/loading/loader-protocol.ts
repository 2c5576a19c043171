/** @file What the loader and its worker threads say to one another. */
import { UserError, type UserErrorFacts } from "../../common/errors.js";
import type { Batch } from "../types.js";
import type { BatchPlan } from "./plan.js";

/** Given to a worker when it starts. */
export interface WorkerSetup {
  readonly plan: BatchPlan;
  readonly cacheBytes: number;
  /** Absolute paths of the plugins that the dataset may need. */
  readonly plugins: readonly string[];
}

/** Of each stream, the number of its batch, from 0. */
export type BatchNumbers = Readonly<Record<string, number>>;

export type ToWorker =
  | { readonly type: "make"; readonly job: number; readonly at: BatchNumbers }
  | { readonly type: "close" };

/** An error that survives the way between threads. */
export type PlainError =
  | { readonly facts: UserErrorFacts }
  | { readonly message: string; readonly stack: string | undefined };

export type FromWorker =
  | { readonly type: "batch"; readonly job: number; readonly batch: Batch }
  | { readonly type: "error"; readonly job: number; readonly error: PlainError };

export function toPlainError(error: unknown): PlainError {
  if (error instanceof UserError) return { facts: error.facts };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack };
}

/** The same error on this side: a UserError again, with the same facts, if it was one. */
export function fromPlainError(plain: PlainError): Error {
  if ("facts" in plain) return new UserError(plain.facts);
  const error = new Error(plain.message);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
