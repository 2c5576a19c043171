/**
 * @file The configuration of a collective: modules, each a run of its own, and the constraints that tie
 * them on an unlabelled mediator stream (Taskology, section 3).
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { decodeText } from "../common/text.js";
import { type ConstraintDefinition, constraints } from "../constraints/index.js";
import { fileError } from "../disk/files.js";
import { loadPlugins } from "../disk/plugins.js";
import { checkConfig, pluginsOf, type RunConfig } from "../training/config/index.js";
import { issueError } from "../training/config/issues.js";
import { applyOverrides, type Override } from "../training/config/overrides.js";
import { type Named, optionsOf, registered } from "../training/config/registered.js";
import { parsePlacedYaml } from "../training/config/yaml.js";
import { busName } from "../transport/messages.js";
import { codecNames } from "../transport/tensor-codec.js";

const count = z.int().min(1);
const milliseconds = z.int().min(1);

/** How modules in processes of their own deal with one another. */
const busSchema = z.strictObject({
  codec: z
    .union([z.enum(codecNames), z.record(z.string(), z.enum(codecNames))])
    .optional()
    .describe("how predictions travel, all or by task: f32, f16, u8, labels; f16, and f32 at staleness 0"),
  prefetch: z.int().min(0).max(2).default(1).describe("batches that peers are asked of ahead"),
  waitMs: milliseconds.default(10_000).describe("for a peer's predictions before the step goes on without"),
  acceptMs: milliseconds.default(300).describe("until a server must have said that it has a request"),
  idleMs: milliseconds.default(2000).describe("until a server that fell silent counts as dead"),
  startWaitS: z.number().positive().default(600).describe("for all peers at the start, seconds"),
  maxStaleSteps: z.int().min(0).optional().describe("predictions by older weights are left out"),
  maxStaleSeconds: z.number().positive().optional(),
  maxLeadSteps: count
    .nullable()
    .optional()
    .describe(
      "a trainer waits for peers that are further behind (null: for none); left out: 20 for modules without labels; at staleness 0 all wait anyhow",
    ),
  maxSkippedFraction: z.number().min(0).max(1).default(0.2).describe("of the last 200 steps"),
  onSkipped: z.enum(["stop", "continue"]).default("stop").describe("what becomes of a run beyond that"),
});
const raw = z.record(z.string(), z.unknown());

function makeSchema() {
  return z.strictObject({
    plugins: z.array(z.string().min(1)).default([]),
    mediator: z.strictObject({
      data: raw.describe("where the unlabelled images come from; as `data` of a run"),
      split: z.string().min(1).default("train"),
      frames: count.default(1).describe("frames of a sequence that are seen together"),
      batchSize: count.default(4),
    }),
    modules: z.record(
      z.string().regex(/^[\w-]+$/, "a name of letters, digits, - and _"),
      raw.and(
        z.object({
          data: z.union([z.literal("none"), raw]).describe("labelled data of its own, or none"),
          frozen: z.boolean().default(false).describe("predicts, and learns nothing"),
        }),
      ),
    ),
    constraints: z.array(registered(constraints)).default([]),
    update: z.enum(["synchronous", "peers"]).default("peers"),
    staleness: z
      .strictObject({
        steps: z.int().min(0).default(0).describe("steps between two copies of a peer; 0: none is old"),
        seconds: z.number().positive().optional().describe("seconds in place of steps, over a bus"),
      })
      .prefault({}),
    name: busName.optional().describe("on a bus; that of the file if left out"),
    bus: busSchema.prefault({}),
    steps: count,
    seed: z.int().min(0).default(0),
    evaluation: raw.default({}).describe("of every module that says nothing else; as of a run"),
    checkpoint: raw.default({}),
    samples: raw.default({}),
    runtime: raw.default({}),
  });
}

/** A module: an ordinary run's configuration, and what it is in its collective. */
export interface ModuleConfig {
  readonly name: string;
  readonly run: RunConfig;
  /** Whether it has labelled data of its own; else its run's data is the mediator's, for measuring. */
  readonly dedicated: boolean;
  readonly frozen: boolean;
}

/** A constraint with its checked options. */
export interface ConfiguredConstraint {
  readonly definition: ConstraintDefinition;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CollectiveConfig {
  readonly modules: readonly ModuleConfig[];
  readonly constraints: readonly ConfiguredConstraint[];
  readonly mediator: {
    readonly data: RunConfig["data"];
    readonly split: string;
    readonly frames: number;
    readonly batchSize: number;
  };
  readonly update: "synchronous" | "peers";
  readonly staleness: { readonly steps: number; readonly seconds?: number };
  /** On a bus. */
  readonly name: string;
  readonly bus: z.infer<typeof busSchema>;
  readonly steps: number;
  readonly seed: number;
  readonly runtime: RunConfig["runtime"];
  /** Text that says all this again. */
  readonly text: string;
}

/** Reads a collective's configuration file. Throws UserError naming `file:line:column` and the key. */
export async function readCollective(
  file: string,
  overrides: readonly Override[] = [],
): Promise<CollectiveConfig> {
  let text: string;
  try {
    text = decodeText(await readFile(file));
  } catch (error) {
    throw fileError(error, file, "read");
  }
  const given = applyOverrides(parsePlacedYaml(text, file).value, overrides);
  await loadPlugins(pluginsOf(given, dirname(file)));
  return parseCollective(text, file, overrides);
}

/**
 * Checks the text of a collective's configuration, whose plugins are loaded. Throws UserError naming
 * `file:line:column` and the key.
 */
export function parseCollective(
  text: string,
  file: string,
  overrides: readonly Override[] = [],
): CollectiveConfig {
  const yaml = parsePlacedYaml(text, file);
  const value = applyOverrides(yaml.value, overrides);
  const folder = dirname(file);
  const schema = makeSchema();
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    throw issueError(parsed.error.issues, { schema: json, value, place: yaml.place });
  }
  const { modules, ...rest } = parsed.data;
  const configured = rest.constraints.map((each: Named) => ({
    definition: constraints[each.name],
    options: optionsOf(each),
  }));
  const mediator = { ...rest.mediator, data: mediatorData(rest.mediator, configured) };
  const { evaluation, checkpoint, samples, runtime, steps, seed, plugins } = rest;
  const shared = { steps, seed, evaluation, checkpoint, samples, runtime, plugins };
  const runOf = (name: string, own: object): RunConfig =>
    checkConfig({ ...shared, method: { name: "supervised" }, ...own }, folder, (path, key) =>
      yaml.place(["modules", name, ...path], key),
    );
  const listed = Object.entries(modules).map(([name, { frozen, data, ...own }]): ModuleConfig => {
    const dedicated = data !== "none";
    return { name, dedicated, frozen, run: runOf(name, { ...own, data: dedicated ? data : mediator.data }) };
  });
  const reference = checkConfig(
    { ...shared, method: { name: "supervised" }, data: mediator.data },
    folder,
    (path, key) => yaml.place(["mediator", ...path], key),
  );
  const config: CollectiveConfig = {
    ...rest,
    name: rest.name ?? slug(file),
    modules: listed,
    constraints: configured,
    mediator: { ...mediator, data: reference.data },
    runtime: reference.runtime,
    text: `# Everything this collective was made with.\n${stringify(JSON.parse(JSON.stringify(value)))}`,
  };
  requireSound(config, file);
  return config;
}

/** The mediator's data: a world that is to be seen in several frames moves for as long as they last. */
function mediatorData(
  { data, frames }: { readonly data: Readonly<Record<string, unknown>>; readonly frames: number },
  ties: readonly ConfiguredConstraint[],
): Readonly<Record<string, unknown>> {
  if (frames === 1 || data.world === undefined || data.video !== undefined) return data;
  const steps = ties.map(({ definition, options }) => definition.needs(options).frames?.step ?? 1);
  return { ...data, video: (frames - 1) * Math.max(1, ...steps) + 1 };
}

/** A file's name as one on a bus. */
function slug(file: string): string {
  const plain = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-");
  return plain.replace(/^-+|-+$/g, "").slice(0, 40) || "collective";
}

/** Throws UserError for modules that cannot learn or cannot be told apart. */
function requireSound({ modules, constraints: ties }: CollectiveConfig, file: string): void {
  const refuse = (code: string, where: string, what: string, fix: string) =>
    new UserError({ code: `collective.${code}`, where: `${file}: ${where}`, what, fix });
  if (modules.length === 0) {
    throw refuse("no-module", "modules", "the collective has no module", "Name at least one.");
  }
  const owners = new Map<string, string>();
  for (const { name, run, dedicated, frozen } of modules) {
    const where = `modules.${name}`;
    if (run.tasks === undefined) {
      throw refuse("no-tasks", where, "the module does not say what it predicts", "Name its `tasks`.");
    }
    for (const task of run.tasks.map((each) => (typeof each === "string" ? each : each.name))) {
      const other = owners.get(task);
      if (other !== undefined) {
        const fix = "Give each task to one module.";
        throw refuse("task-twice", where, `${task} is predicted by ${other}, too`, fix);
      }
      owners.set(task, name);
    }
    if (frozen && run.model.weights === undefined) {
      const fix = "Name its weights: `model.weights`, a file or a run folder.";
      throw refuse("frozen-without-weights", where, "a frozen module has to know something already", fix);
    }
    if (run.earlyStopping !== undefined) {
      const fix = "Leave `earlyStopping` out: modules of a collective end together.";
      throw refuse("early-stopping", where, "a module cannot stop before the others", fix);
    }
    if (!dedicated && !frozen && ties.length === 0) {
      const fix = "Give it data or a constraint.";
      throw refuse("nothing-to-learn", where, "the module has neither data nor a constraint", fix);
    }
  }
}
