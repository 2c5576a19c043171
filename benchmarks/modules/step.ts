/**
 * @file Trains a collective for some steps and prints how long each took and the largest resident set:
 * `step.js CONFIG.json FOLDER`.
 */
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { peakMemoryBytes } from "../../src/training/resources.js";

export interface StepTimes {
  readonly ms: readonly number[];
  /** Bytes. */
  readonly peak: number;
}

const [file, folder] = process.argv.slice(2);
const config = await readCollective(file, []);
const ms: number[] = [];
let before = performance.now();
const onStep = () => {
  const now = performance.now();
  ms.push(now - before);
  before = now;
};
await trainCollective({ config, folder, onStep });
process.stdout.write(JSON.stringify({ ms, peak: peakMemoryBytes() } satisfies StepTimes));
