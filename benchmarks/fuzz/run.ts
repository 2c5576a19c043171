/**
 * @file npm run bench:fuzz: damaged files for every reader. Writes benchmarks/results/fuzz.json after every
 * 250 inputs; called again, it goes on with the next seed, or begins anew where it was done or --again is
 * given. Ends with 1 where a reader crashed, hung or took too much memory.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../lib/machine.js";
import type { Outcome } from "./child.js";

const OUT = "benchmarks/results/fuzz.json";
const INPUTS = 20_000;
/** A process reads so many inputs, so that what it holds at most is of few. */
const CHUNK = 250;
const [LONGEST_SECONDS, MOST_MEMORY] = [2, 2 ** 30];
/** Wall time after which a process is given up. */
const GIVE_UP_MS = 60_000;
const log = (text: string) => process.stderr.write(`${text}\n`);

interface ReaderResult {
  inputs: number;
  read: number;
  refused: number;
  slowestSeconds: number;
}

interface Result {
  readonly what: string;
  readonly command: string;
  machine: ReturnType<typeof describeMachine>;
  inputs: number;
  peakMemoryMiB: number;
  /** Processes that ended with an input which a new process then read by itself: killed from outside. */
  restarts: number;
  readonly readers: Record<string, ReaderResult>;
  /** Crashes, hangs, too much memory and errors that are no UserErrors. */
  readonly faults: { seed: number; reader: string; mutation: string; what: string }[];
}

function freshResult(): Result {
  return {
    what: "damaged files (truncations, bit flips, random headers, ...) read by every reader: each must be read or refused with a UserError, within 2 s of processor time and 1 GiB of memory",
    command: "npm run bench:fuzz",
    machine: describeMachine(),
    inputs: 0,
    peakMemoryMiB: 0,
    restarts: 0,
    readers: {},
    faults: [],
  };
}

function openResult(): Result {
  if (process.argv.includes("--again") || !existsSync(OUT)) return freshResult();
  const result = JSON.parse(readFileSync(OUT, "utf8")) as Result;
  return result.inputs >= INPUTS ? freshResult() : result;
}

/** One answer of the child; undefined where it ended or hangs. */
function answer<T>(child: ChildProcess): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(undefined), GIVE_UP_MS);
    const finish = (value: T | undefined) => {
      clearTimeout(timer);
      child.off("message", finish as (message: unknown) => void);
      child.off("exit", ended);
      resolve(value);
    };
    const ended = () => finish(undefined);
    child.once("message", finish as (message: unknown) => void);
    child.once("exit", ended);
  });
}

function note(result: Result, outcome: Outcome): void {
  const { seed, reader, mutation, end, error, seconds, peak } = outcome;
  result.readers[reader] ??= { inputs: 0, read: 0, refused: 0, slowestSeconds: 0 };
  const own = result.readers[reader];
  own.inputs++;
  if (end !== "fault") own[end]++;
  own.slowestSeconds = Math.max(own.slowestSeconds, Number(seconds.toFixed(3)));
  result.peakMemoryMiB = Math.max(result.peakMemoryMiB, Math.round(peak / 2 ** 20));
  const faults = [
    ...(end === "fault" ? [error ?? "an error"] : []),
    ...(seconds > LONGEST_SECONDS ? [`took ${seconds.toFixed(1)} s of processor time`] : []),
    ...(peak > MOST_MEMORY ? [`the process held ${Math.round(peak / 2 ** 20)} MiB`] : []),
  ];
  for (const what of faults) {
    result.faults.push({ seed, reader, mutation, what });
    log(`seed ${seed} (${reader}, ${mutation}): ${what}`);
  }
}

function start(): ChildProcess {
  const path = fileURLToPath(new URL("./child.js", import.meta.url));
  return fork(path, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/**
 * Outcomes of inputs in a process of their own, in order; the last is undefined where the process did not
 * survive it.
 */
async function* outcomes(from: number, end: number): AsyncGenerator<Outcome | undefined> {
  const child = start();
  try {
    if ((await answer(child)) === undefined) return yield undefined;
    for (let seed = from; seed < end; seed++) {
      if (child.connected) child.send(seed);
      const outcome = child.connected ? await answer<Outcome>(child) : undefined;
      yield outcome;
      if (outcome === undefined || outcome.peak > MOST_MEMORY) return;
    }
  } finally {
    child.kill("SIGKILL");
  }
}

/** Reads inputs up to `end`; one that a process does not survive is read again by a new one, alone. */
async function readChunk(result: Result, end: number): Promise<void> {
  for await (const outcome of outcomes(result.inputs, end)) {
    const seed = result.inputs++;
    if (outcome !== undefined) {
      note(result, outcome);
      continue;
    }
    const { value: again } = await outcomes(seed, seed + 1).next();
    if (again !== undefined) {
      result.restarts++;
      note(result, again);
    } else {
      const what = "the process ended, or did not answer, twice";
      result.faults.push({ seed, reader: "unknown", mutation: "unknown", what });
      log(`seed ${seed}: ${what}`);
    }
  }
}

const result = openResult();
result.machine = describeMachine();
while (result.inputs < INPUTS) {
  await readChunk(result, Math.min(INPUTS, (Math.floor(result.inputs / CHUNK) + 1) * CHUNK));
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
  log(`${result.inputs} of ${INPUTS}, ${result.faults.length} faults`);
}
process.exitCode = result.faults.length > 0 ? 1 : 0;
