/** @file Folders that several processes share, one at a time. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { type FolderLock, lockFolder } from "../runs/lock.js";

/**
 * The lock of a folder, or undefined where somebody else has it. Throws UserError where the folder cannot be
 * written.
 */
export function tryLock(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof UserError && error.facts.code === "run.locked") return undefined;
    throw error;
  }
}

/** Whether somebody holds the lock of a folder. */
export function isLocked(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const lock = tryLock(folder);
  lock?.release();
  return lock === undefined;
}
