import { expect, it } from "vitest";
import { streetSweeps } from "../../benchmarks/lib/street-sweeps.js";
import { speedMarkdown } from "../../benchmarks/pointpillars/markdown.js";
import { measure } from "../../benchmarks/pointpillars/measure.js";
import { occupied, thinned } from "../../benchmarks/pointpillars/sweeps.js";
import { cellOf } from "../../src/geometry/boxes/bird-grid.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";

const source = streetSweeps({ sensor: "hdl-64e", columns: 60, snippets: 1, frames: 1 });
const GRID = { x: [-8, 8], y: [-8, 8], z: [-3, 2], cell: 0.5 } as const;

it("thins sweeps to as many points as asked for, in their order, and counts what a grid holds", async () => {
  const { points } = await source.readSweep("train", "0-0");
  const kept = thinned(points, 700);
  expect(kept.length).toBe(4 * 700);
  const rows = (all: Float32Array) =>
    Array.from({ length: all.length / 4 }, (_, i) => all.subarray(4 * i, 4 * i + 4).join(" "));
  const known = new Map(rows(points).map((row, i) => [row, i]));
  const places = rows(kept).map((row) => known.get(row)!);
  expect(places.every((place, i) => i === 0 || place > places[i - 1])).toBe(true);
  expect(() => thinned(points, points.length)).toThrow(/has no/);
  const cells = Array.from({ length: 700 }, (_, i) => {
    const [x, y, z] = kept.subarray(4 * i);
    return z >= -3 && z < 2 ? cellOf(GRID, x, y)?.join(" ") : undefined;
  }).filter((cell) => cell !== undefined);
  expect(occupied(kept, GRID)).toEqual({ points: cells.length, pillars: new Set(cells).size });
});

it("measures loading, training and inference of a tiny network", async () => {
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const scale = { cell: 0.5, width: 4, pointsAPillar: 8, seconds: 0, candidates: 20 };
  const row = await measure(engine, source, { cells: 32, points: 700 }, scale);
  expect(row.pillars).toBeGreaterThan(50);
  expect(row.pillars).toBeLessThanOrEqual(row.limit);
  const { loading, training, inference } = row;
  expect(loading.pillarsPerSecond * (loading.ms / 1000)).toBeCloseTo(row.pillars, 3);
  expect(training.framesPerSecond * training.ms).toBeCloseTo(1000, 3);
  expect(inference.decodingMs).toBeGreaterThan(0);
  const whole = loading.ms + inference.networkMs + inference.decodingMs;
  expect(inference.fromPointsPerSecond * whole).toBeCloseTo(1000, 3);
  const table = speedMarkdown([row], scale, 1);
  expect(table).toMatch(new RegExp(`\\| 32x32 +\\| +700 +\\| +${row.pillars} +\\|`));
});
