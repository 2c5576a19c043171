/** @file What a table of collectives is made of: rows of modules and constraints, seeds, what is measured. */
import { z } from "zod";

const raw = z.record(z.string(), z.unknown());

const measured = z.strictObject({
  module: z.string(),
  /** Of the columns; the module's if left out. */
  name: z.string().optional(),
  metrics: z.array(z.string()).min(1),
  split: z.string().default("test"),
  /** Images of another world or style than the module's own: arguments of `taskloom data synth`. */
  synth: z.array(z.string()).optional(),
  /** Further arguments of `taskloom evaluate`. */
  args: z.array(z.string()).default([]),
});

const suiteSchema = z.strictObject({
  /** Of every collective: mediator, update, steps. */
  base: raw,
  /** Modules that rows name. */
  modules: z.record(z.string(), raw),
  rows: z.record(
    z.string(),
    z.strictObject({
      /** Names, or a name with what is different in this row. ROW/<name> in a path is another row's run. */
      modules: z.array(z.union([z.string(), raw])).min(1),
      constraints: z.array(raw).default([]),
      set: raw.default({}),
      /** Trained in processes over a broker (`nats-server`), a trainer and a server for each module. */
      bus: z.boolean().default(false),
    }),
  ),
  seeds: z.array(z.int().min(0)).min(1),
  measure: z.array(measured).min(1),
  /** Task and metric whose course over the steps is kept, from evaluations while training. */
  curve: z.strictObject({ module: z.string(), metric: z.string() }).optional(),
});

export type CollectiveSuite = z.infer<typeof suiteSchema>;
export type Measured = z.infer<typeof measured>;

/** Heading of a metric's column. */
export const columnOf = ({ module, name = module }: Measured, metric: string): string => `${name} ${metric}`;

/** One collective to be trained. `config` is that of `taskloom collective train`. */
export interface PlannedCollective {
  readonly row: string;
  readonly seed: number;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly bus: boolean;
  /** Folders of rows that must be trained before this one. */
  readonly after: readonly string[];
}

/** Checks the content of a suite file. Throws ZodError. */
export const parseCollectiveSuite = (value: unknown): CollectiveSuite => suiteSchema.parse(value);

/** Every row with every seed; rows in their order within a seed. */
export function expandCollectives(suite: CollectiveSuite, out: string): PlannedCollective[] {
  const folderOf = (row: string, seed: number) => `${out}/${row}/seed-${seed}`;
  return suite.seeds.flatMap((seed) =>
    Object.entries(suite.rows).map(([row, { modules, constraints, set, bus }]): PlannedCollective => {
      const own = Object.fromEntries(modules.map((each) => moduleOf(suite, each)));
      const after: string[] = [];
      const config = mapStrings({ ...suite.base, ...set, modules: own, constraints, seed }, (text) =>
        text.replace(/^ROW\/([^/]+)/, (_, name: string) => {
          after.push(folderOf(name, seed));
          return folderOf(name, seed);
        }),
      );
      const plain = config as Record<string, unknown>;
      return { row, seed, folder: folderOf(row, seed), config: plain, bus, after };
    }),
  );
}

function moduleOf(suite: CollectiveSuite, given: string | Record<string, unknown>): [string, unknown] {
  const [name, changes] = typeof given === "string" ? [given, {}] : Object.entries(given)[0];
  const module = suite.modules[name];
  if (module === undefined) throw new Error(`no module ${name} in the suite's modules`);
  return [name, merge(module, changes as Record<string, unknown>)];
}

/** Mappings are merged key by key; anything else is replaced. */
function merge(base: Record<string, unknown>, changes: Record<string, unknown>): Record<string, unknown> {
  const isMapping = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const old = merged[key];
    merged[key] = isMapping(old) && isMapping(value) ? merge(old, value) : value;
  }
  return merged;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each, change)]));
}
