/** @file Errors as data: every message a user can cause is built here from its facts. */

/** The facts of an error a user can mend. */
export interface UserErrorFacts {
  /** Stable identifier such as `config.unknown-key` or `data.truncated-png`. */
  code: string;
  /** What went wrong, one clause without a full stop. */
  what: string;
  /** The file, key, operator or argument it concerns. */
  where?: string;
  expected?: string;
  got?: string;
  /** What the user can do about it. */
  fix?: string;
}

/** An error the user can mend: the command line prints its message alone and exits with code 1. */
export class UserError extends Error {
  readonly facts: UserErrorFacts;
  constructor(facts: UserErrorFacts, options?: { cause?: unknown }) {
    super(formatFacts(facts), options);
    this.name = "UserError";
    this.facts = facts;
  }
}

/** Wrong command-line usage: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A shape, type or attribute that an operator cannot take: raised while a graph is being built. */
export class GraphError extends Error {
  override name = "GraphError";
}

/** One line: `where: what (expected X, got Y). How to mend.` */
export function formatFacts(facts: UserErrorFacts): string {
  const contrast = [
    facts.expected === undefined ? "" : `expected ${facts.expected}`,
    facts.got === undefined ? "" : `got ${facts.got}`,
  ].filter((part) => part !== "");
  const head = facts.where === undefined ? facts.what : `${facts.where}: ${facts.what}`;
  const middle = contrast.length === 0 ? "" : ` (${contrast.join(", ")})`;
  return `${head}${middle}.${facts.fix === undefined ? "" : ` ${facts.fix}`}`;
}
