/** @file A process that reads damaged files, one seed at a time, and says how each reading ended. */
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import { MUTATIONS } from "./mutate.js";
import { fuzzedReaders } from "./readers.js";

/** How the input of one seed was taken. */
export interface Outcome {
  readonly seed: number;
  readonly reader: string;
  readonly mutation: string;
  /** `read`: it looked sound. `refused`: a UserError. `fault`: anything else that was thrown. */
  readonly end: "read" | "refused" | "fault";
  /** The error of a fault. */
  readonly error?: string;
  /** Seconds of processor time, those of other threads included. */
  readonly seconds: number;
  /** Most memory the process has held so far, bytes. */
  readonly peak: number;
}

const readers = await fuzzedReaders();

async function tryOne(seed: number): Promise<Outcome> {
  const random = new Random(seed, "fuzz");
  const reader = readers[seed % readers.length];
  const mutation = random.pick(Object.keys(MUTATIONS));
  const bytes = MUTATIONS[mutation](random.pick(reader.sound), random);
  const start = process.cpuUsage();
  let [end, error]: [Outcome["end"], string | undefined] = ["read", undefined];
  try {
    await reader.read(bytes, random.integer(2 ** 30));
  } catch (thrown) {
    end = thrown instanceof UserError ? "refused" : "fault";
    if (end === "fault") error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const { user, system } = process.cpuUsage(start);
  const peak = 1024 * process.resourceUsage().maxRSS;
  return { seed, reader: reader.name, mutation, end, error, seconds: (user + system) / 1e6, peak };
}

process.on("message", (seed: number) => {
  void tryOne(seed).then((outcome) => process.send!(outcome));
});
process.send!("ready");
