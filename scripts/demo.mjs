// `npm run demo`: what a known relation between tasks is worth where labels end. Two networks, one for depth
// and one for normals, have labels of drawn rooms only and shall work in rooms that look like photographs.
// Once they learn from their labels alone; once they also see photo-like rooms without a label, where a
// constraint ties them: normals are the derivative of depth. A few minutes on two cores. Everything lands in
// demo/; the images are made once, the runs anew each time.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { build, install, passed, root, runNode } from "./lib/setup.mjs";

const start = Date.now();
const STEPS = 600;
const SIZE = "64x64";
const TASKS = ["depth", "normals"];
const collectives = {
  "labels alone": "[]",
  "with the relation": "[{name: depth-normals, weight: 0.1}]",
};
const module = (task) => `  ${task}:
    tasks: [${task}]
    model: {name: deeplabv3plus, encoder: resnet18, width: 16}
    data: {path: drawn}                   # labelled
    optimizer: {name: adam, learningRate: 1.0e-3, schedule: {name: polynomial}}
    clipNorm: 5
    augmentation: {scales: [1]}           # flips alone: enlarged crops slow so short a training down
`;
const config = (constraints) => `# Made by npm run demo.
mediator: {data: {path: photo}, batchSize: 4}   # not labelled, as far as training knows
modules:
${TASKS.map(module).join("")}constraints: ${constraints}
steps: ${STEPS}
seed: 0
evaluation: {split: null}
checkpoint: {every: ${STEPS}, best: null}
samples: {count: 0}
`;

const folder = `${root}/demo`;
const cli = (...args) => {
  const code = runNode(["dist/cli/main.js", ...args]);
  if (code !== 0) process.exit(code);
};
const heading = (text) => console.log(`\n== ${text} (after ${passed(start)})`);
const fileName = (name) => name.replaceAll(" ", "-");

install();
build();
mkdirSync(folder, { recursive: true });

for (const [name, style, test] of [
  ["drawn", "plain", "0"],
  ["photo", "photo", "100"],
]) {
  if (existsSync(`${folder}/${name}/dataset.yaml`)) {
    heading(`The images of demo/${name} are there already`);
    continue;
  }
  heading(`Rendering rooms in the style "${style}"`);
  rmSync(`${folder}/${name}`, { recursive: true, force: true });
  const counts = ["--train", "400", "--val", "0", "--test", test];
  cli(
    "data",
    "synth",
    "--world",
    "rooms",
    "--style",
    style,
    "--out",
    `demo/${name}`,
    "--size",
    SIZE,
    ...counts,
  );
}

for (const [name, constraints] of Object.entries(collectives)) {
  heading(`Training two networks: ${name}, ${STEPS} steps`);
  rmSync(`${folder}/${fileName(name)}`, { recursive: true, force: true });
  writeFileSync(`${folder}/${fileName(name)}.yaml`, config(constraints));
  cli("collective", "train", `demo/${fileName(name)}.yaml`, "--run", `demo/${fileName(name)}`);
}

heading("Measuring all on photo-like rooms that none has seen");
const { readMetrics, findRun } = await import("../dist/training/index.js");
const { encodePicture, htmlReport, resultsTable, textTable } = await import("../dist/report/index.js");
const { evaluateAndDraw } = await import("./lib/evaluate-and-draw.mjs");

const moduleOf = (name, task) => `${folder}/${fileName(name)}/modules/${task}`;
const evaluations = [];
for (const name of Object.keys(collectives)) {
  const drawn = {};
  for (const task of TASKS) {
    const options = { count: 6, checkpoint: "last", data: `${folder}/photo` };
    drawn[task] = await evaluateAndDraw(moduleOf(name, task), options);
  }
  evaluations.push([name, drawn]);
}
const [, first] = evaluations[0];
const note =
  "Depth and normals were labelled on drawn rooms alone; the relation needs no label. What is gained is small, and there in each of three seeds " +
  "(benchmarks/results/collective/domain.md, with labels of photo-like rooms for scale).";
const data = {
  title: "Taskloom demo: a relation where labels end",
  summary: `Depth and normals, a network each, learned from drawn rooms in ${STEPS} steps and measured on photo-like ones: from labels alone, and with the constraint that normals are the derivative of depth on photo-like rooms without labels.`,
  tasks: TASKS.map((name) => {
    const { kind } = first[name].tasks[0];
    return { name, metrics: kind.metrics.infos, primaryMetric: kind.metrics.primary };
  }),
  runs: evaluations.map(([name, drawn]) => ({
    name,
    records: TASKS.flatMap((task) => readMetrics(findRun(moduleOf(name, task)).metrics)),
    final: Object.fromEntries(TASKS.map((task) => [task, drawn[task].metrics[task]])),
  })),
  finalOn: `photo-like test rooms, ${first.depth.images} images, after ${STEPS} steps`,
  pictures: TASKS.map((task) => ({
    title: task,
    columns: ["input", ...Object.keys(collectives), "label"],
    rows: first[task].samples.map(({ id, input, tasks: drawn }, i) => ({
      name: id,
      pictures: [
        input,
        ...evaluations.map(([, each]) => each[task].samples[i].tasks[task].prediction),
        drawn[task].label,
      ].map((picture) => encodePicture(picture)),
    })),
  })),
  coverage: [],
  configs: Object.entries(collectives).map(([name, constraints]) => ({ name, yaml: config(constraints) })),
  environment: [["Node", process.version]],
  notes: [note],
};
writeFileSync(`${folder}/report.html`, htmlReport(data));

console.log(`\n${textTable(resultsTable(data))}\n${note}\n`);
console.log("Report with curves and pictures: demo/report.html");
console.log(`Done in ${passed(start)}.`);
