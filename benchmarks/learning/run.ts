/**
 * @file npm run bench:learning: JTR against supervised training on the built-in world `rooms`, one label an image, three seeds. Writes
 * benchmarks/results/learning.json. Settings were chosen on the validation images of other world seeds; the test images below were measured once
 * with these, with the averaged weights of the last step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { measureSuite, scratchFolder } from "../lib/suite.js";

const SUITE = "benchmarks/learning/suite.yaml";
const OUT = "benchmarks/results/learning.json";

const suite = parse(readFileSync(SUITE, "utf8")) as { base: unknown; methods: unknown };
const { summary, runs, machine, taskloom } = await measureSuite(scratchFolder("learning"), "suite", suite);
const delta = summary.find(({ method }) => method === "jtr")!.deltaPercent!;
const result = {
  what: "JTR against supervised multi-task training, rooms, onelabel",
  command: "npm run bench:learning",
  deltaPercent: delta,
  beatsSpread: delta.mean > delta.deviation,
  summary,
  suite,
  taskloom,
  machine,
  runs,
};
writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
process.stderr.write(`Delta% ${delta.mean.toFixed(2)} ± ${delta.deviation.toFixed(2)}. ${OUT}\n`);
