/**
 * @file npm run bench:real: trains and measures on real images: segmentation on CamVid's published split, depth and normals (derived from depth with the
 * intrinsics) on the 7-Scenes frames. Writes benchmarks/results/real.json: numbers only, since the images may not be passed on.
 * The images are looked for in TASKLOOM_REAL_DATA, or in ../shared/data beside the repository.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeMachine } from "../lib/machine.js";
import { deviation, mean } from "../lib/statistics.js";
import { measureAll, type PlannedRun, workFolder } from "../lib/training-runs.js";

const SEEDS = [0, 1, 2];
const OUT = "benchmarks/results/real.json";
const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");

/** What is trained on which images, and the split that is measured. */
const STUDIES = {
  camvid: {
    data: { format: "camvid", path: `${DATA}/camvid`, size: [96, 128] },
    tasks: ["segmentation"],
    labels: { scenario: "full" },
    method: { name: "supervised" },
    split: "test",
  },
  "seven-scenes": {
    data: { format: "seven-scenes", path: `${DATA}/seven-scenes-redkitchen`, size: [96, 128] },
    tasks: ["depth", "normals"],
    labels: { scenario: "full" },
    method: { name: "supervised" },
    split: "val",
  },
} as const;

function planned(name: keyof typeof STUDIES, seed: number): PlannedRun {
  const { split, labels, ...study } = STUDIES[name];
  return {
    name: `${name}-${seed}`,
    split,
    config: {
      ...study,
      labels: { ...labels, seed },
      model: { name: "segnet", width: 16 },
      optimizer: { name: "adam", learningRate: 1e-3, schedule: { name: "polynomial", power: 0.9 } },
      batchSize: 4,
      steps: 400,
      seed,
      // Nothing is chosen by validation, so that 7-Scenes' one held-out split can be the one reported.
      evaluation: { split: null },
      checkpoint: { best: null },
      runtime: { threads: 1 },
    },
  };
}

async function main(): Promise<void> {
  if (!existsSync(DATA)) {
    process.stderr.write(`bench:real: no images at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.\n`);
    process.exit(1);
  }
  const names = Object.keys(STUDIES) as (keyof typeof STUDIES)[];
  const runs = names.flatMap((name) => SEEDS.map((seed) => planned(name, seed)));
  const results = await measureAll(workFolder("real"), runs);
  const studies = Object.fromEntries(
    names.map((name, i) => {
      const own = results.slice(i * SEEDS.length, (i + 1) * SEEDS.length);
      const metrics = Object.entries(own[0].metrics).flatMap(([task, values]) =>
        Object.keys(values).map((metric) => {
          const each = own.map((run) => run.metrics[task][metric]);
          return [
            `${task}.${metric}`,
            { mean: mean(each), deviation: deviation(each), values: each },
          ] as const;
        }),
      );
      return [
        name,
        {
          split: STUDIES[name].split,
          images: own[0].images,
          size: STUDIES[name].data.size,
          metrics: Object.fromEntries(metrics),
          trainingSeconds: mean(own.map((run) => run.trainingSeconds)),
        },
      ];
    }),
  );
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
  process.stderr.write(`${OUT}\n`);
}

await main();
