/**
 * @file npm run bench:modules: time and memory of a collective's step, of two, three and four modules,
 * against the sum of its parts: the steps of its modules trained alone. In a collective a module sees two
 * batches of one size a step, its own and the mediator's, where alone it sees one. Each in a process of its
 * own, in turn, several times; medians. Writes benchmarks/results/modules.json.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../lib/machine.js";
import { median } from "../lib/statistics.js";
import type { StepTimes } from "./step.js";

const OUT = "benchmarks/results/modules.json";
const SIZE = [64, 128];
/** Of a batch of a module's own data, and of the mediator's: frames of clips count each. */
const IMAGES = 4;
/** Steps of each run, those that are left out at its start, and runs. */
const [STEPS, FIRST, ROUNDS] = [14, 6, 2];

const streets = { world: "streets", train: 40, val: 0, test: 0, video: 2, size: SIZE };
const shared = { data: streets, batchSize: IMAGES, augmentation: { scales: [1] } };
const segmenter = { name: "deeplabv3plus", encoder: "resnet18", width: 16 };
const MODULES: Readonly<Record<string, object>> = {
  depth: { tasks: ["depth"], model: { name: "depth-net", encoder: "resnet18", width: 16 }, ...shared },
  normals: { tasks: ["normals"], model: segmenter, ...shared },
  segmentation: { tasks: ["segmentation"], model: segmenter, ...shared },
  motion: { tasks: ["motion"], model: { name: "motion-net", width: 16 }, ...shared },
};
const CONSTRAINTS: Readonly<Record<number, readonly string[]>> = {
  2: ["depth-normals"],
  3: ["depth-normals", "segmentation-flow"],
  4: ["depth-normals", "segmentation-flow", "photometric"],
};

const log = (text: string) => process.stderr.write(`${text}\n`);
const scratch = mkdtempSync(join(tmpdir(), "taskloom-modules-"));

function configOf(names: readonly string[], constraints: readonly string[], frames: number): object {
  return {
    mediator: { data: streets, frames, batchSize: IMAGES / frames },
    modules: Object.fromEntries(names.map((name) => [name, MODULES[name]])),
    constraints: constraints.map((name) => ({ name })),
    steps: STEPS,
    evaluation: { split: null },
    checkpoint: { best: null },
    samples: { count: 0 },
    runtime: { threads: 2 },
  };
}

function stepsOf(name: string, config: object): StepTimes {
  const [file, folder] = [join(scratch, `${name}.json`), join(scratch, name)];
  writeFileSync(file, JSON.stringify(config));
  rmSync(folder, { recursive: true, force: true });
  const script = fileURLToPath(new URL("./step.js", import.meta.url));
  const { ms, peak } = JSON.parse(
    execFileSync(process.execPath, [script, file, folder], { encoding: "utf8" }),
  ) as StepTimes;
  log(`${name}: ${median(ms.slice(FIRST)).toFixed(0)} ms`);
  return { ms: ms.slice(FIRST), peak };
}

const names = Object.keys(MODULES);
const planned = [
  ...names.map((name) => ({ name, config: configOf([name], [], 1) })),
  ...Object.entries(CONSTRAINTS).map(([count, ties]) => ({
    name: `${count} modules`,
    // Flow and photometric errors are between two frames.
    config: configOf(names.slice(0, Number(count)), ties, ties.length > 1 ? 2 : 1),
  })),
];
const found = new Map<string, StepTimes[]>(planned.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const { name, config } of planned) found.get(name)!.push(stepsOf(name, config));
}
rmSync(scratch, { recursive: true });

const timeOf = (name: string) => median(found.get(name)!.flatMap(({ ms }) => ms));
const peakOf = (name: string) => median(found.get(name)!.map(({ peak }) => peak));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const result = {
  what: "a collective's step against its modules' steps alone, which see half as many batches",
  command: "npm run bench:modules",
  step: `batches of ${IMAGES} images of ${SIZE.join("x")}, 2 threads, Adam; depth-net and DeepLabV3+ on ResNet-18/16, motion-net-16`,
  alone: Object.fromEntries(names.map((name) => [name, { ms: timeOf(name), peakBytes: peakOf(name) }])),
  collectives: Object.entries(CONSTRAINTS).map(([count, constraints]) => {
    const modules = names.slice(0, Number(count));
    const [ms, peakBytes] = [timeOf(`${count} modules`), peakOf(`${count} modules`)];
    return {
      ...{ modules, constraints, frames: constraints.length > 1 ? 2 : 1, ms, peakBytes },
      timeRatio: ms / sum(modules.map(timeOf)),
      memoryRatio: peakBytes / sum(modules.map(peakOf)),
    };
  }),
  machine: describeMachine(),
};
writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
log(OUT);
