/** @file Why another process gave no answer: facts that cross threads and are counted, no bugs. */

/** What kept an answer away. */
export type PeerReason =
  | "no-server" // nobody offers the module, or nobody that may be asked now
  | "no-accept" // asked, and not a word came back
  | "silent" // accepted, and then nothing more
  | "corrupt" // bytes that are not what was sent
  | "busy" // has enough to do
  | "not-ready" // has not the snapshot that was asked for
  | "gone" // has it no more
  | "stale" // an answer by weights that are too old
  | "mismatch" // another input, protocol or configuration
  | "deadline" // no answer in the time there was
  | "conflict" // somebody else wrote first
  | "closed"
  | "failed";

/** An answer that did not come. */
export class PeerError extends Error {
  override name = "PeerError";
  readonly reason: PeerReason;

  constructor(reason: PeerReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
