/** @file `results.md`: one table a setting, a row a method. */
import { formatCount, formatMeasured, formatPercent, formatSeconds } from "../report/numbers.js";
import { markdownTable } from "../report/table.js";
import { groupBy } from "./groups.js";
import type { MeasuredTask } from "./record.js";
import type { BenchResults, ResultRow, SummaryRow } from "./results.js";
import type { Spread } from "./statistics.js";

/** The page. Best means in bold, failed and pending runs in rows of their own. */
export function resultsMarkdown(results: BenchResults): string {
  const { suite, baseline, split, checkpoint, machine, taskloom, runs } = results;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const tables = [...groupBy(runs, ({ setting, network }) => [setting, network]).values()];
  const parts = tables.map((rows) => {
    const heading = [rows[0].setting, rows[0].network].filter((part) => part !== "").join(", ");
    return `${heading === "" ? "" : `## ${heading}\n\n`}${settingTable(rows, results)}`;
  });
  const images = [...new Set(runs.flatMap((run) => run.images ?? []))];
  const about = [
    `Split \`${split}\`${images.length === 0 ? "" : ` (${images.join(" or ")} images)`}, ${checkpoint} checkpoint,`,
    `${seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds.join(", ")}: mean ± sample deviation`}.`,
    ...(baseline === undefined ? [] : [`Δ% against ${baseline}, paired by seed.`]),
    "Time is that of training steps; memory the largest resident set of the training process; parameters: kept + helper networks.",
  ];
  const where = `Taskloom ${taskloom}, Node ${machine.node}, ${machine.platform}, ${machine.cpu}, ${machine.threads} threads.`;
  return [`# ${suite}`, about.join(" "), ...parts.map((part) => part.trimEnd()), where]
    .join("\n\n")
    .concat("\n");
}

/** The table of one setting on one network. `rows` are its runs. */
function settingTable(rows: readonly ResultRow[], { summary, baseline }: BenchResults): string {
  const [{ setting, network }] = rows;
  const methods = [...new Set(rows.map(({ method }) => method))];
  const own = summary.filter((each) => each.setting === setting && each.network === network);
  const tasks = [
    ...new Map(rows.flatMap(({ tasks: of = [] }) => of).map((task) => [task.name, task])).values(),
  ];
  const named = new Set(own.flatMap((row) => Object.keys(row.elsewhere ?? {})));
  const elsewhere = [...named].flatMap((on) =>
    tasks
      .filter((task) => own.some((row) => row.elsewhere?.[on]?.[task.name] !== undefined))
      .map((task) => ({ on, task })),
  );
  const best = new Map(
    tasks.map((task) => [
      task.name,
      bestOf(
        own.map(({ metrics }) => metrics[task.name]),
        task,
      ),
    ]),
  );
  const bestDelta = Math.max(
    0,
    ...own.flatMap(({ deltaPercent }) => deltaPercent?.mean ?? []).filter(Number.isFinite),
  );
  const bold = (text: string, isBest: boolean) => (isBest && own.length > 1 ? `**${text}**` : text);

  const summaryCells = (row: SummaryRow, planned: number): string[] => {
    const partial = row.seeds.length < planned ? ` (${row.seeds.length} of ${planned} seeds)` : "";
    const metrics = tasks.map(({ name }) => {
      const value = row.metrics[name];
      return value === undefined
        ? "–"
        : bold(withDeviation(value, formatMeasured), value.mean === best.get(name));
    });
    const others = elsewhere.map(({ on, task }) => {
      const value = row.elsewhere?.[on]?.[task.name];
      const isBest =
        value?.mean ===
        bestOf(
          own.map((each) => each.elsewhere?.[on]?.[task.name]),
          task,
        );
      return value === undefined ? "–" : bold(withDeviation(value, formatMeasured), isBest);
    });
    const { deltaPercent: delta } = row;
    const deltaText =
      row.method === baseline
        ? bold("baseline", bestDelta === 0)
        : delta === null
          ? "–"
          : bold(
              withDeviation(delta, formatPercent, (value) => `${value.toFixed(1)}%`),
              delta.mean === bestDelta,
            );
    return [
      `${row.method}${partial}`,
      ...metrics,
      ...others,
      ...(baseline === undefined ? [] : [deltaText]),
      withDeviation(row.trainingSeconds, formatSeconds),
      withDeviation(row.peakMemoryBytes, formatMebibytes),
      `${formatCount(row.parameters.network)}${row.parameters.helpers === 0 ? "" : ` + ${formatCount(row.parameters.helpers)}`}`,
    ];
  };

  const cells = methods.flatMap((method) => {
    const runs = rows.filter((row) => row.method === method);
    const done = own.find((row) => row.method === method);
    const missing = runs
      .filter(({ status }) => status !== "done")
      .map(({ seed, status, error }) => [
        `${method}, seed ${seed}`,
        status === "failed" ? `failed: ${firstLine(error)}` : "pending",
      ]);
    return [...(done === undefined ? [] : [summaryCells(done, runs.length)]), ...missing];
  });
  const title = ({ name, metric, unit, better }: MeasuredTask) =>
    `${name} ${metric}${unit === "" ? "" : ` [${unit}]`} ${better === "higher" ? "↑" : "↓"}`;
  const numbers = [
    ...tasks.map(title),
    ...elsewhere.map(({ on, task }) => `${on}: ${title(task)}`),
    ...(baseline === undefined ? [] : ["Δ% ↑"]),
    ...["time", "memory", "parameters"],
  ];
  return markdownTable({
    columns: [{ title: "method" }, ...numbers.map((each) => ({ title: each, align: "right" as const }))],
    rows: cells,
  });
}

/** The best mean; NaN, which equals nothing, where there is none. */
function bestOf(values: readonly (Spread | undefined)[], { better }: MeasuredTask): number {
  const means = values.flatMap((value) => value?.mean ?? []).filter(Number.isFinite);
  if (means.length === 0) return Number.NaN;
  return better === "higher" ? Math.max(...means) : Math.min(...means);
}

function withDeviation(
  { mean, deviation, values }: Spread,
  format: (value: number) => string,
  formatDeviation = format,
): string {
  return values.length < 2 || !Number.isFinite(mean)
    ? format(mean)
    : `${format(mean)} ± ${formatDeviation(deviation)}`;
}

function formatMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function firstLine(text = "for a reason that was not recorded"): string {
  return text.split("\n")[0];
}
