/** @file Ctrl-C and SIGTERM for commands that save before they end. */
import { EXIT } from "./failure.js";
import { note } from "./output.js";

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Exit code after a signal. */
  stopCode(): number;
  /** Stops listening. */
  dispose(): void;
}

/**
 * The first Ctrl-C or SIGTERM aborts the signal and says what happens; the next one ends the process at once,
 * as without us.
 */
export function stopSignals(says: string): StopSignals {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    received = signal;
    note(`\n${signal}: ${says}`);
    dispose();
    controller.abort();
  };
  const dispose = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const stopCode = () => (received === "SIGTERM" ? EXIT.terminated : EXIT.interrupted);
  return { signal: controller.signal, stopCode, dispose };
}
