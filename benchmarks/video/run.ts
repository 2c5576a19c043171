/**
 * @file npm run bench:video: depth and the camera's motion learnt from unlabelled real video by the
 * photometric constraint alone: KITTI odometry (51 grey frames of one street) and 7-Scenes redkitchen (200
 * frames of one room), measured on frames held out (7-Scenes) and on those trained on, whose depths and
 * poses were never seen, beside the same networks after one step. Writes benchmarks/results/video.json and,
 * of the course of the camera, benchmarks/results/video-NAME.svg. Needs the real images
 * (TASKLOOM_REAL_DATA).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Vec3 } from "../../src/geometry/rotation.js";
import { chartFile } from "../../src/report/index.js";
import { bestScale } from "../../src/tasks/trajectory.js";
import { taskloom } from "../lib/command-line.js";
import { describeMachine } from "../lib/machine.js";
import { scratchFolder } from "../lib/suite.js";

const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");
const OUT = "benchmarks/results";
const STEPS = 800;
const SEEDS = [0];

interface Film {
  readonly data: { readonly format: string; readonly path: string; readonly size: readonly number[] };
  readonly range: { readonly near: number; readonly far: number };
  readonly hasDepth: boolean;
  /** What is measured: the frames trained on (by no label) and, if there are enough, others. */
  readonly splits: readonly string[];
  /** The frames of the course that is drawn, in their order, and where the camera stood in truth. */
  course(): { readonly images: readonly string[]; readonly truth: readonly Vec3[] };
}

const numbersOf = (line: string): number[] => line.trim().split(/\s+/).map(Number);
const linesOf = (file: string): string[] => readFileSync(file, "utf8").trim().split("\n");
/** The position in rows of [rotation | position]. */
const positionOf = (rows: readonly number[]): Vec3 => [rows[3], rows[7], rows[11]];

const FILMS: Readonly<Record<string, Film>> = {
  kitti: {
    data: { format: "kitti-odometry", path: join(DATA, "kitti-odometry-snippet"), size: [64, 192] },
    range: { near: 1, far: 80 },
    hasDepth: false,
    splits: ["train"],
    course() {
      const folder = join(DATA, "kitti-odometry-snippet/sequence_1");
      const images = readdirSync(join(folder, "image_l")).sort();
      return {
        images: images.map((name) => join(folder, "image_l", name)),
        truth: linesOf(join(folder, "poses.txt")).map((line) => positionOf(numbersOf(line))),
      };
    },
  },
  kitchen: {
    data: { format: "seven-scenes", path: join(DATA, "seven-scenes-redkitchen"), size: [64, 96] },
    range: { near: 0.3, far: 8 },
    hasDepth: true,
    splits: ["train", "val"],
    course() {
      const folder = join(DATA, "seven-scenes-redkitchen/frames");
      // The frames held out.
      const names = readdirSync(folder).filter(
        (name) => /^frame-\d+\.color\./.test(name) && name >= "frame-00046",
      );
      const poses = names.sort().map((name) => join(folder, name.replace(/\.color\..*/, ".pose.txt")));
      return {
        images: names.map((name) => join(folder, name)),
        truth: poses.map((file) => positionOf(linesOf(file).flatMap(numbersOf))),
      };
    },
  },
};

const log = (text: string) => process.stderr.write(`${text}\n`);

function configOf({ data, range }: Film, steps: number, seed: number): object {
  const optimizer = { name: "adam", learningRate: 5e-4 };
  const shared = { data: "none", optimizer, clipNorm: 5 };
  const depthNet = { name: "depth-net", encoder: "resnet18", width: 16, norm: "group", ...range, scales: 2 };
  return {
    mediator: { data, frames: 2, batchSize: 4 },
    modules: {
      depth: { tasks: ["depth"], model: depthNet, ...shared },
      motion: { tasks: ["motion"], model: { name: "motion-net", width: 8, residual: false }, ...shared },
    },
    constraints: [
      { name: "photometric", backward: "inverted", normalise: "mean" },
      { name: "depth-smoothness" },
    ],
    ...{ steps, seed },
    evaluation: { split: null },
    checkpoint: { best: null },
    samples: { count: 0 },
    runtime: { threads: 1 },
  };
}

async function trained(name: string, steps: number, seed: number): Promise<string> {
  const folder = join(scratchFolder("video"), `${name}-${steps}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const [file, run] = [join(folder, "collective.json"), join(folder, "run")];
  const text = JSON.stringify(configOf(FILMS[name], steps, seed), null, 2);
  const done = join(folder, "done.json");
  if (existsSync(done) && readFileSync(done, "utf8") === text) return run;
  writeFileSync(file, text);
  await taskloom(["collective", "train", file, "--run", run, ...(existsSync(run) ? ["--resume"] : [])], true);
  writeFileSync(done, text);
  return run;
}

type Metrics = Record<string, Record<string, number>>;

async function measured(run: string, { hasDepth }: Film, split: string): Promise<Metrics> {
  const of = async (module: string) => {
    const args = ["evaluate", join(run, "modules", module), "--split", split, "--checkpoint", "last"];
    const text = await taskloom([...args, "--median-scaling", "--json"], true);
    return (JSON.parse(text) as { metrics: Metrics }).metrics;
  };
  return { ...(await of("motion")), ...(hasDepth && (await of("depth"))) };
}

/** Draws where the camera was, seen from above, and where the network says, at its best scale. */
async function drawCourse(name: string, run: string): Promise<void> {
  const { images, truth } = FILMS[name].course();
  const out = join(scratchFolder("video"), `${name}-course`);
  await taskloom(
    ["predict", join(run, "modules/motion"), ...images, "--out", out, "--checkpoint", "last"],
    true,
  );
  const predicted = linesOf(join(out, "motion.trajectory.txt")).map((line) => positionOf(numbersOf(line)));
  const first = truth[0];
  const away = truth.map((at): Vec3 => [at[0] - first[0], at[1] - first[1], at[2] - first[2]]);
  const scale = bestScale(predicted, away);
  const points = (course: readonly Vec3[], factor: number) =>
    course.map((at) => {
      const [x, y] = [factor * at[2], factor * at[0]];
      return { x, y, low: y, high: y };
    });
  const series = [
    { name: "truth", colour: 0, points: points(away, 1) },
    { name: "predicted", colour: 1, points: points(predicted, scale) },
  ];
  const note = "metres to the right";
  writeFileSync(
    join(OUT, `video-${name}.svg`),
    chartFile({ title: `${name}: the camera from above`, note, series, horizontal: "metres forward" }),
  );
}

async function main(): Promise<void> {
  if (!existsSync(DATA)) {
    log(`bench:video: no images at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.`);
    process.exit(1);
  }
  const films: Record<string, object> = {};
  for (const [name, film] of Object.entries(FILMS)) {
    const rows: object[] = [];
    for (const seed of SEEDS) {
      for (const steps of [1, STEPS]) {
        const run = await trained(name, steps, seed);
        const metrics: Record<string, Metrics> = {};
        for (const split of film.splits) metrics[split] = await measured(run, film, split);
        const row = { seed, steps, metrics };
        log(`${name}: ${JSON.stringify(row)}`);
        rows.push(row);
      }
    }
    await drawCourse(name, await trained(name, STEPS, SEEDS[0]));
    films[name] = { size: film.data.size, rows };
  }
  const result = {
    what: "depth (median scaling) and motion from unlabelled real video; split val: frames held out",
    command: "npm run bench:video",
    step: "depth-net on ResNet-18/16, motion-net-8, batches of 4 pairs, Adam 5e-4; photometric, depth-smoothness",
    films,
    machine: describeMachine(),
  };
  writeFileSync(join(OUT, "video.json"), `${JSON.stringify(result, null, 2)}\n`);
  log(join(OUT, "video.json"));
}

await main();
