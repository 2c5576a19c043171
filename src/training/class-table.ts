/** @file `--map classes.yaml`: which classes of another data set are which of the model's. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { fileError } from "../disk/files.js";
import type { ClassTable } from "../tasks/shared-classes.js";
import { parsePlacedYaml } from "./config/yaml.js";

const name = z.union([z.string().min(1), z.number().transform(String)]).nullable();
const names = z.record(z.string(), name);
const sections = z.strictObject({ data: names, model: names.optional() });

/**
 * Reads a table of classes: `theirs: ours` for each class of the data set, or two such tables, `data` and
 * `model`, where classes of the model are to be united, too.
 * @throws UserError where it cannot be read or is no such table; a class that is named twice is refused.
 */
export async function readClassTable(path: string): Promise<ClassTable> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
  return parseClassTable(text, path);
}

/** The same from a table's text. */
export function parseClassTable(text: string, path: string): ClassTable {
  const { value, place } = parsePlacedYaml(text, path);
  const sectioned =
    typeof value === "object" && value !== null && "data" in value && typeof value.data === "object";
  const parsed = sectioned
    ? sections.safeParse(value)
    : names.transform((data) => ({ data })).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({
    code: "classes.bad-table",
    what: issue.message,
    where: place(issue.path),
    expected: "`their class: our class` a line, `their class: null` to leave one out",
  });
}
