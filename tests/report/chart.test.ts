import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chartFile, lineChart, shareBars } from "../../src/report/chart.js";
import { linearScale, logScale } from "../../src/report/scale.js";
import { curvesOf, thin } from "../../src/report/series.js";
import { fakeRun } from "./fake-data.js";

describe("scales", () => {
  const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });

  it("are linear, with a few round ticks around the range", () => {
    expect(linearScale(0.13, 0.87, 4).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0, 3000, 5, true).ticks).toEqual([0, 1000, 2000, 3000]);
    fc.assert(
      fc.property(value, value, fc.boolean(), (a, b, tight) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const { ticks, place } = linearScale(low, high, 4, tight);
        expect(ticks.length).toBeLessThanOrEqual(7);
        for (const each of [low, high]) {
          expect(place(each)).toBeGreaterThanOrEqual(-1e-6);
          expect(place(each)).toBeLessThanOrEqual(1 + 1e-6);
        }
      }),
    );
  });

  it("are logarithmic, with at least two ticks", () => {
    expect(logScale(0.01, 10).ticks).toEqual([0.01, 0.03, 0.1, 0.3, 1, 3, 10]);
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e3, noNaN: true }),
        fc.double({ min: 50, max: 1e9, noNaN: true }),
        (low, ratio) => {
          const { ticks, place } = logScale(low, low * ratio);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(10);
          expect([place(low), place(low * ratio)]).toEqual([0, 1]);
        },
      ),
    );
  });
});

describe("curves", () => {
  it("are thinned to means and extremes, without values that are no numbers", () => {
    const points = Array.from({ length: 1000 }, (_, i) => [i + 1, i % 2] as const);
    const thinned = thin([...points, [1001, Number.NaN]], 100);
    expect(thinned).toHaveLength(100);
    expect(thinned[0]).toEqual({ x: 10, y: 0.5, low: 0, high: 1 });
    expect(thinned.at(-1)?.x).toBe(1000);
    expect(thin([])).toEqual([]);
  });

  it("have a gap where a batch said nothing of a loss, and no zero", () => {
    const step = (number: number, depth: number | null) =>
      ({ kind: "step", step: number, epoch: 0, losses: { depth }, learningRates: {} }) as const;
    const { losses } = curvesOf([step(1, 0.5), step(2, null), step(3, 0.25)]);
    expect(losses.get("depth")?.map(({ x, y }) => [x, y])).toEqual([
      [1, 0.5],
      [3, 0.25],
    ]);
  });

  it("come from records, metrics from the split evaluated most often", () => {
    const { records } = fakeRun("jtr", 0.7, 1000);
    const test = {
      kind: "evaluation",
      step: 1000,
      epoch: 9,
      split: "test",
      metrics: { depth: { other: 1 } },
    } as const;
    const curves = curvesOf([...records, test]);
    expect([...curves.losses.keys()]).toEqual([
      "segmentation",
      "depth",
      "normals",
      "distance",
      "reconstruction",
      "total",
    ]);
    expect(curves.split).toBe("val");
    expect(curves.metrics.get("depth/absoluteError")?.map((point) => point.x)).toEqual([250, 500, 750, 1000]);
    expect(curves.metrics.has("depth/other")).toBe(false);
    expect(curvesOf([])).toEqual({
      losses: new Map(),
      learningRates: new Map(),
      metrics: new Map(),
      split: undefined,
    });
  });
});

describe("charts", () => {
  const point = (x: number, y: number) => ({ x, y, low: y, high: y });

  it("say in words what they show", () => {
    const series = [{ name: "jtr", colour: 0, points: [point(1, 0.5), point(10, 0.25)] }];
    const { text } = lineChart({ title: "depth <m>", note: "lower is better", series });
    expect(text).toContain('aria-label="depth &lt;m&gt;. jtr: 0.5 at step 1, 0.25 at step 10"');
    expect(text).toContain("<b>depth &lt;m&gt;</b> <small>lower is better</small>");
    expect(text).not.toContain("log scale");
  });

  it("are logarithmic for wide positive ranges only", () => {
    const chart = (low: number) =>
      lineChart({ title: "a", series: [{ name: "b", colour: 0, points: [point(1, low), point(2, 1000)] }] })
        .text;
    expect([1, 100, 0, -1].map((low) => chart(low).includes("log scale"))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("draw any numbers without NaN or infinity in their paths", () => {
    const y = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), y), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (pairs, bands) => {
          const points = thin(
            [...pairs].sort(([a], [b]) => a - b),
            5,
          );
          const { text } = lineChart({ title: "a", series: [{ name: "b", colour: 1, points }], bands });
          expect(text).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
    );
  });

  it("keep every point within their frame, also left of zero", () => {
    const points = [point(-3, 1), point(-1, 2), point(2, 1.5)];
    const { text } = lineChart({ title: "a", series: [{ name: "b", colour: 0, points }] });
    const line = /class="line c0" d="M([^"]+)"/.exec(text)![1];
    const places = line.split("L").map((place) => Number(place.split(" ")[0]));
    expect(places[0]).toBe(52);
    expect(places.at(-1)).toBe(368);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it("are nothing where there is nothing", () => {
    expect(lineChart({ title: "a", series: [{ name: "b", colour: 0, points: [] }] }).text).toBe("");
  });

  it("draw shares as bars", () => {
    const { text } = shareBars([
      { name: "a & b", count: 1, total: 3 },
      { name: "none", count: 0, total: 0 },
    ]);
    expect(text).toContain('<th scope="row">a &amp; b</th>');
    expect(text).toContain('width="33.3"');
    expect(text).toContain("1 of 3");
    expect(text).not.toContain("NaN");
  });
});

describe("a chart as a file", () => {
  const points = [2, 5].map((x) => ({ x, y: 10 * x, low: x, high: x }));

  it("stands alone: colours, title, legend, and what its axis counts", () => {
    const svg = chartFile({
      title: "Cost <1>",
      series: [{ name: "jtr", points, colour: 1 }],
      horizontal: "tasks",
    });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("Cost &lt;1&gt;. jtr: 20 at tasks 2, 50 at tasks 5");
    expect(svg).toMatch(/--c1:/);
    expect(svg).toMatch(/>jtr<\/text>/);
    expect(svg).toMatch(/>tasks<\/text>/);
  });

  it("needs something to draw", () => {
    expect(() => chartFile({ title: "Nothing", series: [] })).toThrow(/Nothing: no points/);
  });
});
