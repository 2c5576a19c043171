/**
 * @file npm run bench:real: trains and measures on real images: segmentation on CamVid's published split,
 * depth and normals (derived from depth with the intrinsics) on the 7-Scenes frames. Writes
 * benchmarks/results/real.json: numbers only, since the images may not be passed on. The images are looked
 * for in TASKLOOM_REAL_DATA, or in ../shared/data beside the repository.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { spread } from "../../src/bench/statistics.js";
import { describeMachine } from "../lib/machine.js";
import { measureSuite, scratchFolder } from "../lib/suite.js";

const SEEDS = [0, 1, 2];
const OUT = "benchmarks/results/real.json";
const log = (text: string) => process.stderr.write(`${text}\n`);
const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");

/** What is trained on which images, and the split that is measured. */
const STUDIES = {
  camvid: {
    data: { format: "camvid", path: `${DATA}/camvid`, size: [96, 128] },
    tasks: ["segmentation"],
    split: "test",
  },
  "seven-scenes": {
    data: { format: "seven-scenes", path: `${DATA}/seven-scenes-redkitchen`, size: [96, 128] },
    tasks: ["depth", "normals"],
    split: "val",
  },
} as const;

function suiteOf(name: keyof typeof STUDIES) {
  const { split, ...study } = STUDIES[name];
  return {
    base: {
      ...study,
      labels: { scenario: "full" },
      model: { name: "segnet", width: 16 },
      optimizer: { name: "adam", learningRate: 1e-3, schedule: { name: "polynomial", power: 0.9 } },
      batchSize: 4,
      steps: 400,
      // Nothing is chosen by validation, so that 7-Scenes' one held-out split can be the one reported.
      evaluation: { split: null },
      checkpoint: { best: null },
      runtime: { threads: 1 },
    },
    methods: { supervised: { method: { name: "supervised" } } },
    seeds: SEEDS,
    split,
  };
}

/** Trains and measures a study: mean and spread of every metric over the seeds. */
async function measure(name: keyof typeof STUDIES) {
  const { runs, summary } = await measureSuite(scratchFolder("real"), name, suiteOf(name));
  const { split, data } = STUDIES[name];
  const [{ images, metrics }] = runs;
  const each = Object.entries(metrics!).flatMap(([task, values]) =>
    Object.keys(values).map((metric) => [
      `${task}.${metric}`,
      spread(runs.map((run) => run.metrics![task][metric] ?? Number.NaN)),
    ]),
  );
  const trainingSeconds = summary[0].trainingSeconds.mean;
  return { split, images, size: data.size, metrics: Object.fromEntries(each), trainingSeconds };
}

async function main(): Promise<void> {
  if (!existsSync(DATA)) {
    log(`bench:real: no images at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.`);
    process.exit(1);
  }
  const studies: Record<string, unknown> = {};
  for (const name of Object.keys(STUDIES) as (keyof typeof STUDIES)[]) studies[name] = await measure(name);
  const result = {
    what: "real images: segmentation on CamVid, depth and normals on 7-Scenes redkitchen",
    command: "npm run bench:real",
    scale: "SegNet of width 16, 96x128, 400 steps of batch 4, all labels, weights of the last step",
    notes: [
      "CamVid's test split here is the 62 images of drive 0001TP, not the published 233: not comparable with published numbers.",
      "7-Scenes: one room; the held-out frames see overlapping parts of it. Normals are derived from smoothed depth.",
    ],
    seeds: SEEDS,
    studies,
    machine: describeMachine(),
  };
  writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
  log(OUT);
}

await main();
