/**
 * @file npm run bench:distributed -- PART...: collectives in processes, over a broker of this machine
 * (`nats-server`). `cost`: wall time and bytes of a step with 0, 1 and 2 peers elsewhere, against one
 * process; `recovery`: time from a kill to the next useful step; `cluster`: the same with one of three
 * brokers lost; `soak`: `--minutes` (30) of faults drawn from `--seed`.
 * Each writes benchmarks/results/distributed/PART.json and PART.md; with `--quick`, which tries the benchmark
 * itself at tiny sizes (and soaks for half a minute), into benchmarks/scratch.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasBroker, startBroker, type TestBroker } from "../../tests/helpers/broker.js";
import { describeMachine } from "../lib/machine.js";
import { scratchFolder } from "../lib/suite.js";
import { measureCluster } from "./cluster.js";
import { measureCost } from "./cost.js";
import { clusterMarkdown, costMarkdown, recoveryMarkdown, soakMarkdown } from "./markdown.js";
import { measureRecovery } from "./recovery.js";
import { soak } from "./soak.js";

const { values: given, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    minutes: { type: "string" },
    seed: { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const { quick } = given;
const PARTS = ["cost", "recovery", "cluster", "soak"];
const parts = positionals.length > 0 ? positionals : PARTS;
const log = (text: string) => process.stderr.write(`${text}\n`);
const wrong = parts.find((part) => !PARTS.includes(part));
if (wrong !== undefined || !hasBroker) {
  log(wrong === undefined ? "bench:distributed needs nats-server" : `no part ${wrong}: ${PARTS.join(", ")}`);
  process.exit(1);
}
const minutes = Number(given.minutes ?? (quick ? 0.5 : 30));
const seed = Number(given.seed);
const scratch = scratchFolder("distributed");
const out = quick ? scratch : "benchmarks/results/distributed";
mkdirSync(out, { recursive: true });

let sound = true;

/** Measures a part; its result, and the table that tells of it. */
async function measured(part: string, broker: TestBroker): Promise<{ result: object; table: string }> {
  const common = { folder: join(scratch, part), log };
  if (part === "cost") {
    const result = await measureCost({ ...common, quick, bus: broker.url });
    return { result, table: costMarkdown(result) };
  }
  if (part === "cluster") {
    const result = await measureCluster({ ...common, quick });
    sound &&= result.lost.length === 0;
    return { result, table: clusterMarkdown(result) };
  }
  if (part === "recovery") {
    const result = await measureRecovery({ ...common, quick, broker });
    return { result, table: recoveryMarkdown(result) };
  }
  const result = await soak({ ...common, broker, minutes, seed });
  sound &&= result.sound;
  return { result, table: soakMarkdown(result) };
}

for (const part of parts) {
  const broker = await startBroker();
  try {
    const { result, table } = await measured(part, broker);
    const file = join(out, part);
    const machine = describeMachine();
    writeFileSync(`${file}.json`, `${JSON.stringify({ machine, ...result }, null, 2)}\n`);
    const made = `Made by \`npm run bench:distributed -- ${part}\` at ${machine.commit}, ${machine.cpu}, ${machine.cores} cores.`;
    writeFileSync(`${file}.md`, `# ${part}\n\n${table}\n${made}\n`);
    log(`${part}: ${file}.md`);
  } finally {
    await broker.stop();
  }
}
process.exit(sound ? 0 : 1);
