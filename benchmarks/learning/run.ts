/**
 * @file npm run bench:learning: JTR against supervised training on the built-in world `rooms`, one label an
 * image, three seeds: on the images made small first, and from there on the same images of 96x128. Writes
 * benchmarks/results/learning.json. Nothing was chosen on the test images, but JTR was measured twice at
 * 96x128: at first its auto-encoder began anew there. The weights are the averaged ones of the last step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { measureSuite, scratchFolder } from "../lib/suite.js";

const SUITE = "benchmarks/learning/suite.yaml";
const OUT = "benchmarks/results/learning.json";

const suite = parse(readFileSync(SUITE, "utf8")) as { settings: object };
const { summary, runs, machine, taskloom } = await measureSuite(scratchFolder("learning"), "suite", suite);
const deltas = Object.keys(suite.settings).map((setting) => {
  const row = summary.find((each) => each.setting === setting && each.method === "jtr")!;
  return { setting, ...row.deltaPercent! };
});
const result = {
  what: "JTR against supervised multi-task training, rooms, onelabel",
  command: "npm run bench:learning",
  deltaPercent: deltas.map((delta) => ({ ...delta, beatsSpread: delta.mean > delta.deviation })),
  summary,
  suite,
  taskloom,
  machine,
  runs,
};
writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
for (const { setting, mean, deviation } of deltas) {
  process.stderr.write(`${setting}: Delta% ${mean.toFixed(2)} ± ${deviation.toFixed(2)}\n`);
}
process.stderr.write(`${OUT}\n`);
