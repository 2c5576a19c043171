/** @file The folder of a run: the names in it, and opening it for one writer. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { fileError, makeFolder, removeTemporaryFiles } from "../disk/files.js";
import { missingParts, takeBack } from "../disk/filled-folder.js";
import { type FolderLock, LOCK_FILE, lockFolder } from "./lock.js";

/** Paths of a run's files and folders. TensorBoard's event files lie in `folder` itself. */
export interface RunPaths {
  readonly folder: string;
  readonly config: string;
  /** What the run knows of its data. */
  readonly data: string;
  readonly labels: string;
  readonly metrics: string;
  readonly checkpoints: string;
  readonly samples: string;
  /** Folder of what the latest evaluation found. */
  readonly evaluation: string;
  /** Folder of plots of local features. */
  readonly features: string;
  readonly report: string;
  readonly model: string;
  readonly resources: string;
  /** Folder of copies of the run's plugins. */
  readonly plugins: string;
}

export function runPaths(folder: string): RunPaths {
  return {
    folder,
    config: join(folder, "config.resolved.yaml"),
    data: join(folder, "data.json"),
    labels: join(folder, "labels.json"),
    metrics: join(folder, "metrics.jsonl"),
    checkpoints: join(folder, "checkpoints"),
    samples: join(folder, "samples"),
    evaluation: join(folder, "evaluation"),
    features: join(folder, "features"),
    report: join(folder, "report.html"),
    model: join(folder, "model.onnx"),
    resources: join(folder, "resources.json"),
    plugins: join(folder, "plugins"),
  };
}

/** A run folder held by this process. */
export interface RunFolder extends RunPaths {
  /**
   * Whether nothing was there yet: a new run, also where one that is resumed was stopped before it wrote
   * anything.
   */
  readonly fresh: boolean;
  /**
   * Where the run was not resumed: takes away all that was written, and the folders that were made for it, so
   * that it can be started again. What cannot be removed stays.
   */
  abandon(): Promise<void>;
  /** Lets go of the folder. */
  close(): void;
}

/**
 * Creates or opens a run folder, takes its lock and clears away what a killed process left half-written.
 *
 * @throws UserError `run.exists` where a folder that is not empty is to become a new run, `run.missing` where
 * there is nothing to resume, `run.not-a-run` where the folder holds something else, `run.locked`, or one
 * about the file system.
 */
export async function openRunFolder(
  folder: string,
  options: { readonly resume: boolean },
): Promise<RunFolder> {
  const paths = runPaths(folder);
  if (!options.resume) requireEmpty(folder);
  else requireRun(paths, "Check the path, or leave --resume out to start a new run.");
  const created = missingParts(folder);
  await makeFolder(folder);
  const lock: FolderLock = lockFolder(folder);
  try {
    await makeFolder(paths.checkpoints);
    await makeFolder(paths.samples);
    for (const each of [folder, paths.checkpoints, paths.samples]) await removeTemporaryFiles(each);
  } catch (error) {
    lock.release();
    if (!options.resume) await takeBack(folder, created);
    throw error;
  }
  return {
    ...paths,
    fresh: !existsSync(paths.config),
    abandon: async () => {
      if (!options.resume) await takeBack(folder, created);
    },
    close: () => lock.release(),
  };
}

/**
 * Paths of a run for reading.
 *
 * @throws UserError `run.missing` or `run.not-a-run`.
 */
export function findRun(folder: string): RunPaths {
  const paths = runPaths(folder);
  requireRun(paths, "Check the path: it is the folder that `taskloom train` named at its end.");
  if (existsSync(paths.config)) return paths;
  throw notARun(paths);
}

function requireEmpty(folder: string): void {
  const content = contentOf(folder);
  if (content.length === 0) return;
  throw new UserError({
    code: "run.exists",
    where: folder,
    what: "the run folder is not empty",
    got: content.slice(0, 3).join(", ") + (content.length > 3 ? ", ..." : ""),
    fix: "Go on with that run by --resume, or choose another folder by --run.",
  });
}

function requireRun(paths: RunPaths, fix: string): void {
  if (!existsSync(paths.folder)) {
    throw new UserError({
      code: "run.missing",
      where: paths.folder,
      what: "there is no such run",
      fix,
    });
  }
  // A run that was killed early has its empty folders and nothing else.
  if (!existsSync(paths.config) && contentOf(paths.folder).length > 0) throw notARun(paths);
}

function notARun(paths: RunPaths): UserError {
  return new UserError({
    code: "run.not-a-run",
    where: paths.folder,
    what: "the folder holds no run",
    expected: "a file config.resolved.yaml in it",
    fix: "Check the path.",
  });
}

/** What the folder holds beside locks, leftovers and the empty folders of a run that was killed at once. */
function contentOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => {
      if (name === LOCK_FILE || (name.startsWith(".") && name.endsWith(".tmp"))) return false;
      const path = join(folder, name);
      return !(
        ["checkpoints", "samples"].includes(name) &&
        statSync(path).isDirectory() &&
        readdirSync(path).length === 0
      );
    });
  } catch (error) {
    const failure = fileError(error, folder, "read");
    if (failure instanceof UserError && failure.facts.code === "file.missing") return [];
    throw failure;
  }
}
