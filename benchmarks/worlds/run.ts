/**
 * @file npm run bench:worlds: frames a second of the built-in worlds, all their labels included: rendered in
 * two threads, and by `taskloom data synth` from its start to its end, files written. Writes
 * benchmarks/results/worlds.json.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { worldByName } from "../../src/worlds/index.js";
import { taskloom } from "../lib/command-line.js";
import { describeMachine } from "../lib/machine.js";
import { median } from "../lib/statistics.js";

const OUT = "benchmarks/results/worlds.json";
const SIZES: Readonly<Record<string, string>> = { rooms: "96x128", streets: "96x192" };
/** Sequences, frames of each, and how often each world is rendered. */
const [SEQUENCES, FRAMES, ROUNDS] = [30, 8, 3];

const THREADS = 2;

/** Renders every second sequence from number `first` on, after some of another seed that warm it up. */
function render(world: string, size: string, first: number): void {
  const [height, width] = size.split("x").map(Number);
  const all = (seed: number, sequences: number) => {
    for (let index = first; index < sequences; index += THREADS) {
      let frames = 0;
      for (const _ of worldByName(world).video!.frames(seed, "train", index, height, width)) {
        if (++frames === FRAMES) break;
      }
    }
  };
  all(1, 2 * THREADS);
  parentPort!.postMessage("warm");
  parentPort!.once("message", () => {
    all(0, SEQUENCES);
    parentPort!.postMessage("done");
  });
}

/** Seconds that the threads take to render, started and warmed up. */
async function renderingSeconds(world: string, size: string): Promise<number> {
  const threads = Array.from(
    { length: THREADS },
    (_, first) => new Worker(new URL(import.meta.url), { workerData: { world, size, first } }),
  );
  const next = () =>
    Promise.all(threads.map((thread) => new Promise((tell) => thread.once("message", tell))));
  await next();
  const begun = performance.now();
  for (const thread of threads) thread.postMessage("go");
  await next();
  const taken = (performance.now() - begun) / 1000;
  await Promise.all(threads.map((thread) => thread.terminate()));
  return taken;
}

/** Seconds of one call of `data synth`. */
async function synthSeconds(scratch: string, world: string, size: string): Promise<number> {
  const out = join(scratch, "frames");
  const counts = ["--train", String(SEQUENCES), "--val", "0", "--test", "0", "--video", String(FRAMES)];
  const begun = performance.now();
  await taskloom(["data", "synth", "--world", world, ...counts, "--size", size, "--out", out], true);
  const taken = (performance.now() - begun) / 1000;
  rmSync(out, { recursive: true });
  return taken;
}

async function rates(seconds: () => Promise<number>): Promise<{ framesPerSecond: number; rounds: number[] }> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push((SEQUENCES * FRAMES) / (await seconds()));
  return { framesPerSecond: median(rounds), rounds };
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "taskloom-worlds-"));
  const worlds: Record<string, object> = {};
  for (const [world, size] of Object.entries(SIZES)) {
    const rendered = await rates(() => renderingSeconds(world, size));
    const written = await rates(() => synthSeconds(scratch, world, size));
    worlds[world] = { size, rendered, written };
    const [shown, synth] = [rendered, written].map(({ framesPerSecond }) => framesPerSecond.toFixed(1));
    process.stderr.write(`${world}, ${size}: ${shown} frames/s rendered, ${synth} written\n`);
  }
  rmSync(scratch, { recursive: true });
  const result = {
    what: "frames a second, every label included: rendered in two threads; by `taskloom data synth`, start and writing included",
    command: "npm run bench:worlds",
    frames: `${SEQUENCES} sequences of ${FRAMES}`,
    worlds,
    machine: describeMachine(),
  };
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
}

if (isMainThread) await main();
else {
  const { world, size, first } = workerData as { world: string; size: string; first: number };
  render(world, size, first);
}
