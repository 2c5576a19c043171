/**
 * @file npm run bench:speed [-- --json]: the time of training steps against the same steps in PyTorch, in
 * turn, step by step; the medians of the paired ratios. Writes benchmarks/results/speed.json.
 *
 * JTR (SegNet-64, three tasks, batch 4, 3x96x128): its PyTorch step exists in two forms (see pytorch_jtr.py),
 * as the paper's equation is written, and with the joint encoder's forward pass shared by hand. DenseCL
 * beside supervised depth (DeepLabV3+ on ResNet-26 of width 16, group normalisation, batch 4 + 4): one form
 * (see pytorch_densecl.py), target and query images as one batch, as the published code has it. Depth and
 * motion by the photometric loss of two frames (depth-net on ResNet-18 and motion-net of width 16, batch 4):
 * frames and orders of them apart, as written, or as one batch (see pytorch_photometric.py). XTasC-Net's step
 * of two tasks (ResNet-18, width 32): heads behind the last enlargement, as written, or before it (see
 * pytorch_xtasc.py). PointPillars of width 32 on three sweeps, with its flow head (128x128 cells, batch 2):
 * maps in the usual order of memory or with the channels last (see pytorch_pointpillars.py); both sides begin
 * from the same parameters, and their first losses have to agree. `ratio` is against the faster form of the
 * same round, as PyTorch is installed; `keepingMemory.ratio` against the faster one of processes whose glibc
 * is told to keep freed memory (KEEPING_MEMORY). `--step photometric` measures one alone; the others stay in
 * the file as they were.
 * `--against FOLDER` takes another checkout's step into the rounds: what a change did to time and memory.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LineProcess } from "../lib/line-process.js";
import { describeMachine } from "../lib/machine.js";
import { otherCheckout } from "../lib/other-checkout.js";
import { median } from "../lib/statistics.js";
import { scratchFolder } from "../lib/suite.js";
import type { Answer, Question, StepName } from "./ours.js";
import { KEEPING_MEMORY, PEERS } from "./peers.js";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    step: { type: "string", default: "jtr,densecl,photometric,xtasc,pointpillars" },
    width: { type: "string" },
    batch: { type: "string" },
    rounds: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "benchmarks/results/speed.json" },
    against: { type: "string" },
  },
});
/** Both sides' losses may differ by this share where they begin alike. */
const AGREEMENT = 1e-3;

interface PyTorchAnswer {
  readonly ms: readonly number[];
  readonly peak: number;
  readonly version: string;
  readonly parameters?: number;
  readonly losses: readonly number[];
}

function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A Python that has torch: Debian's python3-torch belongs to the system's own interpreter. */
function findPython(): string {
  for (const python of [process.env.TASKLOOM_PYTHON ?? "python3", "/usr/bin/python3"]) {
    try {
      execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
      return python;
    } catch {
      // Try the next one.
    }
  }
  log(
    "bench:speed: no Python with PyTorch was found. Install it (Debian: apt-get install python3-torch) or name one in TASKLOOM_PYTHON.",
  );
  process.exit(1);
}

/** A step against its forms in PyTorch. */
async function measure(name: StepName, python: string) {
  const { script, forms, title, size = [96, 128], alike = false, ...usual } = PEERS[name];
  const { threads, width = usual.width, batch = usual.batch ?? "4" } = options;
  const [height, columns] = size.map(String);
  const peerScript = fileURLToPath(new URL(`../../../benchmarks/speed/${script}`, import.meta.url));
  const oursScript = fileURLToPath(new URL("./ours.js", import.meta.url));
  const sizes = [name, width, batch, height, columns, threads];
  const ours = new LineProcess(process.execPath, [oursScript, ...sizes]);
  const before = options.against === undefined ? undefined : otherCheckout(options.against, "speed/ours.js");
  const earlier = before && new LineProcess(process.execPath, [before.script, ...sizes]);
  const start = alike ? join(scratchFolder("speed"), `${name}.safetensors`) : undefined;
  if (start !== undefined) await ours.ask<Answer>({ steps: 0, save: start } satisfies Question);
  const peerOf = (form: string, variables: Readonly<Record<string, string>> = {}) => {
    const args = [
      ...["--width", width, "--batch", batch, "--height", height, "--columns", columns],
      ...["--threads", threads, "--form", form, ...(start === undefined ? [] : ["--start", start])],
    ];
    return new LineProcess(python, [peerScript, ...args], variables);
  };
  const peers = forms.map((form) => peerOf(form));
  const keeping = forms.map((form) => peerOf(form, KEEPING_MEMORY));
  log(`${name}: warming up`);
  const first = await ours.ask<Answer>({ steps: 2, matmul: true } satisfies Question);
  await earlier?.ask<Answer>({ steps: 2 });
  for (const peer of [...peers, ...keeping]) {
    const { parameters, losses } = await peer.ask<PyTorchAnswer>({ steps: 2 });
    if (parameters !== undefined && parameters !== first.parameters) {
      throw new Error(`${name}: ${first.parameters} parameters against PyTorch's ${parameters}`);
    }
    if (alike) requireAgreement(name, first.losses, losses);
  }

  const rounds: { ours: number; earlier?: number; peers: number[]; keeping: number[] }[] = [];
  let [oursPeak, earlierPeak, peerPeaks, version] = [0, 0, [0], ""];
  for (let round = 0; round < Number(options.rounds); round++) {
    const mine = await ours.ask<Answer>({ steps: 1 });
    const other = await earlier?.ask<Answer>({ steps: 1 });
    const theirs: PyTorchAnswer[] = [];
    for (const peer of peers) theirs.push(await peer.ask<PyTorchAnswer>({ steps: 1 }));
    const kept: number[] = [];
    for (const peer of keeping) kept.push((await peer.ask<PyTorchAnswer>({ steps: 1 })).ms[0]);
    rounds.push({
      ours: mine.ms[0],
      ...(other && { earlier: other.ms[0] }),
      ...{ peers: theirs.map(({ ms }) => ms[0]), keeping: kept },
    });
    oursPeak = mine.peak;
    earlierPeak = other?.peak ?? 0;
    peerPeaks = theirs.map(({ peak }) => peak);
    version = theirs[0].version;
    log(
      `round ${round + 1}: ours ${mine.ms[0].toFixed(0)} ms, PyTorch ${theirs.map(({ ms }) => ms[0].toFixed(0)).join(" / ")} ms, keeping memory ${kept.map((ms) => ms.toFixed(0)).join(" / ")} ms`,
    );
  }
  for (const each of [ours, ...(earlier ? [earlier] : []), ...peers, ...keeping]) each.close();

  const stepMs = median(rounds.map((round) => round.ours));
  const gflops = first.gigaflop! / (stepMs / 1000);
  const byForm = <T>(value: (form: number) => T, key = (form: string) => form) =>
    Object.fromEntries(forms.map((form, i) => [key(form), value(i)]));
  const named = (form: string) => `ratioTo${form[0].toUpperCase()}${form.slice(1)}`;
  return {
    ratio: median(rounds.map((round) => round.ours / Math.min(...round.peers))),
    ours: {
      ms: stepMs,
      peakBytes: oursPeak,
      gigaflopPerStep: first.gigaflop,
      gflopsPerSecond: gflops,
      matmulGflopsPerSecond: first.matmulGflops,
      shareOfMatmulPeak: gflops / first.matmulGflops!,
      onnxNodes: first.onnxNodes,
    },
    pytorch: {
      version,
      ...byForm((i) => ({ ms: median(rounds.map(({ peers: ms }) => ms[i])), peakBytes: peerPeaks[i] })),
    },
    ...byForm((i) => median(rounds.map((round) => round.ours / round.peers[i])), named),
    memoryRatio: byForm((i) => oursPeak / peerPeaks[i]),
    keepingMemory: {
      ratio: median(rounds.map((round) => round.ours / Math.min(...round.keeping))),
      ...byForm((i) => ({ ms: median(rounds.map(({ keeping: ms }) => ms[i])) })),
    },
    step: `${title(width, batch)}, ${usual.input ?? `3x${height}x${columns}`}, ${threads} threads, Adam`,
    ...(alike && { firstLosses: first.losses }),
    ...(before && {
      against: {
        commit: before.commit,
        ms: median(rounds.map((round) => round.earlier!)),
        peakBytes: earlierPeak,
        ratio: median(rounds.map((round) => round.ours / round.earlier!)),
        memoryRatio: oursPeak / earlierPeak,
      },
    }),
    rounds: rounds.map(({ peers: ms, keeping: kept, ...round }) => ({
      ...{ ...round, ...byForm((i) => ms[i]), keepingMemory: byForm((i) => kept[i]) },
    })),
  };
}

/** Throws where the losses of both sides are not the same numbers but for rounding. */
function requireAgreement(name: string, ours: readonly number[], theirs: readonly number[]): void {
  if (ours.every((loss, i) => Math.abs(loss / theirs[i] - 1) < AGREEMENT)) return;
  throw new Error(`${name}: losses ${ours.join(", ")} against PyTorch's ${theirs.join(", ")}`);
}

/** What the file says already of steps that are not measured now. */
function knownSteps(): { rows?: Record<string, unknown> } {
  return existsSync(options.out)
    ? (JSON.parse(readFileSync(options.out, "utf8")) as { rows?: Record<string, unknown> })
    : {};
}

/** JTR's numbers stand as they always did; other steps are rows beside them, each with its machine. */
async function main(): Promise<void> {
  const wanted = options.step.split(",").filter((name): name is StepName => name in PEERS);
  const python = findPython();
  const measured: Partial<Record<StepName, Awaited<ReturnType<typeof measure>>>> = {};
  for (const name of wanted) measured[name] = await measure(name, python);
  const { jtr, ...others } = measured;
  const machine = describeMachine();
  const rows = Object.fromEntries(Object.entries(others).map(([name, row]) => [name, { ...row, machine }]));
  const known = knownSteps();
  const result = { ...known, ...(jtr && { ...jtr, machine }), rows: { ...known.rows, ...rows } };
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const { step, ratio, keepingMemory, ours } of Object.values(measured)) {
    log(
      `${step}: ratio ${ratio.toFixed(3)} to the faster PyTorch form, ${keepingMemory.ratio.toFixed(3)} where it keeps memory; ${ours.gflopsPerSecond.toFixed(0)} GFLOP/s, ` +
        `${(100 * ours.shareOfMatmulPeak).toFixed(0)} % of the matmul peak. ${options.out}`,
    );
  }
}

await main();
