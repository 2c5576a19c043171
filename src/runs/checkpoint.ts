/**
 * @file Checkpoints: everything a run needs to go on as if it had never stopped, in one safetensors file that
 * is checked on reading. A small `.json` beside it repeats the numbers for people and scripts; it is never
 * read back.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import * as promises from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { type FileSystem, fileError, replaceFile, systemCode } from "../disk/files.js";
import { SafetensorsFile, type StoredArray, writeSafetensors } from "../disk/safetensors.js";

const ownerSchema = z.object({
  /**
   * What it is to the run: a learned weight, a slot of an optimizer, or other state (running statistics,
   * averages, queues).
   */
  kind: z.enum(["parameter", "slot", "state"]),
  /** Name of the module it belongs to; null for what is the optimizer's. */
  module: z.string().nullable(),
  /** Whether evaluating and exporting take it. */
  kept: z.boolean(),
});

/** Whose an array is. */
export type ArrayOwner = z.infer<typeof ownerSchema>;

const stateSchema = z.object({
  /** Training steps done. */
  step: z.int().nonnegative(),
  /**
   * Where each stream of data stands: passes over its samples begun, from 0, and batches of that pass already
   * trained on.
   */
  positions: z.record(z.string(), z.object({ epoch: z.int().nonnegative(), step: z.int().nonnegative() })),
  /** The best evaluation so far. */
  best: z
    .object({ metric: z.string(), value: z.number().nullable(), step: z.int().nonnegative() })
    .nullable(),
  /** `configDigest` of the resolved configuration. */
  configDigest: z.string(),
  /** Room for hooks with a memory, e.g. early stopping. */
  extra: z.json().optional(),
});

/** The small part of a checkpoint: numbers, not arrays. */
export type CheckpointState = z.infer<typeof stateSchema>;

export interface Checkpoint {
  readonly state: CheckpointState;
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** Whose each array is. */
  readonly owners: ReadonlyMap<string, ArrayOwner>;
  /** Name of the module that is evaluated and exported: the network itself, or its averaged weights. */
  readonly evaluated: string;
}

const contentSchema = z.object({
  state: stateSchema,
  owners: z.record(z.string(), ownerSchema),
  evaluated: z.string(),
});

const FORMAT = "taskloom-checkpoint-3";
export type CheckpointName = "last" | "best";

/**
 * What a file says about its arrays besides their values; undefined where it is no checkpoint of this
 * version. Throws ZodError where that is damaged.
 */
export function contentOf({
  metadata,
}: Pick<SafetensorsFile, "metadata">): z.infer<typeof contentSchema> | undefined {
  if (metadata.get("format") !== FORMAT) return undefined;
  return contentSchema.parse(JSON.parse(metadata.get("checkpoint") ?? "null"));
}

/** As `contentOf`. Throws UserError `checkpoint.unknown-format` where it is no checkpoint of this version. */
export function requireContent(
  file: Pick<SafetensorsFile, "metadata">,
  path: string,
): z.infer<typeof contentSchema> {
  const content = contentOf(file);
  if (content === undefined) throw unknownFormat(file, path);
  return content;
}

function unknownFormat({ metadata }: Pick<SafetensorsFile, "metadata">, path: string): UserError {
  const format = metadata.get("format");
  const older = format?.startsWith(FORMAT.replace(/\d+$/, "")) === true;
  return new UserError({
    code: "checkpoint.unknown-format",
    where: path,
    what: "this is no checkpoint that this version can read",
    expected: FORMAT,
    got: format ?? "a safetensors file without that mark",
    fix: older
      ? "Go on with the version of Taskloom that wrote it, or start a new run with `model.weights` set to its exported weights."
      : undefined,
  });
}

/**
 * SHA-256 of a JSON value, whatever the order of its keys: tells whether two runs have the same
 * configuration.
 */
export function configDigest(config: unknown): string {
  const sorted = JSON.stringify(config, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(sorted).digest("hex");
}

export function checkpointPath(folder: string, name: CheckpointName | "last.prev"): string {
  return join(folder, `${name}.safetensors`);
}

/**
 * Saves a checkpoint. The one saved before as "last" stays as `last.prev.safetensors`. Killed at any moment,
 * the folder holds the old or the new checkpoint whole. Needs room for three checkpoints while it runs.
 *
 * @throws UserError where the disk is full or the folder cannot be written; what was saved before is then
 * intact.
 */
export async function saveCheckpoint(
  folder: string,
  name: CheckpointName,
  checkpoint: Checkpoint,
  files: FileSystem = promises,
): Promise<void> {
  const path = checkpointPath(folder, name);
  const { state, evaluated } = checkpoint;
  const content = JSON.stringify({ state, owners: Object.fromEntries(checkpoint.owners), evaluated });
  const keepPrevious = () => keep(path, checkpointPath(folder, "last.prev"), files);
  await writeSafetensors(
    path,
    checkpoint.arrays,
    { format: FORMAT, checkpoint: content },
    { files, beforeRename: name === "last" ? keepPrevious : undefined },
  );
  await replaceFile(join(folder, `${name}.json`), `${JSON.stringify(checkpoint.state, null, 2)}\n`, {
    files,
  });
}

async function keep(path: string, previous: string, files: FileSystem): Promise<void> {
  if (!existsSync(path)) return;
  try {
    await files.unlink(previous);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  try {
    await files.link(path, previous);
  } catch (error) {
    // File systems without hard links: for a moment only the previous name exists, and resuming looks there
    // too.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(systemCode(error) ?? ""))
      throw error;
    await files.rename(path, previous);
  }
}

/** Steps done at each checkpoint of a folder. Throws UserError where one is damaged. */
export async function savedSteps(folder: string): Promise<Partial<Record<CheckpointName, number>>> {
  const steps: Partial<Record<CheckpointName, number>> = {};
  for (const name of ["best", "last"] as const) {
    const path = checkpointPath(folder, name);
    if (!existsSync(path)) continue;
    const file = await SafetensorsFile.open(path);
    try {
      steps[name] = requireContent(file, path).state.step;
    } finally {
      await file.close();
    }
  }
  return steps;
}

/**
 * Reads and checks a checkpoint.
 *
 * @throws UserError `checkpoint.damaged` where its content is not what was saved, `checkpoint.unknown-format`
 * where it is no checkpoint of this version, or one about the file.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const file = await SafetensorsFile.open(path);
    try {
      // Without the file's own checksum its content proves nothing.
      if (!file.checked) throw unknownFormat(file, path);
      const arrays = await file.readAll();
      const { state, owners, evaluated } = requireContent(file, path);
      return { state, arrays, owners: new Map(Object.entries(owners)), evaluated };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new UserError(
      {
        code: "checkpoint.damaged",
        where: path,
        what: `the checkpoint is damaged${error instanceof UserError ? `: ${error.facts.what}` : ""}`,
        fix: "Go on from the checkpoint before it with --resume, or restore the file from a copy.",
      },
      { cause: error },
    );
  }
}

function isDamage(error: unknown): boolean {
  if (error instanceof UserError) return error.facts.code.startsWith("safetensors.");
  return error instanceof z.ZodError || error instanceof SyntaxError;
}

/**
 * The checkpoint to go on from: the last one, or, with a warning, the one before where the last is damaged or
 * missing. The damaged file is set aside as `last.damaged.safetensors`, so that the next saving does not push
 * out the sound one. Call it while holding the folder's lock.
 *
 * @returns undefined where no checkpoint was ever saved.
 * @throws UserError `checkpoint.damaged` where no sound checkpoint is left.
 */
export async function resumeCheckpoint(
  folder: string,
  warn: (message: string) => void,
): Promise<Checkpoint | undefined> {
  const last = checkpointPath(folder, "last");
  const previous = checkpointPath(folder, "last.prev");
  if (!existsSync(last) && !existsSync(previous)) return undefined;
  try {
    return await loadCheckpoint(last);
  } catch (error) {
    const code = error instanceof UserError ? error.facts.code : "";
    if (!["checkpoint.damaged", "file.missing"].includes(code)) throw error;
    const what = code === "file.missing" ? "is missing" : "is damaged";
    const checkpoint = await loadCheckpoint(previous).catch((cause: unknown) => {
      throw new UserError(
        {
          code: "checkpoint.damaged",
          where: last,
          what: `the last checkpoint ${what} and the one before it cannot be used either`,
          fix: "Restore one of them from a copy, or start a new run.",
        },
        { cause },
      );
    });
    if (code === "checkpoint.damaged") {
      try {
        await promises.rename(last, join(folder, "last.damaged.safetensors"));
      } catch (cause) {
        throw fileError(cause, last, "write");
      }
    }
    warn(`${last} ${what}: going on from ${previous}, saved after step ${checkpoint.state.step}.`);
    return checkpoint;
  }
}
