/** @file `taskloom evaluate` */
import { Command, Option } from "commander";
import { UsageError } from "../../common/errors.js";
import type { NamedEvaluation } from "../../report/index.js";
import type { RunEvaluation, WhichCheckpoint } from "../../training/index.js";
import { note, print, printJson, wholeNumber } from "../output.js";

const AFTER = `
Of several runs, the numbers of each stand beside the first one's, with the relative change against it (Delta%).
--html writes a page: numbers, each class, the worst images of each task with their errors, and the same images
of all runs side by side.

On other data (--data, in any format of the registry) a run is measured on the tasks that the data has. Where its
classes are others, --map says which are which, a line each: \`their class: our class\`; those that are not named
are left out. See examples/class-maps.

Examples:
  $ taskloom evaluate runs/first
  $ taskloom evaluate runs/first --split val --json
  $ taskloom evaluate runs/supervised runs/jtr --html compare.html
  $ taskloom evaluate runs/first --checkpoint both
  $ taskloom evaluate runs/streets --data camvid --format camvid --map examples/class-maps/camvid.yaml
`;

/** Images of each task on the page, the worst ones. */
const WORST = 4;

interface EvaluateFlags {
  readonly data?: string;
  readonly format?: string;
  readonly map?: string;
  readonly split: string;
  readonly checkpoint: WhichCheckpoint | "both";
  readonly mean?: "pixels" | "images";
  readonly medianScaling?: boolean;
  readonly html?: string;
  readonly images: number;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("measure runs: every metric of every task")
    .argument("<runs...>", "run folders; others are compared with the first")
    .option("--data <dir>", "other data: a dataset folder, or data in the --format named")
    .option("--format <name>", "format of --data (default: folder)")
    .option("--map <file>", "which classes of --data are which of the run's (YAML)")
    .option("--split <name>", "split to measure", "test")
    .addOption(
      new Option(
        "--checkpoint <which>",
        "best on the evaluation split (last, where none is kept), last, or both",
      )
        .choices(["best", "last", "both"])
        .default("best"),
    )
    .addOption(
      new Option(
        "--mean <over>",
        "metrics over all pixels, or means of each image's (default: as the run)",
      ).choices(["pixels", "images"]),
    )
    .option("--median-scaling", "bring each image's depths to its labels' median first")
    .option("--html <file>", "write a page with pictures")
    .option("--images <count>", "images on the page besides the worst", wholeNumber(0), 6)
    .option("--json", "print one JSON document, with classes and single images")
    .addHelpText("after", AFTER)
    .action(evaluateAction);
}

async function evaluateAction(folders: readonly string[], flags: EvaluateFlags): Promise<void> {
  const { findRun, requireExpected, runConfig } = await import("../../training/index.js");
  const { writeEvaluations } = await import("../../report/index.js");
  requireData(flags);
  const evaluated = await evaluateAll(folders, flags);
  if (flags.json) await printEvaluations(evaluated);
  else await tellEvaluations(evaluated);
  if (flags.html !== undefined) {
    await writeEvaluations(evaluated, flags.html);
    note(flags.html);
  }
  for (const [i, folder] of folders.entries()) {
    const expected = (await runConfig(findRun(folder))).expect ?? [];
    requireExpected(expected, evaluated[(i * evaluated.length) / folders.length].evaluation.metrics);
  }
}

/** `--format` and `--map` say something of `--data`. */
function requireData({ data, format, map }: EvaluateFlags): void {
  const stray = data !== undefined ? undefined : format !== undefined ? "--format" : map && "--map";
  if (stray !== undefined) throw new UsageError(`${stray} belongs to --data: name the other data, too.`);
}

/** Every checkpoint asked for of every run, in the order of the runs. */
async function evaluateAll(
  folders: readonly string[],
  { checkpoint, html, json, images, mean, medianScaling, ...flags }: EvaluateFlags,
): Promise<NamedEvaluation[]> {
  const { evaluateRun, findRun } = await import("../../training/index.js");
  const { distinctNames } = await import("../../report/index.js");
  const { imagesProgress } = await import("../images-progress.js");
  const which: readonly WhichCheckpoint[] = checkpoint === "both" ? ["best", "last"] : [checkpoint];
  const measuring = { ...(mean && { mean }), ...(medianScaling && { medianScaling }) };
  const drawn = html === undefined ? { worst: 0, images: 0 } : { worst: WORST, images };
  const findings = html === undefined && !json ? undefined : drawn;
  const names = distinctNames(folders);
  const evaluated: NamedEvaluation[] = [];
  for (const [i, folder] of folders.entries()) {
    for (const each of which) {
      const { onProgress, print: log, finish } = imagesProgress();
      const options = { ...flags, checkpoint: each, measuring, findings, log, onProgress };
      const evaluation = await evaluateRun(findRun(folder), options).finally(finish);
      evaluated.push({ name: which.length > 1 ? `${names[i]} ${each}` : names[i], evaluation });
    }
  }
  return evaluated;
}

/** Which checkpoint was measured, and which others there are. */
function checkpointText({ checkpoint, checkpoints }: RunEvaluation): string {
  const steps = Object.entries(checkpoints).map(([name, step]) => `${name} after step ${step}`);
  return `${checkpoint} (saved: ${steps.join(", ")})`;
}

async function tellEvaluations(evaluated: readonly NamedEvaluation[]): Promise<void> {
  const { commonTasks, evaluationNotes, reportTask, resultsTable, textTable } = await import(
    "../../report/index.js"
  );
  for (const { evaluation } of evaluated) {
    note(`${evaluation.images} images of split ${evaluation.split}, ${checkpointText(evaluation)}`);
  }
  for (const line of new Set(evaluated.flatMap(({ evaluation }) => evaluationNotes(evaluation)))) note(line);
  const tasks = commonTasks(evaluated.map(({ name, evaluation }) => ({ name, tasks: evaluation.tasks })));
  const runs = evaluated.map(({ name, evaluation }) => ({ name, records: [], final: evaluation.metrics }));
  print(textTable(resultsTable({ tasks: tasks.map(reportTask), runs })));
}

/** One evaluation as it is; several as `runs`, with Delta% against the first. */
async function printEvaluations(evaluated: readonly NamedEvaluation[]): Promise<void> {
  const { commonTasks, reportTask, runDelta } = await import("../../report/index.js");
  const described = evaluated.map(({ evaluation: { findings = [], tasks, ...rest } }) => ({
    ...rest,
    tasks: tasks.map(({ name, kind }) => ({ name, kind: kind.kind })),
    classes: Object.fromEntries(
      findings.flatMap(({ task, perClass }) => (perClass ? [[task, perClass]] : [])),
    ),
    perImage: Object.fromEntries(findings.map(({ task, images }) => [task, images])),
  }));
  if (evaluated.length === 1) return printJson(described[0]);
  const tasks = commonTasks(evaluated.map(({ name, evaluation }) => ({ name, tasks: evaluation.tasks })));
  const runs = evaluated.map(({ name, evaluation }) => ({ name, records: [], final: evaluation.metrics }));
  const data = { tasks: tasks.map(reportTask), runs };
  printJson({
    runs: described.map((each, i) => ({
      name: evaluated[i].name,
      ...each,
      deltaPercent: i === 0 ? null : runDelta(data, runs[i]).value,
    })),
  });
}
