/** @file The results as a table. */
import { markdownTable } from "../../src/report/index.js";
import type { Measured, Scale } from "./measure.js";

const TITLES = [
  ...["cells", "points", "pillars", "thousand pillars/s", "million points/s"],
  ...["training frames/s", "network frames/s", "with boxes", "from points"],
];

/** Three digits or more. */
export function rounded(rate: number): string {
  return rate.toFixed(rate >= 100 ? 0 : rate >= 10 ? 1 : 2);
}

export function speedMarkdown(rows: readonly Measured[], scale: Scale, threads: number): string {
  const table = markdownTable({
    columns: TITLES.map((title) => ({ title, right: true })),
    rows: rows.map(({ cells, points, pillars, loading, training, inference }) => [
      ...[`${cells}x${cells}`, String(points), String(pillars)],
      (loading.pillarsPerSecond / 1e3).toFixed(0),
      (loading.pointsPerSecond / 1e6).toFixed(1),
      ...[training.framesPerSecond, inference.framesPerSecond].map(rounded),
      ...[inference.withBoxesPerSecond, inference.fromPointsPerSecond].map(rounded),
    ]),
  });
  const about = [
    `PointPillars-${scale.width} of single sweeps, cells of ${scale.cell} m, up to ${scale.pointsAPillar} points a pillar and as many pillars as the sweep has,`,
    `rounded up; \`streets\` seen by 64 beams, thinned. Pillars are made in one thread; ${threads} threads for the network. Training: whole steps`,
    "on a batch of one sweep, Adam. Network: as it is exported, one sweep a run; then with the boxes of the",
    `${scale.candidates} likeliest anchors decoded and suppressed; then with the pillars made before, one after the other. Medians.`,
  ];
  return `${table}\n${about.join("\n")}\n`;
}
