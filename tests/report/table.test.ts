import { describe, expect, it } from "vitest";
import { formatMeasured, formatNumber, formatPercent, formatSeconds } from "../../src/report/numbers.js";
import { resultsTable } from "../../src/report/results-table.js";
import { displayWidth, markdownTable, textTable } from "../../src/report/table.js";

const table = {
  columns: [{ title: "task" }, { title: "mIoU", align: "right" as const }],
  rows: [
    ["depth", "0.5"],
    ["a|b\nc\\", "12.25"],
    ["深度", ""],
  ],
};

describe("tables", () => {
  it("line up as plain text", () => {
    expect(textTable({ ...table, rows: [table.rows[0], table.rows[2]] })).toBe(
      "task   mIoU\n─────  ────\ndepth   0.5\n深度\n",
    );
  });

  it("are Markdown, with bars escaped", () => {
    expect(markdownTable(table)).toBe(
      [
        "| task     |  mIoU |",
        "| -------- | ----: |",
        "| depth    |   0.5 |",
        "| a\\|b c\\\\ | 12.25 |",
        "| 深度     |       |",
        "",
      ].join("\n"),
    );
  });

  it("do without rows", () => {
    expect(textTable({ columns: [{ title: "a" }], rows: [] })).toBe("a\n─\n");
  });

  it("measure text as terminals show it", () => {
    expect(["abc", "\u001b[32mab\u001b[39m", "深度", "e\u0301", "±–↑━"].map(displayWidth)).toEqual([
      3, 2, 4, 1, 4,
    ]);
  });
});

it("metrics of some data sets alone have a row where a run has a number", () => {
  const metrics = [
    { name: "ap", unit: "%", better: "higher" as const },
    { name: "kittiEasy", unit: "%", better: "higher" as const, special: true },
  ];
  const rowsOf = (...values: number[]) =>
    resultsTable({
      tasks: [{ name: "boxes", metrics, primaryMetric: "ap" }],
      runs: values.map((kittiEasy, i) => ({
        ...{ name: `r${i}`, records: [], final: { boxes: { ap: 50, kittiEasy } } },
      })),
    }).rows.map(([, name]) => name);
  expect(rowsOf(Number.NaN)).toEqual(["ap [%] ↑"]);
  expect(rowsOf(Number.NaN, 30)).toEqual(["ap [%] ↑", "kittiEasy [%] ↑", "Delta% ↑"]);
});

describe("numbers", () => {
  it.each([
    [0, "0", "0"],
    [12, "12", "12.00"],
    [-3.5, "−3.5", "−3.500"],
    [0.123456, "0.1235", "0.1235"],
    [0.00123456, "0.001235", "0.001235"],
    [0.5, "0.5", "0.5000"],
    [1e-4, "1e-4", "1.00e-4"],
    [1.5e7, "1.5e7", "1.50e7"],
    [12345.6, "12346", "12346"],
    [1200, "1200", "1200"],
    [Number.NaN, "–", "–"],
    [Number.NEGATIVE_INFINITY, "−∞", "−∞"],
  ])("writes %d as %s, or %s in a column", (value, text, measured) => {
    expect([formatNumber(value), formatMeasured(value)]).toEqual([text, measured]);
  });

  it("writes percentages with their sign and spans of time by their largest units", () => {
    expect([3.25, -0.5, 0, Number.NaN].map(formatPercent)).toEqual(["+3.3%", "−0.5%", "0.0%", "–"]);
    expect([0, 59.4, 59.6, 125, 3599.9, 7500, 100_000, Number.NaN].map(formatSeconds)).toEqual([
      "0s",
      "59s",
      "1m 00s",
      "2m 05s",
      "1h 00m",
      "2h 05m",
      "1d 04h",
      "–",
    ]);
  });
});

describe("resultsTable", () => {
  const tasks = [
    {
      name: "depth",
      primaryMetric: "error",
      metrics: [{ name: "error", unit: "m", better: "lower" as const }],
    },
    {
      name: "segmentation",
      primaryMetric: "mIoU",
      metrics: [{ name: "mIoU", unit: "", better: "higher" as const }],
    },
  ];
  const run = (name: string, error: number, mIoU: number) => ({
    name,
    records: [],
    final: { depth: { error }, segmentation: { mIoU } },
  });

  it("has a row a metric, a column a run, and Delta% against the first", () => {
    const runs = [run("a", 1, 0.5), run("b", 0.9, 0.6)];
    expect(resultsTable({ tasks, runs }).rows).toEqual([
      ["depth", "error [m] ↓", "1.000", "0.9000"],
      ["segmentation", "mIoU ↑", "0.5000", "0.6000"],
      ["all", "Delta% ↑", "", "+15.0%"],
    ]);
    expect(resultsTable({ tasks, runs: [runs[0]] }).rows).toHaveLength(2);
  });

  it("shows spreads, a given Delta%, and dashes for what is missing", () => {
    const runs = [
      { ...run("a", 1, 0.5), spread: { depth: { error: 0.1 } } },
      { name: "b", records: [], final: {}, delta: { value: 2, spread: 0.5 } },
    ];
    expect(resultsTable({ tasks, runs }).rows).toEqual([
      ["depth", "error [m] ↓", "1.000 ± 0.1000", "–"],
      ["segmentation", "mIoU ↑", "0.5000", "–"],
      ["all", "Delta% ↑", "", "+2.0% ± 0.5%"],
    ]);
  });
});
