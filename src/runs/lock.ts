/** @file One writer a folder: a lock file that a dead owner cannot hold. */
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { fileError, systemCode } from "../disk/files.js";

export const LOCK_FILE = ".lock";

interface Owner {
  readonly pid: number;
  readonly host: string;
  /**
   * When the process started, in clock ticks since boot (Linux), so that a reused pid is told apart; ""
   * elsewhere.
   */
  readonly started: string;
}

const held = new Set<string>();

/** A held lock. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the single-writer lock of a folder. The lock of a process that no longer lives on this machine is
 * taken over.
 *
 * @throws UserError `run.locked` where a living process, or one on another machine, holds it;
 * `file.not-writable` and others where the folder cannot be written.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_FILE);
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
  } satisfies Owner);
  // A link either appears whole or not at all, unlike a file that is created first and filled later.
  const candidate = join(folder, `${LOCK_FILE}.${process.pid}-${held.size}.tmp`);
  try {
    writeFileSync(candidate, mine);
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        linkSync(candidate, path);
        held.add(path);
        return { release: () => release(path, mine) };
      } catch (error) {
        if (systemCode(error) !== "EEXIST") throw error;
      }
      removeStale(path, folder);
    }
    throw lockedError(path, folder, undefined);
  } catch (error) {
    throw fileError(error, folder, "write");
  } finally {
    tryUnlink(candidate);
  }
}

function release(path: string, mine: string): void {
  held.delete(path);
  if (readLock(path) === mine) tryUnlink(path);
}

function removeStale(path: string, folder: string): void {
  const text = readLock(path);
  if (text === undefined) return;
  const owner = parseOwner(text);
  if (owner !== undefined && mayLive(owner, path)) throw lockedError(path, folder, owner);
  // Several processes may find the same stale lock. Only one rename succeeds; if it caught a newer lock, that
  // one goes back.
  const aside = `${path}.${process.pid}-stale.tmp`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) !== text) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
  tryUnlink(aside);
}

function mayLive(owner: Owner, path: string): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid && owner.started === startOf(process.pid)) return held.has(path);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return systemCode(error) === "EPERM";
  }
  return owner.started === startOf(owner.pid);
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the command in parentheses, may hold spaces; the start time is field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie is a dead process whose parent has not asked for its exit code yet.
    return fields[0] === "Z" ? "dead" : fields[19];
  } catch {
    return "";
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    const sound = Number.isInteger(owner?.pid) && typeof owner?.host === "string";
    return sound ? { pid: owner.pid!, host: owner.host!, started: String(owner.started ?? "") } : undefined;
  } catch {
    return undefined;
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function tryUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone.
  }
}

function lockedError(path: string, folder: string, owner: Owner | undefined): UserError {
  const whom = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
  return new UserError({
    code: "run.locked",
    where: folder,
    what: `${whom} is writing into this folder`,
    fix: `Wait for it or stop it; if it no longer runs, delete ${path}.`,
  });
}
