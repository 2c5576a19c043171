// Trains and compares what a suite file names: node examples/04-compare-methods.mjs [FOLDER]
// Half a minute on two cores. Interrupted, it goes on where it stopped; `taskloom bench examples/suite.yaml`
// does the same from the command line.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSuite, runSuite } from "taskloom/bench";

const out = join(process.argv[2] ?? "runs/example", "suite");
const suite = await readSuite(fileURLToPath(new URL("suite.yaml", import.meta.url)));
const { results } = await runSuite(suite, { out, jobs: 2, log: console.error });

for (const { method, metrics } of results.summary) {
  console.log(
    `${method}: depth aErr ${metrics.depth.mean.toFixed(3)} ± ${metrics.depth.deviation.toFixed(3)} m`,
  );
}
console.log(readFileSync(join(out, "results.md"), "utf8"));
