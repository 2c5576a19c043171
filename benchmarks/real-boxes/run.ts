/**
 * @file npm run bench:real-boxes: learns the few real sweeps with boxes by heart, KITTI's and one of
 * nuScenes, and finds their boxes again: a check of readers, targets, network and metrics on real data by
 * overfitting, no measure of how well it detects. Writes benchmarks/results/boxes-real.json: numbers only,
 * since the sweeps may not be passed on; they are looked for in TASKLOOM_REAL_DATA, or in ../shared/data.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeMachine } from "../lib/machine.js";
import { measureSuite, scratchFolder } from "../lib/suite.js";
import { kittiFrames, nuscenesFrame } from "./frames.js";

const OUT = "benchmarks/results/boxes-real.json";
const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");
const log = (text: string) => process.stderr.write(`${text}\n`);

/** What is learned by heart, on which part of space. */
const STUDIES = {
  kitti: {
    ...{ format: "kitti-object", lay: kittiFrames, batchSize: 2, steps: 300 },
    grid: { x: [0, 64], y: [-20.8, 20.8], z: [-3, 1] },
  },
  nuscenes: {
    ...{ format: "nuscenes", lay: nuscenesFrame, batchSize: 1, steps: 200 },
    grid: { x: [-25.6, 25.6], y: [-25.6, 25.6], z: [-5, 3] },
  },
} as const;

function suiteOf(name: keyof typeof STUDIES, path: string) {
  const { format, grid, batchSize, steps } = STUDIES[name];
  return {
    base: {
      data: { format, path },
      labels: { scenario: "full" },
      model: {
        ...{ name: "pointpillars", width: 16, layers: [1, 1, 1], frames: 1 },
        ...{ grid: { ...grid, cell: 0.4 }, pillars: 6000, points: 16 },
      },
      augmentation: [],
      optimizer: { name: "adam", learningRate: 3e-3, schedule: { name: "polynomial" } },
      clipNorm: 10,
      batchSize,
      steps,
      evaluation: { split: null, batchSize: 1 },
      checkpoint: { best: null },
      samples: { count: 0 },
      runtime: { threads: 1 },
    },
    methods: { supervised: { method: { name: "supervised" } } },
    seeds: [0],
    // The split that was trained on.
    split: "train",
  };
}

async function main(): Promise<void> {
  if (!existsSync(DATA)) {
    log(`bench:real-boxes: no sweeps at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.`);
    process.exit(1);
  }
  const scratch = scratchFolder("real-boxes");
  const studies: Record<string, unknown> = {};
  for (const name of Object.keys(STUDIES) as (keyof typeof STUDIES)[]) {
    const path = STUDIES[name].lay(DATA, scratch);
    const { runs, summary } = await measureSuite(scratch, `${name}-run`, suiteOf(name, path));
    const [{ images, metrics }] = runs;
    const { grid, batchSize, steps } = STUDIES[name];
    studies[name] = {
      ...{ sweeps: images, grid, batchSize, steps, metrics: metrics!.boxes },
      trainingSeconds: summary[0].trainingSeconds.mean,
    };
  }
  const result = {
    what: "a check by overfitting: real sweeps are measured that were trained on",
    command: "npm run bench:real-boxes",
    scale: "PointPillars of width 16, cells of 0.4 m, one thread",
    notes: [
      "It says that readers, targets, network and metrics agree on real data, and nothing of other sweeps.",
      "KITTI's own precision leaves out recall 0 and most of few labels: with these frames it cannot come near 100 %.",
    ],
    studies,
    machine: describeMachine(),
  };
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
  log(OUT);
}

await main();
