/**
 * @file npm run bench:pointpillars [-- --quick]: how many pillars a second the loader makes, and how many
 * sweeps a second PointPillars trains on and finds boxes in, against the size of the grid and the number of
 * points. Writes benchmarks/results/pointpillars.json and .md. `--quick` tries the benchmark itself at tiny
 * sizes, into benchmarks/scratch; `--cells 128,256`, `--points 20000`, `--width 32`, `--threads 1` and
 * `--seconds 3` (for each measurement, at least) change what is measured.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { describeMachine } from "../lib/machine.js";
import { streetSweeps } from "../lib/street-sweeps.js";
import { scratchFolder } from "../lib/suite.js";
import { rounded, speedMarkdown } from "./markdown.js";
import { type Measured, measure, type Scale } from "./measure.js";

const { values: given } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    cells: { type: "string" },
    points: { type: "string" },
    width: { type: "string" },
    seconds: { type: "string" },
    threads: { type: "string", default: "2" },
    out: { type: "string" },
  },
});
/** The last grid is the one of the Waymo experiments, and its width. */
const FULL = { cells: "128,256,468", points: "5000,20000,60000,120000", width: "64", seconds: "3" };
const QUICK = { cells: "32,64", points: "500,2000", width: "4", seconds: "0" };
const usual = given.quick ? QUICK : FULL;
/** Firings of a turn: more than the sensor has, for sweeps of more points. */
const COLUMNS = given.quick ? 200 : 3000;

const numbers = (list: string) => list.split(",").map(Number);
const log = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { width, seconds, cells, points } = { ...usual, ...given };
  const scale: Scale = {
    ...{ cell: 0.32, width: Number(width), pointsAPillar: 20 },
    ...{ seconds: Number(seconds), candidates: 500 },
  };
  const threads = Number(given.threads);
  const engine = await nodeEngine({ provider: "cpu", threads });
  const source = streetSweeps({ sensor: "hdl-64e", columns: COLUMNS, snippets: 1, frames: 1 });
  const rows: Measured[] = [];
  for (const side of numbers(cells)) {
    for (const count of numbers(points)) {
      const row = await measure(engine, source, { cells: side, points: count }, scale);
      rows.push(row);
      const { training, inference, pillars } = row;
      log(
        `${side}x${side} cells, ${count} points, ${pillars} pillars: ${rounded(training.framesPerSecond)} frames/s trained on, ` +
          `${rounded(inference.framesPerSecond)} through the network, ${rounded(inference.fromPointsPerSecond)} from points to boxes`,
      );
    }
  }
  const machine = describeMachine();
  const result = { command: "npm run bench:pointpillars", scale, threads, rows, machine };
  const out =
    given.out ??
    join(given.quick ? scratchFolder("pointpillars") : "benchmarks/results", "pointpillars.json");
  writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
  const { commit, cpu, cores } = machine;
  const made = `Made by \`npm run bench:pointpillars\` at ${commit}, ${cpu}, ${cores} cores.`;
  writeFileSync(
    out.replace(/\.json$/, ".md"),
    `# PointPillars: frames and pillars a second\n\n${speedMarkdown(rows, scale, threads)}\n${made}\n`,
  );
  log(out);
}

await main();
