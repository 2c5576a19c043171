/** @file From an error to its one message on stderr and its exit code. */
import { UsageError, UserError } from "../common/errors.js";

export const EXIT = { done: 0, user: 1, usage: 2, bug: 70, interrupted: 130, terminated: 143 } as const;

/**
 * Prints the message and returns the exit code. A stack trace is shown for bugs only, and only where
 * TASKLOOM_DEBUG is set.
 */
export function reportFailure(
  error: unknown,
  stderr: Pick<NodeJS.WriteStream, "write"> = process.stderr,
): number {
  if (error instanceof UserError) {
    stderr.write(`error: ${error.message}\n`);
    return EXIT.user;
  }
  if (error instanceof UsageError) {
    stderr.write(`error: ${error.message}\n`);
    return EXIT.usage;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const debug = (process.env.TASKLOOM_DEBUG ?? "") !== "";
  stderr.write(
    debug
      ? `${stack}\n`
      : `bug: ${message.split("\n")[0]}\nThis is a defect of Taskloom. Run it again with TASKLOOM_DEBUG=1 to see where it arose, and report it.\n`,
  );
  return EXIT.bug;
}
