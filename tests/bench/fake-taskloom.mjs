// Stands for `taskloom` in tests of the scheduler: trains and measures in no time, and writes down what it
// was asked. A run whose configuration says `steps: 13` fails; one that says `steps: 17` waits for SIGINT or
// a kill where it is not resumed.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [command, first, ...rest] = process.argv.slice(2);
appendFileSync(process.env.JOURNAL, `${process.argv.slice(2).join(" ")}\n`);
const steps = (folder) =>
  Number(/^steps: (\d+)$/m.exec(readFileSync(join(folder, "..", "config.yaml"), "utf8"))[1]);

if (command === "train") {
  const folder = rest[1];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.resolved.yaml"), "");
  if (steps(folder) === 13) {
    process.stderr.write("step 1\nerror: it broke | so be it\n");
    process.exit(1);
  }
  if (steps(folder) === 17 && !rest.includes("--resume")) {
    const alive = setInterval(() => undefined, 1000);
    await new Promise((stop) => process.once("SIGINT", stop));
    clearInterval(alive);
    process.exit(130);
  }
  const step = {
    kind: "step",
    step: 1,
    epoch: 0,
    losses: {},
    learningRates: { main: 1 },
    timing: { seconds: 2, imagesPerSecond: 1 },
  };
  writeFileSync(join(folder, "metrics.jsonl"), `${JSON.stringify(step)}\n`.repeat(3));
  const resources = { peakMemoryBytes: 2 ** 28, parameters: { network: 1500, helpers: 0 } };
  writeFileSync(join(folder, "resources.json"), JSON.stringify(resources));
} else {
  const metrics = { depth: { aErr: steps(first) / 10, delta1: null } };
  process.stdout.write(JSON.stringify({ images: 4, metrics, tasks: [{ name: "depth", kind: "depth" }] }));
}
