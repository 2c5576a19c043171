/**
 * @file The findings of a run's latest evaluation, in its folder `evaluation/`: `findings.json` and pictures.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import { fileError, makeFolder, replaceFile } from "../../disk/files.js";
import type { TaskFindings } from "./findings.js";
import { PARTS, type TaskPictures } from "./pictures.js";

/** The findings of an evaluation while a run trains. */
export interface RunFindings {
  readonly split: string;
  /** Steps done. */
  readonly step: number;
  readonly tasks: readonly Omit<TaskFindings, "chosen">[];
}

// JSON has no NaN.
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const schema = z.object({
  split: z.string(),
  step: z.int().nonnegative(),
  tasks: z.array(
    z.object({
      task: z.string(),
      images: z.array(z.object({ id: z.string(), metrics: z.record(z.string(), number) })),
      perClass: z
        .object({
          classes: z.array(z.string()),
          iou: z.array(number),
          confusion: z.array(z.array(z.number())),
        })
        .optional(),
      /** Pictures are names of files beside this one. */
      worst: z.array(
        z.object({
          id: z.string(),
          value: number,
          pictures: z.partialRecord(z.enum(PARTS), z.string()),
        }),
      ),
    }),
  ),
});

const FILE = "findings.json";

/**
 * Writes findings into `folder`, in the place of earlier ones. Throws UserError where that is not possible.
 */
export async function writeFindings(folder: string, { split, step, tasks }: RunFindings): Promise<void> {
  await makeFolder(folder);
  const written = [];
  for (const [t, { task, images, perClass, worst }] of tasks.entries()) {
    const rows = [];
    for (const [rank, { id, value, pictures }] of worst.entries()) {
      const names = PARTS.filter((part) => pictures[part] !== undefined).map(
        (part) => [part, `${t}-worst-${rank + 1}-${part}.png`] as const,
      );
      for (const [part, name] of names) await replaceFile(join(folder, name), pictures[part]!);
      rows.push({ id, value, pictures: Object.fromEntries(names) });
    }
    written.push({ task, images, ...(perClass && { perClass }), worst: rows });
  }
  await replaceFile(join(folder, FILE), `${JSON.stringify({ split, step, tasks: written })}\n`);
}

/** Reads them; undefined where there are none. Throws UserError where they are damaged. */
export async function readFindings(folder: string): Promise<RunFindings | undefined> {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  let parsed: z.output<typeof schema>;
  try {
    parsed = schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw fileError(cause, path, "read");
    const fix = "Delete it: the next evaluation writes it again.";
    throw new UserError(
      { code: "run.damaged-findings", where: path, what: "the file is damaged", fix },
      { cause },
    );
  }
  const tasks = await Promise.all(
    parsed.tasks.map(async ({ worst, ...task }) => ({
      ...task,
      worst: await Promise.all(
        worst.map(async (row) => ({ ...row, pictures: await readPictures(folder, row.pictures) })),
      ),
    })),
  );
  return { ...parsed, tasks };
}

async function readPictures(
  folder: string,
  names: Partial<Record<keyof TaskPictures, string>>,
): Promise<TaskPictures> {
  const there = Object.entries(names).filter(([, name]) => existsSync(join(folder, name)));
  const read = there.map(async ([part, name]) => [part, await readFile(join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(read));
}
