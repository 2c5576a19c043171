import { Random } from "../../src/common/random.js";
import { encodePicture } from "../../src/report/pictures.js";
import type { PictureTable, ReportData, ReportRun, ReportTask } from "../../src/report/report-data.js";
import type { MetricsRecord } from "../../src/runs/metrics-log.js";
import type { Picture } from "../../src/tasks/task.js";

export const tasks: readonly ReportTask[] = [
  {
    name: "segmentation",
    primaryMetric: "mIoU",
    metrics: [
      { name: "mIoU", unit: "", better: "higher" },
      { name: "pixelAccuracy", unit: "", better: "higher" },
    ],
  },
  {
    name: "depth",
    primaryMetric: "absoluteError",
    metrics: [
      { name: "absoluteError", unit: "m", better: "lower" },
      { name: "relativeError", unit: "", better: "lower" },
    ],
  },
  {
    name: "normals",
    primaryMetric: "meanAngle",
    metrics: [
      { name: "meanAngle", unit: "deg", better: "lower" },
      { name: "medianAngle", unit: "deg", better: "lower" },
      { name: "within11", unit: "%", better: "higher" },
    ],
  },
];

/** A run that looks like one: falling losses, metrics that settle at a quality between 0 and 1. */
export function fakeRun(name: string, quality: number, steps = 3000): ReportRun {
  const random = new Random(1, name);
  const records: MetricsRecord[] = [];
  const metricsAt = (step: number) => {
    const share = quality * (1 - Math.exp((-3 * step) / steps)) + 0.006 * random.normal();
    return {
      segmentation: { mIoU: 0.55 * share, pixelAccuracy: 0.4 + 0.5 * share },
      depth: { absoluteError: 1.1 - 0.7 * share, relativeError: 0.45 - 0.25 * share },
      normals: { meanAngle: 52 - 27 * share, medianAngle: 47 - 28 * share, within11: 8 + 30 * share },
    };
  };
  for (let step = 1; step <= steps; step++) {
    const noise = () => Math.exp(0.25 * random.normal());
    const losses: Record<string, number> = {
      segmentation: (0.5 + 2 * Math.exp(-step / 700)) * noise(),
      depth: (0.3 + 0.9 * Math.exp(-step / 500)) * noise(),
      normals: (0.12 + 0.5 * Math.exp(-step / 900)) * noise(),
    };
    if (name === "jtr") {
      losses.distance = 0.02 + Math.exp(-step / 200) * noise();
      losses.reconstruction = (0.004 + 2 * Math.exp(-step / 300)) * noise();
    }
    losses.total = Object.values(losses).reduce((a, b) => a + b, 0);
    records.push({
      kind: "step",
      step,
      epoch: Math.floor(step / 100),
      losses,
      learningRates: { main: 1e-4 * 0.5 ** Math.floor(step / 1000) },
    });
    if (step % 250 === 0) {
      records.push({
        kind: "evaluation",
        step,
        epoch: Math.floor(step / 100),
        split: "val",
        metrics: metricsAt(step),
      });
    }
  }
  return { name, records, final: metricsAt(steps) };
}

function picture(kind: number, seed: number): Picture {
  const [width, height] = [128, 96];
  const data = new Uint8Array(width * height * 3);
  const random = new Random(seed, "picture");
  const [cx, cy, r] = [random.uniform(30, 100), random.uniform(30, 70), random.uniform(12, 30)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = Math.hypot(x - cx, y - cy) < r;
      const floor = y > 60;
      const colours = [
        inside ? [180, 90, 60] : floor ? [150, 130, 100] : [200 - y, 205 - y, 210 - y],
        inside ? [220, 60, 60] : floor ? [90, 170, 90] : [80, 110, 200],
        inside ? [250, 220, 60] : [40 + y * 2, 60 + y, 140 - y],
        inside ? [128 + (x - cx) * 3, 128 + (y - cy) * 3, 230] : floor ? [128, 250, 128] : [128, 128, 250],
      ];
      data.set(colours[kind], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

export function fakeReport(runs: readonly ReportRun[], title: string): ReportData {
  const names = runs.length > 1 ? runs.map((run) => run.name) : ["prediction"];
  const tables = tasks.map(
    ({ name }, kind): PictureTable => ({
      title: name,
      columns: ["input", ...names, "label"],
      rows: [1, 2, 3].map((seed) => ({
        name: `test/00${seed}7`,
        pictures: [
          encodePicture(picture(0, seed)),
          ...names.map((_, i) => encodePicture(picture(kind + 1, seed + 10 * (i + 1)))),
          seed === 3 && kind === 1 ? undefined : encodePicture(picture(kind + 1, seed)),
        ],
      })),
    }),
  );
  return {
    title,
    summary:
      "Segmentation, depth and normals from 400 images of the built-in world rooms, one label an image.",
    tasks,
    runs,
    finalOn: "test split, 100 images",
    pictures: tables,
    coverage: [
      { task: "segmentation", labelled: 134, total: 400 },
      { task: "depth", labelled: 133, total: 400 },
      { task: "normals", labelled: 133, total: 400 },
    ],
    configs: names.map((name) => ({
      name,
      yaml: `data: {world: rooms, train: 400, test: 100}\nlabels: {scenario: onelabel, seed: 0}\ntasks: [segmentation, depth, normals]\nmodel: {name: segnet, width: 16}\nmethod: {name: ${name}}\noptimizer: {name: adam, learningRate: 1.0e-4}\nbatchSize: 4\nsteps: 3000\nseed: 0\n`,
    })),
    environment: [
      ["Taskloom", "0.1.0"],
      ["Node", "20.20.2"],
      ["ONNX Runtime", "1.30.0, cpu, 2 threads"],
      ["Machine", "2 cores, 24 GiB"],
      ["Trained in", "3m 12s"],
    ],
    notes: [
      "Depth is measured on pixels with a valid label only.",
      "Predictions are drawn with the colours of the labels.",
    ],
  };
}
