/**
 * @file npm run bench:speed [-- --json]: the time of one JTR training step (SegNet-64, three tasks, batch 4,
 * 3x96x128) against the same step in PyTorch, in turn, step by step; the median of the paired ratios. Writes
 * benchmarks/results/speed.json. The PyTorch step exists in two forms (see pytorch_jtr.py): as the paper's
 * equation is written, and with the joint encoder's forward pass shared by hand. `ratio` is against the
 * faster of the two in the same round. `--against FOLDER` takes another checkout's step into the rounds:
 * what a change did to time and memory.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LineProcess } from "../lib/line-process.js";
import { describeMachine } from "../lib/machine.js";
import { otherCheckout } from "../lib/other-checkout.js";
import { median } from "../lib/statistics.js";
import type { Answer } from "./ours.js";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    width: { type: "string", default: "64" },
    batch: { type: "string", default: "4" },
    rounds: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "benchmarks/results/speed.json" },
    against: { type: "string" },
  },
});
const [HEIGHT, COLUMNS] = ["96", "128"];
const FORMS = ["written", "shared"] as const;

interface PyTorchAnswer {
  readonly ms: readonly number[];
  readonly peak: number;
  readonly version: string;
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

async function main(): Promise<void> {
  const python = findPython();
  const { width, batch, threads } = options;
  const peerScript = fileURLToPath(new URL("../../../benchmarks/speed/pytorch_jtr.py", import.meta.url));
  const oursScript = fileURLToPath(new URL("./ours.js", import.meta.url));
  const sizes = [width, batch, HEIGHT, COLUMNS, threads];
  const ours = new LineProcess(process.execPath, [oursScript, ...sizes]);
  const before = options.against === undefined ? undefined : otherCheckout(options.against, "speed/ours.js");
  const earlier = before && new LineProcess(process.execPath, [before.script, ...sizes]);
  const peers = FORMS.map(
    (form) =>
      new LineProcess(python, [
        peerScript,
        ...["--width", width, "--batch", batch, "--height", HEIGHT, "--columns", COLUMNS],
        ...["--threads", threads, "--form", form],
      ]),
  );
  log("warming up");
  const first = await ours.ask<Answer>({ steps: 2, matmul: true });
  await earlier?.ask<Answer>({ steps: 2 });
  for (const peer of peers) await peer.ask<PyTorchAnswer>({ steps: 2 });

  const rounds: { ours: number; earlier?: number; written: number; shared: number }[] = [];
  let [oursPeak, earlierPeak, peerPeaks, version] = [0, 0, [0, 0], ""];
  for (let round = 0; round < Number(options.rounds); round++) {
    const mine = await ours.ask<Answer>({ steps: 1 });
    const other = await earlier?.ask<Answer>({ steps: 1 });
    const theirs = [];
    for (const peer of peers) theirs.push(await peer.ask<PyTorchAnswer>({ steps: 1 }));
    rounds.push({
      ours: mine.ms[0],
      ...(other && { earlier: other.ms[0] }),
      ...{ written: theirs[0].ms[0], shared: theirs[1].ms[0] },
    });
    oursPeak = mine.peak;
    earlierPeak = other?.peak ?? 0;
    peerPeaks = theirs.map(({ peak }) => peak);
    version = theirs[0].version;
    log(
      `round ${round + 1}: ours ${mine.ms[0].toFixed(0)} ms, PyTorch ${theirs.map(({ ms }) => ms[0].toFixed(0)).join(" / ")} ms`,
    );
  }
  ours.close();
  earlier?.close();
  for (const peer of peers) peer.close();

  const stepMs = median(rounds.map((round) => round.ours));
  const gflops = first.gigaflop! / (stepMs / 1000);
  const result = {
    ratio: median(rounds.map((round) => round.ours / Math.min(round.written, round.shared))),
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
      written: { ms: median(rounds.map((round) => round.written)), peakBytes: peerPeaks[0] },
      shared: { ms: median(rounds.map((round) => round.shared)), peakBytes: peerPeaks[1] },
    },
    ratioToWritten: median(rounds.map((round) => round.ours / round.written)),
    ratioToShared: median(rounds.map((round) => round.ours / round.shared)),
    memoryRatio: { written: oursPeak / peerPeaks[0], shared: oursPeak / peerPeaks[1] },
    step: `JTR, SegNet-${width}, 3 tasks, batch ${batch}, 3x${HEIGHT}x${COLUMNS}, ${threads} threads, Adam`,
    ...(before && {
      against: {
        commit: before.commit,
        ms: median(rounds.map((round) => round.earlier!)),
        peakBytes: earlierPeak,
        ratio: median(rounds.map((round) => round.ours / round.earlier!)),
        memoryRatio: oursPeak / earlierPeak,
      },
    }),
    rounds,
    machine: describeMachine(),
  };
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    log(
      `${result.step}: ratio ${result.ratio.toFixed(3)} to the faster PyTorch form (${result.ratioToWritten.toFixed(3)} as written, ` +
        `${result.ratioToShared.toFixed(3)} shared); ${gflops.toFixed(0)} GFLOP/s, ` +
        `${(100 * result.ours.shareOfMatmulPeak).toFixed(0)} % of the matmul peak; memory ${result.memoryRatio.written.toFixed(2)}x / ` +
        `${result.memoryRatio.shared.toFixed(2)}x. ${options.out}`,
    );
  }
}

await main();
