/**
 * @file labels.json: which labels of which samples are kept, written once and shared by every method that is
 * compared.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { comparable } from "./listing.js";
import { unknownName } from "./names.js";
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
 * made.
 */
export async function saveLabels(
  path: string,
  assignment: LabelAssignment,
  about?: Readonly<Record<string, unknown>>,
): Promise<void> {
  const lines = Object.entries(assignment).map(
    ([id, tasks]) => `  ${JSON.stringify(id)}: ${JSON.stringify(tasks)}`,
  );
  const head = about === undefined ? "" : ` "about": ${JSON.stringify(about)},\n`;
  const partial = `${path}.partial`;
  await writeFile(partial, `{\n${head} "labels": {\n${lines.join(",\n")}\n }\n}\n`);
  await rename(partial, path);
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

/** Throws UserError where an assignment names a sample, a task or a label that the dataset does not have. */
function checkLabels(
  assignment: LabelAssignment,
  available: AvailableLabels,
  tasks: readonly string[],
  where: string,
): void {
  const ids = [...available.keys()];
  for (const [id, kept] of Object.entries(assignment)) {
    const own = available.get(id);
    if (own === undefined) throw unknownName("id", id, ids, where);
    for (const task of kept) {
      if (!tasks.includes(task)) throw unknownName("task", task, tasks, `${where}: ${id}`);
      if (own.includes(task)) continue;
      throw new UserError({
        code: "data.label-not-there",
        what: `the dataset has no ${task} label for this sample`,
        where: `${where}: ${id}`,
        expected: own.length === 0 ? "no label" : own.join(", "),
        fix: "Make the labels file from this dataset.",
      });
    }
  }
}

/**
 * Reads labels.json, or a split file (`.pth`, see `split-file.ts`) whose columns are the tasks `columns`, and checks it against the split it is
 * used with: `available` are the labels that exist, `tasks` all tasks of the dataset. Samples that the file does not name are unlabelled.
 * Throws UserError.
 */
export async function loadLabels(
  path: string,
  available: AvailableLabels,
  tasks: readonly string[],
  columns?: readonly string[],
): Promise<LabelAssignment> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
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
  const torch = [".pth", ".pt"].includes(extname(path).toLowerCase());
  const assignment = torch
    ? parseSplitFile(bytes, [...available.keys()], columns, path)
    : parseLabels(bytes.toString("utf8"), path);
  checkLabels(assignment, available, tasks, path);
  return assignment;
}
