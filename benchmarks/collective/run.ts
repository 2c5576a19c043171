/**
 * @file npm run bench:collective [-- NAME...]: Taskology's tables at reduced scale, one suite file each in
 * this folder; all of them without names. What is trained and measured is not repeated; a killed run goes on.
 * Results land in benchmarks/results/collective/NAME.json and NAME.md.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Spread, spread } from "../../src/bench/index.js";
import { chartFile, markdownTable } from "../../src/report/index.js";
import { readMetrics } from "../../src/training/index.js";
import { startBroker } from "../../tests/helpers/broker.js";
import { taskloom } from "../lib/command-line.js";
import { describeMachine } from "../lib/machine.js";
import { log, madeFrom, makeTables } from "../lib/named-suites.js";
import { scratchFolder } from "../lib/suite.js";
import {
  type CollectiveSuite,
  columnOf,
  expandCollectives,
  type Measured,
  type PlannedCollective,
  parseCollectiveSuite,
} from "./suite.js";

const SUITES = "benchmarks/collective";
const COMMAND = "bench:collective";
const OUT = "benchmarks/results/collective";
/** Collectives trained at a time, each by one thread. */
const JOBS = 2;

interface CollectiveResult {
  readonly row: string;
  readonly seed: number;
  /** By `module metric`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Step and value, where the suite asks for a curve. */
  readonly curve?: readonly (readonly [number, number])[];
  /** Over a broker: predictions that modules used of their peers', and that were missing. */
  readonly predictions?: { readonly used: number; readonly missing: number };
  readonly seconds: number;
}

/** Trains and measures one collective; what its folder says already is read from there. */
async function measure(suite: CollectiveSuite, planned: PlannedCollective): Promise<CollectiveResult> {
  const { row, seed, folder } = planned;
  const done = join(folder, "measured.json");
  const config = JSON.stringify({ config: planned.config, measure: suite.measure }, null, 2);
  const known = join(folder, "planned.json");
  if (existsSync(done) && existsSync(known) && readFileSync(known, "utf8") === config) {
    return JSON.parse(readFileSync(done, "utf8")) as CollectiveResult;
  }
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "collective.json");
  writeFileSync(file, JSON.stringify(planned.config, null, 2));
  const run = join(folder, "run");
  log(`${row}, seed ${seed}: training`);
  const started = performance.now();
  await train(file, run, planned.bus);
  const seconds = (performance.now() - started) / 1000;
  const metrics: Record<string, number> = {};
  const modules = Object.keys(planned.config.modules as object);
  for (const what of suite.measure.filter(({ module }) => modules.includes(module))) {
    Object.assign(metrics, await evaluate(join(run, "modules", what.module), what));
  }
  const curve = suite.curve && readCurve(join(run, "modules", suite.curve.module), suite.curve.metric);
  const predictions = planned.bus
    ? predictionsOf(modules.map((name) => join(run, "modules", name)))
    : undefined;
  const result = {
    row,
    seed,
    metrics,
    ...(curve && { curve }),
    ...(predictions && { predictions }),
    seconds,
  };
  writeFileSync(known, config);
  writeFileSync(done, JSON.stringify(result));
  log(`${row}, seed ${seed}: ${JSON.stringify(metrics)}`);
  return result;
}

/** Trains a collective, or goes on with it; over a broker of its own where it is to. */
async function train(file: string, run: string, overBus: boolean): Promise<void> {
  const args = ["collective", "train", file, "--run", run, ...(existsSync(run) ? ["--resume"] : [])];
  if (!overBus) {
    await taskloom(args, true);
    return;
  }
  const broker = await startBroker();
  try {
    await taskloom([...args, "--bus", broker.url], true);
  } finally {
    await broker.stop();
  }
}

function predictionsOf(runs: readonly string[]): { used: number; missing: number } {
  const records = runs.flatMap((run) => readMetrics(join(run, "metrics.jsonl")));
  return records.reduce(
    ({ used, missing }, record) => {
      const said = record.kind === "step" ? record.consistency : undefined;
      return {
        used: used + Object.keys(said?.stale ?? {}).length,
        missing: missing + (said?.skipped.length ?? 0),
      };
    },
    { used: 0, missing: 0 },
  );
}

async function evaluate(run: string, what: Measured): Promise<Record<string, number>> {
  const data = what.synth === undefined ? [] : ["--data", await synthesized(what.synth)];
  const args = [
    "evaluate",
    run,
    "--split",
    what.split,
    "--checkpoint",
    "last",
    ...data,
    ...what.args,
    "--json",
  ];
  const { metrics } = JSON.parse(await taskloom(args, true)) as {
    metrics: Record<string, Record<string, number>>;
  };
  return Object.fromEntries(
    what.metrics.map((metric) => {
      const value = Object.values(metrics).find((each) => metric in each)?.[metric];
      if (value === undefined) throw new Error(`${run} has no metric ${metric}: ${JSON.stringify(metrics)}`);
      return [columnOf(what, metric), value];
    }),
  );
}

const rendering = new Map<string, Promise<string>>();

/** Folder of a rendered dataset; made once, also where two collectives ask at the same time. */
function synthesized(args: readonly string[]): Promise<string> {
  const name = args.join("_").replaceAll(/[^\w.-]/g, "");
  const folder = join(scratchFolder("collective"), "data", name);
  const render = async () => {
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.part`;
    rmSync(unfinished, { recursive: true, force: true });
    await taskloom(["data", "synth", ...args, "--out", unfinished], true);
    renameSync(unfinished, folder);
    return folder;
  };
  const known = rendering.get(name) ?? render();
  rendering.set(name, known);
  return known;
}

/** A metric of a run of one task over its steps. */
function readCurve(run: string, metric: string): [number, number][] {
  return readMetrics(join(run, "metrics.jsonl")).flatMap((record): [number, number][] => {
    if (record.kind !== "evaluation") return [];
    const value = Object.values(record.metrics).find((each) => metric in each)?.[metric] ?? Number.NaN;
    return Number.isFinite(value) ? [[record.step, value]] : [];
  });
}

/** Runs JOBS at a time, a row after those that it starts from. Failures are told, not hidden. */
async function trainAll(suite: CollectiveSuite, plan: readonly PlannedCollective[]) {
  const results: CollectiveResult[] = [];
  const failures: string[] = [];
  const finished = new Map<string, Promise<void>>();
  const running = new Set<Promise<void>>();
  for (const planned of plan) {
    while (running.size >= JOBS) await Promise.race(running);
    const work = (async () => {
      await Promise.all(planned.after.map((folder) => finished.get(folder)));
      results.push(await measure(suite, planned));
    })().catch((error: unknown) => {
      failures.push(`${planned.row}, seed ${planned.seed}: ${String(error)}`);
      log(failures.at(-1)!);
    });
    finished.set(planned.folder, work);
    running.add(work);
    void work.finally(() => running.delete(work));
  }
  await Promise.all(running);
  return { results, failures };
}

const columnsOf = (suite: CollectiveSuite): string[] =>
  suite.measure.flatMap((what) => what.metrics.map((metric) => columnOf(what, metric)));

function tableOf(suite: CollectiveSuite, results: readonly CollectiveResult[]): Record<string, unknown>[] {
  return Object.keys(suite.rows).map((row) => {
    const own = results.filter((each) => each.row === row);
    const cells = columnsOf(suite).flatMap((column): [string, Spread][] => {
      const values = own.flatMap(({ metrics }) => metrics[column] ?? []);
      return values.length === 0 ? [] : [[column, spread(values)]];
    });
    return { row, seeds: own.map(({ seed }) => seed).sort(), ...Object.fromEntries(cells) };
  });
}

function markdown(
  name: string,
  suite: CollectiveSuite,
  rows: readonly Record<string, unknown>[],
  results: readonly CollectiveResult[],
  text: string,
) {
  const show = ({ mean, deviation }: Spread) => `${mean.toPrecision(4)} ± ${deviation.toPrecision(2)}`;
  const columns = columnsOf(suite);
  const table = markdownTable({
    columns: [{ title: "row" }, ...columns.map((title) => ({ title, right: true })), { title: "seeds" }],
    rows: rows.map((row) => [
      String(row.row),
      ...columns.map((column) => (column in row ? show(row[column] as Spread) : "–")),
      (row.seeds as number[]).join(", "),
    ]),
  });
  const asked = results.flatMap(({ predictions }) => predictions ?? []);
  const sum = (of: (each: (typeof asked)[number]) => number) =>
    asked.reduce((all, each) => all + of(each), 0);
  const [used, missing] = [sum((each) => each.used), sum((each) => each.missing)];
  const over =
    asked.length === 0
      ? ""
      : ` Over the broker ${missing} of ${used + missing} predictions of peers were missing.`;
  return `# ${name}\n\n${table.trimEnd()}\n\nMean ± sample deviation over seeds; last checkpoint.${over}\n\n${madeFrom(COMMAND, name, text)}`;
}

async function table(name: string, text: string, filled: string): Promise<boolean> {
  const suite = parseCollectiveSuite(parse(filled, { merge: true }));
  const plan = expandCollectives(suite, join(scratchFolder("collective"), name));
  const { results, failures } = await trainAll(suite, plan);
  const rows = tableOf(suite, results);
  mkdirSync(OUT, { recursive: true });
  const kept = {
    name,
    machine: describeMachine(),
    table: rows,
    runs: results,
    failures,
    definition: parse(text, { merge: true }),
  };
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(join(OUT, `${name}.md`), markdown(name, suite, rows, results, text));
  if (suite.curve !== undefined) {
    const { module, metric } = suite.curve;
    const series = results.flatMap(({ row, seed, curve = [] }) => {
      if (seed !== suite.seeds[0]) return [];
      const points = curve.map(([x, y]) => ({ x, y, low: y, high: y }));
      return [{ name: row, colour: Object.keys(suite.rows).indexOf(row), points }];
    });
    writeFileSync(join(OUT, `${name}.svg`), chartFile({ title: `${module}: ${metric}`, series }));
  }
  return failures.length === 0;
}

await makeTables(COMMAND, SUITES, table);
