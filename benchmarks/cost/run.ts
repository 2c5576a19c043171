/**
 * @file npm run bench:cost [-- --quick]: what a method costs as tasks are added: step time and peak memory at
 * K tasks (SegNet-16, batch 4, 3x96x128), each (method, K) in a process of its own, methods in turn, step by
 * step. Writes benchmarks/results/cost.json and docs/images/cost.svg, with a straight line and a parabola
 * through each method's overhead over supervised training. `--quick` tries the benchmark itself at tiny
 * sizes, into benchmarks/scratch. `supervised+moco` is a method with one beside it, `xtasc/hub` one with its
 * way of choosing which tasks are transferred. `--against FOLDER` takes
 * another checkout's steps into the rounds; `--out FILE` writes there, without the chart.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { methods as registry } from "../../src/methods/index.js";
import { chartFile } from "../../src/report/index.js";
import { LineProcess } from "../lib/line-process.js";
import { describeMachine } from "../lib/machine.js";
import { otherCheckout } from "../lib/other-checkout.js";
import { fitPolynomial } from "../lib/polynomial.js";
import { median } from "../lib/statistics.js";
import { scratchFolder } from "../lib/suite.js";
import type { Answer } from "./step.js";

const { values: given } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    methods: {
      type: "string",
      default:
        "supervised,jtr,mtpsl,xtasc/pairs,xtasc/hub,supervised+rotation,supervised+moco,supervised+densecl",
    },
    tasks: { type: "string" },
    rounds: { type: "string" },
    threads: { type: "string", default: "2" },
    against: { type: "string" },
    out: { type: "string" },
  },
});
const QUICK = { width: 4, batch: 2, size: [32, 32], tasks: "2,3,4", rounds: "2" };
const FULL = { width: 16, batch: 4, size: [96, 128], tasks: "2,3,5,7", rounds: "15" };
const scale = given.quick ? QUICK : FULL;
const OUT = given.quick
  ? { json: join(scratchFolder("cost"), "cost.json"), svg: join(scratchFolder("cost"), "cost.svg") }
  : { json: "benchmarks/results/cost.json", svg: "docs/images/cost.svg" };
const BASELINE = "supervised";
const before = given.against === undefined ? undefined : otherCheckout(given.against, "cost/step.js");

interface Measured {
  readonly tasks: number;
  readonly ms: number;
  readonly peakBytes: number;
  readonly parameters: Answer["parameters"];
  readonly onnxNodes: number;
  /** Medians of the differences and ratios to the baseline's step of the same round. */
  readonly overheadMs: number;
  readonly ratio: number;
  /** The same step of the other checkout: medians of time, of ours over its time, and of the memory. */
  readonly against?: { readonly ms: number; readonly ratio: number; readonly memoryRatio: number };
  readonly rounds: readonly number[];
}

function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** All methods at K tasks, by name. */
async function measure(names: readonly string[], tasks: number): Promise<Record<string, Measured>> {
  const script = fileURLToPath(new URL("./step.js", import.meta.url));
  const sizes = [tasks, scale.width, scale.batch, ...scale.size, Number(given.threads)].map(String);
  const started = (from: string) =>
    names.map((name) => new LineProcess(process.execPath, [from, name, ...sizes]));
  const processes = started(script);
  const others = before ? started(before.script) : [];
  // The first steps allocate and warm up.
  for (const each of [...processes, ...others]) await each.ask<Answer>({ steps: 2 });
  const rounds: Answer[][] = [];
  const otherRounds: Answer[][] = [];
  for (let round = 0; round < Number(given.rounds ?? scale.rounds); round++) {
    const answers: Answer[] = [];
    const theirs: Answer[] = [];
    for (const [i, each] of processes.entries()) {
      answers.push(await each.ask<Answer>({ steps: 1 }));
      if (before) theirs.push(await others[i].ask<Answer>({ steps: 1 }));
    }
    rounds.push(answers);
    otherRounds.push(theirs);
  }
  for (const each of [...processes, ...others]) each.close();
  const base = names.indexOf(BASELINE);
  const measured = names.map((name, i): [string, Measured] => {
    const ms = rounds.map((answers) => answers[i].ms[0]);
    const baseline = rounds.map((answers) => answers[base].ms[0]);
    const { peak, parameters, onnxNodes } = rounds[rounds.length - 1][i];
    return [
      name,
      {
        ...{ tasks, ms: median(ms), peakBytes: peak, parameters, onnxNodes },
        overheadMs: median(ms.map((value, round) => value - baseline[round])),
        ratio: median(ms.map((value, round) => value / baseline[round])),
        ...(before && {
          against: {
            ms: median(otherRounds.map((theirs) => theirs[i].ms[0])),
            ratio: median(ms.map((value, round) => value / otherRounds[round][i].ms[0])),
            memoryRatio: peak / otherRounds[rounds.length - 1][i].peak,
          },
        }),
        rounds: ms,
      },
    ];
  });
  log(`K = ${tasks}: ${measured.map(([name, { ms }]) => `${name} ${ms.toFixed(0)} ms`).join(", ")}`);
  return Object.fromEntries(measured);
}

/** A straight line and a parabola over K through what a method takes beyond the baseline. */
function fits(own: readonly Measured[], baseline: readonly Measured[]) {
  const time = own.map(({ tasks, overheadMs }) => [tasks, overheadMs] as const);
  const memory = own.map(({ tasks, peakBytes }, i) => [tasks, peakBytes - baseline[i].peakBytes] as const);
  const both = (points: readonly (readonly [number, number])[]) => ({
    linear: fitPolynomial(points, 1),
    quadratic: fitPolynomial(points, 2),
  });
  return { overheadMs: both(time), overheadBytes: both(memory) };
}

async function main(): Promise<void> {
  const wanted = given.methods.split(",");
  const isKnown = (name: string) => name.split("+").every((each) => each.split("/")[0] in registry);
  for (const name of wanted.filter((each) => !isKnown(each))) log(`${name} is not registered: left out`);
  const names = [...new Set([BASELINE, ...wanted.filter(isKnown)])];
  const counts = (given.tasks ?? scale.tasks).split(",").map(Number);
  const byCount: Record<string, Measured>[] = [];
  for (const count of counts) byCount.push(await measure(names, count));
  const of = (name: string) => byCount.map((measured) => measured[name]);

  const [height, columns] = scale.size;
  const step = `SegNet-${scale.width}, batch ${scale.batch}, 3x${height}x${columns}, ${given.threads} threads, Adam, one label an image`;
  const result = {
    what: "time and peak memory of one training step against the number of tasks K",
    command: `npm run bench:cost${given.quick ? " -- --quick" : ""}`,
    step,
    tasks: "segmentation (13 classes), depth, normals; above three, further depths",
    ...(before && { against: before.commit }),
    notRegistered: wanted.filter((name) => !names.includes(name)),
    methods: Object.fromEntries(
      names.map((name) => [
        name,
        { byTasks: of(name), ...(name === BASELINE ? {} : { fit: fits(of(name), of(BASELINE)) }) },
      ]),
    ),
    machine: describeMachine(),
  };
  if (given.out !== undefined) {
    writeFileSync(given.out, `${JSON.stringify(result, null, 2)}\n`);
    log(given.out);
    return;
  }
  writeFileSync(OUT.json, `${JSON.stringify(result, null, 2)}\n`);
  const series = names.map((name, colour) => ({
    ...{ name, colour },
    points: of(name).map(({ tasks, ms }) => ({ x: tasks, y: ms, low: ms, high: ms })),
  }));
  writeFileSync(OUT.svg, chartFile({ title: "Step time", note: "ms", series, horizontal: "tasks" }));
  log(`${OUT.json}, ${OUT.svg}`);
}

await main();
