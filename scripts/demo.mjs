// `npm run demo`: what images that are labelled for something else are worth. Depth is known of 3 % of the
// rooms, normals and classes of 30 % each, nothing of many: a network for each task, as labels alone have it,
// against one network whose tasks share what they learn. A few minutes on two cores. Everything lands in
// demo/; the images are made once, the runs anew each time.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build, install, root, runNode, seconds } from "./lib/setup.mjs";

const start = Date.now();
const STEPS = 400;
const SIZE = "64x96";
const methods = {
  alone: "{name: single-task}",
  together: "{name: supervised}",
};
const NAMES = { alone: "a network for each task", together: "one network for all" };
const config = (method) => `# Made by npm run demo.
data: {path: rooms}
labels: {scenario: fraction, fractions: {depth: 0.03, normals: 0.3, segmentation: 0.3}, seed: 0}
tasks: [depth, normals, segmentation]
model: {name: deeplabv3plus, encoder: resnet18, width: 16}
method: ${method}
optimizer: {name: adam, learningRate: 1.0e-3, schedule: {name: polynomial}}
clipNorm: 5
sampling: {balance: tasks}                # every batch holds a label of each task
augmentation: {scales: [1]}               # flips alone: enlarged crops slow so short a training down
batchSize: 4
steps: ${STEPS}
seed: 0
evaluation: {every: 200, split: val}
checkpoint: {every: 200, best: null}
samples: {count: 0}
`;

const folder = `${root}/demo`;
const cli = (...args) => {
  const code = runNode(["dist/cli/main.js", ...args]);
  if (code !== 0) process.exit(code);
};
const heading = (text) => console.log(`\n== ${text} (after ${seconds(start)})`);

install();
build();
mkdirSync(folder, { recursive: true });

if (existsSync(`${folder}/rooms/dataset.yaml`)) {
  heading("The images of demo/rooms are there already");
} else {
  heading("Rendering rooms with every label");
  rmSync(`${folder}/rooms`, { recursive: true, force: true });
  const counts = ["--train", "360", "--val", "16", "--test", "100"];
  cli("data", "synth", "--world", "rooms", "--out", "demo/rooms", "--size", SIZE, ...counts);
}

for (const [name, method] of Object.entries(methods)) {
  heading(`Training "${name}": ${NAMES[name]}, ${STEPS} steps`);
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
const labels = Object.values(JSON.parse(readFileSync(`${folder}/together/labels.json`, "utf8")).labels);
const few = labels.filter((kept) => kept.includes("depth")).length;
const note =
  `Depth was labelled on ${few} of ${labels.length} images. "alone": ${NAMES.alone}, three times the parameters, its own labels and nothing else. ` +
  `"together": ${NAMES.together}, which learns what a room looks like from the images that carry other labels. The same measured with three seeds and more methods: ` +
  "docs/results.md.";
const data = {
  title: "Taskloom demo: few labels of depth, more of something else",
  summary: `The same network trained by ${STEPS} steps on rooms of which 3 % are labelled for depth, 30 % for normals and 30 % for segmentation: once for each task alone, once for all together.`,
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
