/** @file The mediator's images: the batches that all modules see. */
import { createHash } from "node:crypto";
import { UserError } from "../common/errors.js";
import { checkLabels } from "../data/check-labels.js";
import { checkClips } from "../data/clip-check.js";
import { openDataset } from "../data/formats/index.js";
import { type BatchMaker, openBatchMaker } from "../data/loading/batch.js";
import { type BatchPlan, type Loader, openLoader, type StreamPlan } from "../data/loading/loader.js";
import { unknownName } from "../data/names.js";
import type { Dataset } from "../data/types.js";
import { MAIN_STREAM } from "../fields/layout.js";
import { givenFields, type OptionalField } from "../fields/sample.js";
import type { PillarPlan } from "../fields/sweep.js";
import type { Task } from "../tasks/task.js";
import { firstSize, requireResizable } from "../training/image-size.js";
import { networkOf } from "../training/parts.js";
import { sourceOf } from "../training/run-data.js";
import type { CollectiveConfig } from "./config.js";
import { type MediatorPlan, mediatorNeeds, tiedTasks } from "./mediator.js";

/** The mediator's plan, and its batches from a step on. */
export interface MediatorStream {
  readonly plan: MediatorPlan;
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  /** Of the names of its images: the same where two machines have the same data. */
  readonly digest: string;
  open(step: number): Promise<Loader>;
  /** For batches of samples that somebody names. */
  maker(): Promise<BatchMaker>;
}

/** Memory for decoded images of batches that others name. */
const CACHE_BYTES = 2 ** 28;

/**
 * Opens the mediator's data and checks that the constraints find in it what they need; `tasks` are those of
 * all modules. Throws UserError.
 */
export async function openMediator(
  config: CollectiveConfig,
  tasks: readonly Task[],
  log: (message: string) => void,
): Promise<MediatorStream> {
  const { mediator, constraints, seed, runtime } = config;
  const pillars = commonPillars(config);
  const plan: MediatorPlan = { constraints, tasks, ...streamNeeds(constraints, tasks, mediator.frames) };
  for (const each of constraints) tiedTasks(each, tasks);
  if (pillars === undefined) requireResizable(mediator.data, "mediator.data");
  if (mediator.data.resize === "crop") throw cropped();
  const named = await sourceOf({ data: mediator.data }, log, { pillars });
  const source = plan.arrays.includes("scan") ? { ...named, scan: true } : named;
  const dataset = await openDataset(source);
  const { name, splits } = dataset.info;
  if (!Object.hasOwn(splits, mediator.split)) {
    throw unknownName("split", mediator.split, Object.keys(splits), name);
  }
  const size = source.size ?? (await firstSize(dataset, mediator.split));
  if (constraints.length > 0) {
    for (const warning of await checkStream(dataset, source.path, mediator.split, size, plan)) {
      log(`warning: mediator: ${warning}`);
    }
  }
  const main: StreamPlan = {
    ...{ source, split: mediator.split, labels: null, tasks: [], batchSize: mediator.batchSize, size },
    views: [{ from: "sample", augmentations: [] }],
    frames: plan.frames,
    arrays: plan.arrays,
    pillars,
  };
  const batches: BatchPlan = { streams: { [MAIN_STREAM]: main }, seed: seed + 1, badFiles: "skip" };
  const identity = JSON.stringify([splits[mediator.split], size, plan.frames ?? null]);
  return {
    ...{ plan, size, batchSize: mediator.batchSize },
    digest: createHash("sha256").update(identity).digest("hex"),
    open: (step) =>
      openLoader({ ...batches, workers: runtime.workers, start: { [MAIN_STREAM]: { epoch: 0, step } } }),
    maker: () => openBatchMaker(batches, CACHE_BYTES),
  };
}

function cropped(): UserError {
  return new UserError({
    code: "collective.cropped",
    where: "mediator.data.resize",
    what: "modules see the same mediator images, and random parts of them would differ",
    expected: "squash or letterbox",
    got: "crop",
    fix: "Choose one of these; modules may still train on parts of their own images.",
  });
}

/**
 * How the modules take sweeps; undefined where they take images. @throws UserError where they differ, as all
 * see the same batches.
 */
export function commonPillars({ modules }: Pick<CollectiveConfig, "modules">): PillarPlan | undefined {
  const plans = modules.map(({ run }) => networkOf(run).pillars);
  const other = plans.findIndex((plan) => JSON.stringify(plan) !== JSON.stringify(plans[0]));
  if (other === -1) return plans[0];
  throw new UserError({
    code: "collective.other-sweeps",
    where: `modules.${modules[other].name}.model`,
    what: "modules see the same mediator batches, and these take them in different ways",
    expected: `as ${modules[0].name}: ${JSON.stringify(plans[0] ?? "images")}`,
    got: JSON.stringify(plans[other] ?? "images"),
    fix: "Give all modules models of images, or models of sweeps with one grid, limits, frames and step.",
  });
}

/**
 * Looks into a few of the mediator's images: warnings of its sequences.
 * @throws UserError where they lack what the constraints need, or are not of one size.
 */
async function checkStream(
  dataset: Dataset,
  where: string,
  split: string,
  size: readonly [number, number],
  { arrays, frames }: MediatorPlan,
): Promise<string[]> {
  const given = arrays.filter((array) => Object.hasOwn(givenFields, array)) as OptionalField[];
  const training = [{ split, labels: {} }];
  const look = { dataset, where, size, given, training, tasks: [], evaluation: null, learnsUnlabelled: true };
  const warnings = await checkLabels(look);
  return frames === undefined ? warnings : [...warnings, ...(await checkClips(dataset, split, frames))];
}

function streamNeeds(
  constraints: CollectiveConfig["constraints"],
  tasks: readonly Task[],
  frames: number,
): Pick<MediatorPlan, "frames" | "arrays"> {
  const needs = mediatorNeeds(constraints, tasks);
  if (frames < needs.frames) {
    throw new UserError({
      code: "collective.too-few-frames",
      where: "mediator.frames",
      what: "a constraint needs frames that follow one another",
      expected: `at least ${needs.frames}`,
      got: String(frames),
      fix: `Set \`mediator.frames: ${needs.frames}\`.`,
    });
  }
  const sequence = frames === 1 ? undefined : { count: frames, step: needs.step };
  return { arrays: needs.arrays, frames: sequence };
}
