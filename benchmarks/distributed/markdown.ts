/** @file The results as tables. */
import { markdownTable } from "../../src/report/index.js";
import type { ClusterResult } from "./cluster.js";
import type { CostResult } from "./cost.js";
import type { RecoveryResult } from "./recovery.js";
import type { SoakResult } from "./soak.js";

const table = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
  markdownTable({
    columns: titles.map((title, i) => (i === 0 ? { title } : { title, right: true })),
    rows: rows.map((row) => [...row]),
  });

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);

export function costMarkdown({ plan, rows }: CostResult): string {
  const { scale, steps, warm, rounds } = plan;
  const titles = [
    "peers elsewhere",
    "one process ms",
    "processes ms",
    "broker ms",
    "processes / one process",
  ];
  titles.push("broker / one process", "predictions kB a step", "peers' weights kB");
  const cells = rows.map(({ peers, stepMs, ratioToMemory, bytesPerStep }) => [
    String(peers),
    ...[stepMs.memory, stepMs.processes, stepMs.bus].map((ms) => ms.toFixed(0)),
    ...[ratioToMemory.processes, ratioToMemory.bus].map((ratio) => ratio.toFixed(2)),
    ...[kilobytes(bytesPerStep.predictions), kilobytes(bytesPerStep.peersWeights)],
  ]);
  const about = [
    `SegNet-${scale.width} for depth, learning from labels and, on pairs of ${scale.size.join("x")} frames in batches of ${scale.batch},`,
    "from constraints over frozen peers of its kind; predictions of a batch are asked for a step ahead. One thread a",
    `process; steps ${warm} to ${steps}, median of ${rounds} rounds in which the ways take turns. In one process a step`,
    "holds its peers' passes, too. Exchanging weights or gradients in every step would carry the last column.",
  ];
  return `${table(titles, cells)}\n${about.join("\n")}\n`;
}

export function recoveryMarkdown({ recoveries, steps }: RecoveryResult): string {
  const titles = [
    "killed, and started again at once",
    "useful again after ms",
    "longest pause ms",
    "skipped",
  ];
  const cells = recoveries.map(({ fault, usefulMs, pauseMs, skipped }) => [
    ...[fault, String(usefulMs.median), String(pauseMs.median)],
    skipped.join(", "),
  ]);
  const about = `Median of ${recoveries[0].skipped.length}, ${steps}. From SIGKILL to the first of 20 steps in a row that have their peer's predictions; the pause is the longest between two steps until then.`;
  return `${table(titles, cells)}\n${about}\n`;
}

export function clusterMarkdown({ losses, lost, steps }: ClusterResult): string {
  const titles = [
    "of three brokers",
    "useful again after ms",
    "longest pause ms",
    "new weights after ms",
    "skipped",
  ];
  const cells = losses.map(({ loss, lived }) => [
    loss,
    ...[lived.map((each) => each.usefulMs), lived.map((each) => each.pauseMs)].map((all) => all.join(", ")),
    ...[lived.map((each) => each.publishedMs), lived.map((each) => each.skipped)].map((all) =>
      all.join(", "),
    ),
  ]);
  const about = [
    `Each ${losses[0].lived.length} times, ${steps}. As in recovery; new weights are the first of the peer that were uploaded`,
    "after the loss and can be read. The broker comes back once both are there. Cut off: stopped, which leaves its connections open and mute.",
    lost.length === 0 ? "No process ended." : `Ended by themselves:\n\n${lost.join("\n")}`,
  ];
  return `${table(titles, cells)}\n${about.join("\n")}\n`;
}

export function soakMarkdown({
  minutes,
  seed,
  sound,
  problems,
  modules,
  counts,
  memoryMiB,
}: SoakResult): string {
  const faults = table(
    ["fault", "times"],
    Object.entries(counts).map(([fault, times]) => [fault, String(times)]),
  );
  const learnt = table(
    ["module", "steps", "with its peer", "without, by reason"],
    Object.entries(modules).map(([name, { steps, used, skipped }]) => [
      ...[name, String(steps), String(used)],
      Object.entries(skipped)
        .map(([reason, count]) => `${reason} ${count}`)
        .join(", "),
    ]),
  );
  const grown = memoryMiB.processes.map(({ name, before, after }) => [
    ...[name, before.toFixed(0), after.toFixed(0)],
  ]);
  const said = sound
    ? "Nothing was wrong: no checkpoint was lost, no step is missing, every loss is finite, every step used its peer or says why not, all ended as they should, nothing grew."
    : `Wrong:\n\n${problems.map((each) => `- ${each}`).join("\n")}`;
  const memory =
    grown.length === 0
      ? "No process lived long enough for its memory to be judged."
      : table(["process that lived long", "MiB, first half", "second half"], grown).trimEnd();
  return `${minutes} minutes, seed ${seed}. ${said}\n\n${faults}\n${learnt}\n${memory}\n`;
}
