/**
 * @file labels.json: which labels of which samples are kept, written once and shared by every method that is
 * compared.
 */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { decodeText } from "../common/text.js";
import { replaceFile } from "../disk/files.js";
import { requireAssignment } from "./label-assignment.js";
import { comparable } from "./listing.js";
import { reconcile } from "./reconcile.js";
import type { AvailableLabels } from "./scenarios.js";
import { parseSplitFile } from "./split-file.js";
import type { LabelAssignment } from "./types.js";

const schema = z.strictObject({
  /** How the file came about, for its readers. */
  about: z.record(z.string(), z.unknown()).optional(),
  labels: z.record(z.string(), z.array(z.string())),
});

/**
 * Writes labels.json, one sample a line; the file is replaced as a whole. `about` says how the choice was
 * made. Throws UserError where it cannot be written, TypeError where `assignment` is no plain record.
 */
export async function saveLabels(
  path: string,
  assignment: LabelAssignment,
  about?: Readonly<Record<string, unknown>>,
): Promise<void> {
  requireAssignment(assignment, path);
  const lines = Object.entries(assignment).map(
    ([id, tasks]) => `  ${JSON.stringify(id)}: ${JSON.stringify(tasks)}`,
  );
  const head = about === undefined ? "" : ` "about": ${JSON.stringify(about)},\n`;
  await replaceFile(path, `{\n${head} "labels": {\n${lines.join(",\n")}\n }\n}\n`);
}

/** Reads the text of a labels.json. Throws UserError naming `where`. */
export function parseLabels(text: string, where: string): LabelAssignment {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new UserError({ code: "data.bad-labels", what: "the file is not JSON", where, got }, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return Object.fromEntries(
      Object.entries(parsed.data.labels).map(([id, tasks]) => [comparable(id), tasks]),
    );
  }
  const [issue] = parsed.error.issues;
  throw new UserError({
    code: "data.bad-labels",
    what: "this is not a labels file",
    where,
    expected: '{"labels": {"<sample id>": ["<task>", ...]}}',
    got: `${issue.path.join(".")}: ${issue.message}`,
    fix: "Write it with `taskloom data strip`.",
  });
}

export interface LoadLabelsOptions {
  /** The tasks of a split file's columns. */
  readonly columns?: readonly string[];
  /** Told what is no longer, or newly, in the dataset, one sentence each. */
  readonly note?: (change: string) => void;
}

/**
 * Reads labels.json, or a split file (`.pth`, see `split-file.ts`), and brings it in line with the split it
 * is used with: `available` are the labels that exist, `tasks` all tasks of the dataset. Samples that the
 * file does not name are unlabelled. Throws UserError where it is no such file, or one of another dataset.
 */
export async function loadLabels(
  path: string,
  available: AvailableLabels,
  tasks: readonly string[],
  { columns, note = () => undefined }: LoadLabelsOptions = {},
): Promise<LabelAssignment> {
  const bytes = await readLabelsFile(path);
  const torch = [".pth", ".pt"].includes(extname(path).toLowerCase());
  const listed = torch
    ? parseSplitFile(bytes, [...available.keys()], columns, path)
    : parseLabels(decodeText(bytes), path);
  const { labels, changes } = reconcile(listed, available, tasks, path);
  changes.forEach(note);
  return labels;
}

async function readLabelsFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UserError(
      {
        code: "data.missing-file",
        what: "the labels file cannot be read",
        where: path,
        got: (cause as Error).message,
      },
      { cause },
    );
  }
}
