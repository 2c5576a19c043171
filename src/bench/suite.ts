/** @file The suite file of `taskloom bench`: what is compared with what, on what. */

import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { suggest } from "../common/suggest.js";
import { decodeText } from "../common/text.js";
import { fileError } from "../disk/files.js";
import { loadPlugins } from "../disk/plugins.js";
import { pluginsOf } from "../training/config/index.js";
import { issueError } from "../training/config/issues.js";
import { type PlacedYaml, parsePlacedYaml } from "../training/config/yaml.js";
import { isTree } from "./merge.js";

const entryName = z
  .string()
  .regex(
    /^[A-Za-z][\w.-]{0,63}$/,
    "a name must be letters, digits, `_`, `.` and `-`, and begin with a letter",
  );
const partial = z.record(z.string(), z.unknown());
const entries = z.record(entryName, partial);
const named = entries.refine((value) => Object.keys(value).length > 0, "must name at least one");

const otherData = z.strictObject({
  data: z.string().min(1).describe("a folder, relative to this file"),
  format: z.string().optional().describe("of the data; a dataset folder if left out"),
  map: z.string().optional().describe("which of its classes are which of the runs', a file"),
  split: z.string().min(1).optional().describe("the suite's if left out"),
});

const suiteSchema = z.strictObject({
  name: entryName.optional().describe("that of the file if left out"),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe("modules of one's own (.mjs), relative to this file, for all runs"),
  base: partial.describe("configuration that every run starts from"),
  methods: named.describe(
    "by name, what is laid over `base`; an option may be `{run: <another method>}`, for that run's folder",
  ),
  settings: named
    .optional()
    .describe("e.g. label scenarios: by name, what is laid over `base`; each gets its own table"),
  networks: named.optional().describe("by name, what is laid over `base`"),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, "a seed stands there twice")
    .describe("the run's `seed`, and that of its labels and its built-in world where they have none"),
  baseline: z.string().optional().describe("method that Delta% is taken against"),
  checkpoint: z.enum(["last", "best"]).default("last").describe("the weights that are measured"),
  split: z.string().min(1).default("test").describe("the images that are measured on"),
  elsewhere: z
    .record(entryName, otherData)
    .default({})
    .describe("by name, other data that every run is measured on as well, for the tasks that it has"),
});

type Parsed = z.output<typeof suiteSchema>;

/** A checked suite. */
export interface Suite extends Omit<Parsed, "name"> {
  readonly name: string;
  /** Absolute; paths in the suite's configurations are relative to it. */
  readonly folder: string;
  /** Where a key of the file stands. */
  readonly place: PlacedYaml["place"];
}

/**
 * Checks the text of a suite file (YAML or JSON). The configurations in it are checked when it is expanded.
 * @throws UserError naming `file:line:column` and the key.
 */
export function parseSuite(text: string, file: string, folder = dirname(file)): Suite {
  const { value, place } = parsePlacedYaml(text, file);
  const parsed = suiteSchema.safeParse(value);
  if (!parsed.success) {
    const schema = z.toJSONSchema(suiteSchema, { io: "input" });
    throw issueError(parsed.error.issues, { schema, value, place });
  }
  const suite: Suite = {
    ...parsed.data,
    name: parsed.data.name ?? basename(file, extname(file)),
    folder: resolve(folder),
    elsewhere: Object.fromEntries(
      Object.entries(parsed.data.elsewhere).map(([name, { data, map, ...rest }]) => [
        name,
        { ...rest, data: resolve(folder, data), ...(map !== undefined && { map: resolve(folder, map) }) },
      ]),
    ),
    place,
  };
  if (suite.baseline !== undefined) requireEntry(suite, "methods", suite.baseline, ["baseline"]);
  requireNoSeed(suite);
  return suite;
}

/** Reads a suite file. Throws UserError where it is missing or does not hold. */
export async function readSuite(file: string): Promise<Suite> {
  try {
    const text = decodeText(await readFile(file));
    await loadPlugins(pluginsOf(parsePlacedYaml(text, file).value, dirname(file)));
    return parseSuite(text, file);
  } catch (error) {
    throw fileError(error, file, "read");
  }
}

/** Throws UserError where the suite has no method or setting of that name. `path` is where it was named. */
export function requireEntry(
  suite: Pick<Suite, "methods" | "settings" | "place">,
  axis: "methods" | "settings",
  name: unknown,
  path: readonly PropertyKey[],
): asserts name is string {
  const known = Object.keys(suite[axis] ?? {});
  if (typeof name === "string" && known.includes(name)) return;
  const near = typeof name === "string" ? suggest(name, known) : undefined;
  throw new UserError({
    code: axis === "methods" ? "suite.unknown-method" : "suite.unknown-setting",
    what: `the suite has no ${axis === "methods" ? "method" : "setting"} of this name`,
    where: suite.place(path),
    expected: known.length === 0 ? `\`${axis}\` in the suite` : `one of ${known.join(", ")}`,
    got: JSON.stringify(name),
    fix: near === undefined ? undefined : `Did you mean \`${near}\`?`,
  });
}

/** A seed beside `seeds` would be overruled without a word. */
function requireNoSeed(suite: Suite): void {
  const parts: [PropertyKey[], unknown][] = [[["base"], suite.base]];
  for (const axis of ["methods", "settings", "networks"] as const) {
    for (const [name, part] of Object.entries(suite[axis] ?? {})) parts.push([[axis, name], part]);
  }
  for (const [path, part] of parts) {
    if (!isTree(part) || !Object.hasOwn(part, "seed")) continue;
    throw new UserError({
      code: "suite.seed",
      what: `\`${[...path, "seed"].join(".")}\` has no place in a suite`,
      where: suite.place(path, "seed"),
      fix: "The seeds of the runs are those of `seeds`: take this one out.",
    });
  }
}
