/**
 * @file npm run bench:worlds: frames a second of the built-in worlds, all their labels included: `taskloom
 * data synth` from its start to its end, files written. Writes benchmarks/results/worlds.json.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { taskloom } from "../lib/command-line.js";
import { describeMachine } from "../lib/machine.js";
import { median } from "../lib/statistics.js";

const OUT = "benchmarks/results/worlds.json";
const SIZES: Readonly<Record<string, string>> = { rooms: "96x128", streets: "96x192" };
/** Sequences, frames of each, and how often each world is rendered. */
const [SEQUENCES, FRAMES, ROUNDS] = [30, 8, 3];

const scratch = mkdtempSync(join(tmpdir(), "taskloom-worlds-"));

/** Seconds of one call. */
async function seconds(world: string, size: string, sequences: number): Promise<number> {
  const out = join(scratch, "frames");
  const counts = ["--train", String(sequences), "--val", "0", "--test", "0", "--video", String(FRAMES)];
  const begun = performance.now();
  await taskloom(["data", "synth", "--world", world, ...counts, "--size", size, "--out", out], true);
  const taken = (performance.now() - begun) / 1000;
  rmSync(out, { recursive: true });
  return taken;
}

const worlds: Record<string, object> = {};
for (const [world, size] of Object.entries(SIZES)) {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push((SEQUENCES * FRAMES) / (await seconds(world, size, SEQUENCES)));
  }
  worlds[world] = { size, framesPerSecond: median(rounds), rounds };
  process.stderr.write(`${world}, ${size}: ${median(rounds).toFixed(1)} frames/s\n`);
}
rmSync(scratch, { recursive: true });
const result = {
  what: "frames a second of `taskloom data synth`, labels, start and writing included",
  command: "npm run bench:worlds",
  frames: `${SEQUENCES} sequences of ${FRAMES}`,
  worlds,
  machine: describeMachine(),
};
writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
