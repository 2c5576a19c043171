/** @file The dataset.yaml of a dataset folder: schema, reading with line numbers, writing. */
import { isMap, LineCounter, type ParsedNode, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { suggest } from "../common/suggest.js";
import { boxesSchema } from "../tasks/boxes3d/spec.js";
import { parseTaskSpec } from "../tasks/index.js";
import type { TaskSpec } from "../tasks/task.js";

/** Image under `{split}/image/`, labels beside it under their task's name. */
export const DEFAULT_LAYOUT = "{split}/{task}/{id}";
const name = z
  .string()
  .regex(/^[^/\\\0]+$/, "must not hold a slash")
  .refine((text) => !text.startsWith("."), "must not begin with a dot");

/** Schema of dataset.yaml; the entries of `tasks` are checked by their kinds. */
const datasetYamlSchema = z.strictObject({
  name: z.string().min(1),
  /** Path of a file without its extension; the image's task is called `image`. */
  layout: z
    .string()
    .default(DEFAULT_LAYOUT)
    .superRefine((layout, context) => {
      const problem = layoutProblem(layout);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    }),
  splits: z.array(name).min(1).default(["train"]),
  tasks: z.record(
    name.refine((task) => task !== "image", "`image` is the image's own folder, not a task"),
    z.unknown(),
  ),
  sequences: z.string().optional(),
  /** Folders beside the tasks' whose files no task reads, e.g. `instances`. */
  extras: z.array(name).optional(),
  /** LiDAR sweeps: folders of their points (.bin) and of boxes (.json), and what the boxes are. */
  sweeps: z
    .strictObject({
      points: name.default("lidar"),
      boxes: name.default("lidar-boxes"),
      classes: boxesSchema.shape.things,
      detect: boxesSchema.shape.detect,
    })
    .optional(),
  /**
   * `stored`: images and labels as their pixels are stored, whatever their EXIF blocks say. Default `exif`.
   */
  orientation: z.enum(["exif", "stored"]).optional(),
  camera: z
    .strictObject({ fx: z.number().positive(), fy: z.number().positive(), cx: z.number(), cy: z.number() })
    .optional(),
});

/** What dataset.yaml says, checked, defaults filled in. */
export type DatasetDescription = Omit<z.output<typeof datasetYamlSchema>, "tasks"> & {
  readonly tasks: Readonly<Record<string, TaskSpec>>;
};

function layoutProblem(layout: string): string | undefined {
  const parts = layout.split("/");
  if (layout.includes("\\") || parts.some((part) => part === "" || part === "." || part === "..")) {
    return "the layout must be a relative path inside the folder, with forward slashes";
  }
  const unknown = layout.match(/\{[^}]*\}/g)?.find((field) => !["{split}", "{task}", "{id}"].includes(field));
  if (unknown !== undefined) return `the layout knows {split}, {task} and {id}, not ${unknown}`;
  if (layout.split("{id}").length !== 2) return "the layout must name {id} once";
  if (!layout.includes("{task}")) return "the layout must name {task}";
  return undefined;
}

/** `file:line:column` of the value at `path`; of the key `key` in it if given. */
function placeOf(
  file: string,
  root: ParsedNode | null,
  lines: LineCounter,
  path: PropertyKey[],
  key?: string,
) {
  let node: unknown = root;
  let offset = root?.range[0];
  for (const step of key === undefined ? path : [...path, key]) {
    const last = step === key && key !== undefined;
    const pair = isMap(node)
      ? node.items.find((item) => (item.key as { value?: unknown }).value === step)
      : undefined;
    const next = last ? pair?.key : (pair?.value ?? (node as { items?: unknown[] })?.items?.[step as number]);
    const range = (next as { range?: [number, number, number] } | undefined)?.range;
    if (range === undefined) break;
    offset = range[0];
    node = next;
  }
  if (offset === undefined) return file;
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/** Reads the text of a dataset.yaml. Throws UserError with `file:line:column`. */
export function parseDatasetYaml(text: string, file: string): DatasetDescription {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const at = syntax.linePos?.[0];
    throw new UserError({
      code: "data.yaml-syntax",
      what: syntax.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, ""),
      where: at === undefined ? file : `${file}:${at.line}:${at.col}`,
    });
  }
  const at = (path: PropertyKey[], key?: string) => placeOf(file, document.contents, lines, path, key);
  const parsed = datasetYamlSchema.safeParse(toPlain(document, file));
  if (!parsed.success) {
    const { issues } = parsed.error;
    // A misspelt key also shows as a missing one: the first is the cause.
    throw yamlError(issues.find((issue) => issue.code === "unrecognized_keys") ?? issues[0], at);
  }
  const tasks = Object.entries(parsed.data.tasks).map(
    ([task, entry]) => [task, parseTaskSpec(entry, `${at(["tasks", task])}: ${task}`)] as const,
  );
  const taken = parsed.data.extras?.find(
    (extra) => extra === "image" || Object.hasOwn(parsed.data.tasks, extra),
  );
  if (taken !== undefined) {
    throw new UserError({
      code: "data.bad-yaml",
      what: "`extras` names folders that no task reads; this one is read",
      where: at(["extras"]),
      got: taken,
      fix: "Take it out of `extras`.",
    });
  }
  const repeated = parsed.data.splits.find((split, i, all) => all.indexOf(split) !== i);
  if (repeated !== undefined || (parsed.data.splits.length > 1 && !parsed.data.layout.includes("{split}"))) {
    throw new UserError({
      code: "data.bad-splits",
      what: "two splits would hold the same files",
      where: at(["splits"]),
      got: repeated ?? `layout ${parsed.data.layout}`,
      fix: repeated === undefined ? "Name {split} in the layout." : "Name each split once.",
    });
  }
  return { ...parsed.data, tasks: Object.fromEntries(tasks) };
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UserError({ code: "data.yaml-syntax", what: (cause as Error).message, where: file }, { cause });
  }
}

function yamlError(issue: z.core.$ZodIssue, at: (path: PropertyKey[], key?: string) => string): UserError {
  if (issue.code === "unrecognized_keys") {
    const known =
      issue.path[0] === "camera" ? ["fx", "fy", "cx", "cy"] : Object.keys(datasetYamlSchema.shape);
    const near = suggest(issue.keys[0], known);
    return new UserError({
      code: "data.unknown-key",
      what: "unknown key",
      where: at(issue.path, issue.keys[0]),
      expected: `one of ${known.join(", ")}`,
      got: issue.keys[0],
      fix: near === undefined ? undefined : `Did you mean ${near}?`,
    });
  }
  const key = issue.path.join(".");
  const message = issue.code === "invalid_key" ? issue.issues[0].message : issue.message;
  return new UserError({
    code: "data.bad-yaml",
    what: key === "" ? message : `\`${key}\`: ${message}`,
    where: at(issue.path),
  });
}

/** The text of a dataset.yaml. */
export function formatDatasetYaml(description: DatasetDescription): string {
  return stringify(description, { lineWidth: 0 });
}
