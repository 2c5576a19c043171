// `npm run demo`: from a fresh clone to two trained networks and their comparison, in a few minutes on two
// cores. Everything lands in demo/; the images are made once, the runs anew each time.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build, install, root, runNode, seconds } from "./lib/setup.mjs";

const start = Date.now();
const STEPS = 300;
const SIZE = "64x96";
const WIDTH = 32;
const methods = {
  supervised: "{name: supervised}",
  // As recommended: the distance's weight grows over 300 steps, which is all of so short a run.
  jtr: "{name: jtr, width: 16}",
};
const config = (method) => `# Made by npm run demo.
data: {path: rooms}
labels: {scenario: onelabel, seed: 0}     # every image keeps the label of one task only
tasks: [segmentation, depth, normals]
model: {name: segnet, width: ${WIDTH}}
method: ${method}
optimizer: {name: adam, learningRate: 1.0e-3, schedule: {name: polynomial}}
clipNorm: 5                               # what jtr recommends, for both
augmentation: {scales: [1]}               # flips alone: enlarged crops slow so short a training down
batchSize: 4
steps: ${STEPS}
seed: 0
evaluation: {every: 150, split: val}
checkpoint: {every: 150, best: null}
samples: {count: 0}
`;

const folder = `${root}/demo`;
const cli = (...args) => {
  const code = runNode(["dist/cli/main.js", ...args]);
  if (code !== 0) process.exit(code);
};
const heading = (text) => console.log(`\n== ${text} (${seconds(start)})`);

install();
build();
mkdirSync(folder, { recursive: true });

if (existsSync(`${folder}/rooms/dataset.yaml`)) {
  heading("The images of demo/rooms are there already");
} else {
  heading("Rendering rooms with every label");
  rmSync(`${folder}/rooms`, { recursive: true, force: true });
  const counts = ["--train", "200", "--val", "16", "--test", "60"];
  cli("data", "synth", "--world", "rooms", "--out", "demo/rooms", "--size", SIZE, ...counts);
}

for (const [name, method] of Object.entries(methods)) {
  heading(`Training ${name}: SegNet of width ${WIDTH}, one label an image, ${STEPS} steps`);
  rmSync(`${folder}/${name}`, { recursive: true, force: true });
  writeFileSync(`${folder}/${name}.yaml`, config(method));
  cli("train", `demo/${name}.yaml`, "--run", `demo/${name}`);
}

heading("Measuring both on test images that neither has seen");
const { readMetrics, findRun } = await import("../dist/training/index.js");
const { encodePicture, htmlReport, resultsTable, textTable } = await import("../dist/report/index.js");
const { evaluateAndDraw } = await import("./lib/evaluate-and-draw.mjs");

const evaluations = [];
for (const name of Object.keys(methods)) {
  evaluations.push([name, await evaluateAndDraw(`${folder}/${name}`, { count: 6, checkpoint: "last" })]);
}
const [, { tasks, images }] = evaluations[0];
const records = (name) => readMetrics(findRun(`${folder}/${name}`).metrics);
const labels = Object.values(JSON.parse(readFileSync(`${folder}/jtr/labels.json`, "utf8")).labels);
const note =
  "A run this short shows how training works, not which method is better: JTR has an auto-encoder to train first and starts slower. " +
  "The benchmark (npm run bench:learning, its results in benchmarks/results) trains longer, on larger images and several seeds: look there.";
const data = {
  title: "Taskloom demo: one label an image",
  summary: `The same SegNet trained by ${STEPS} steps on rooms where each image is labelled for one task only.`,
  tasks: tasks.map(({ name, kind }) => ({
    name,
    metrics: kind.metrics.infos,
    primaryMetric: kind.metrics.primary,
  })),
  runs: evaluations.map(([name, { metrics }]) => ({ name, records: records(name), final: metrics })),
  finalOn: `test split, ${images} images, after ${STEPS} steps`,
  pictures: tasks.map(({ name: task }) => ({
    title: task,
    columns: ["input", ...Object.keys(methods), "label"],
    rows: evaluations[0][1].samples.map(({ id, input, tasks: drawn }, i) => ({
      name: id,
      pictures: [
        input,
        ...evaluations.map(([, { samples }]) => samples[i].tasks[task].prediction),
        drawn[task].label,
      ].map((picture) => encodePicture(picture)),
    })),
  })),
  coverage: tasks.map(({ name }) => ({
    task: name,
    labelled: labels.filter((kept) => kept.includes(name)).length,
    total: labels.length,
  })),
  configs: Object.entries(methods).map(([name, method]) => ({ name, yaml: config(method) })),
  environment: [["Node", process.version]],
  notes: [note],
};
writeFileSync(`${folder}/report.html`, htmlReport(data));

console.log(`\n${textTable(resultsTable(data))}\n${note}\n`);
console.log("Report with curves and pictures: demo/report.html");
console.log(`Done in ${seconds(start)}.`);
