/**
 * @file The schema of a run's configuration. Defaults are those of the papers (JTR, Nishi et al. 2024, where
 * they differ), but for what a method recommends in their place (`recommended.ts`).
 */
import { z } from "zod";
import { registryVersion } from "../../common/registry.js";
import { constraints } from "../../constraints/index.js";
import { augmentations } from "../../data/augment/index.js";
import { scenarioSchema } from "../../data/scenarios.js";
import { methods } from "../../methods/index.js";
import { models } from "../../models/index.js";
import { optimizers } from "../../nn/optimizers/index.js";
import type { ScheduleSpec } from "../../nn/schedules.js";
import type { NamedTask } from "../../tasks/index.js";
import { METRIC_MEANS } from "../../tasks/measure.js";
import { weightings } from "../../weighting/index.js";
import { isPublished, PUBLISHED_NAMES, seemsPublished } from "../published-weights.js";
import { folderData, worldData } from "./data-schema.js";
import { type Named, registered } from "./registered.js";

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const seed = z.int().min(0);
const fileLabels = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe("labels.json as `taskloom data strip` writes it, or a split file of MTPSL and JTR (.pth)"),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("tasks of a split file's columns; default segmentation, depth, normals"),
});

const weights = z
  .string()
  .min(1)
  .refine((name) => isPublished(name) || !seemsPublished(name), {
    message: `names no weights that are known; known: ${PUBLISHED_NAMES.join(", ")}`,
  })
  .optional()
  .describe(
    `weights to start from: .safetensors, PyTorch's .pth, or a run folder, relative to this file; ${PUBLISHED_NAMES.join(", ")}, or the address of a file (https://...#sha256=...), are fetched once`,
  );
const freeze = z
  .boolean()
  .optional()
  .describe("the encoder stays as its weights are, statistics of batch normalisation included");
const encoderRate = z
  .strictObject({ learningRate: z.number().positive() })
  .optional()
  .describe("a rate of its own for the encoder, e.g. a tenth where it starts from weights; same schedule");

const warmup = z.int().min(0).optional().describe("steps over which the rate rises to its value");
const schedule = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("constant"), warmup }),
  z
    .strictObject({
      name: z.literal("step"),
      every: count.optional().describe("steps"),
      everyEpochs: count.optional().describe("passes through the training images, in place of `every`"),
      factor: z.number().positive().default(0.5),
      warmup,
    })
    .refine(({ every, everyEpochs }) => (every === undefined) !== (everyEpochs === undefined), {
      message: "needs either `every` or `everyEpochs`",
    }),
  z.strictObject({ name: z.literal("polynomial"), power: z.number().positive().default(0.9), warmup }),
  z.strictObject({ name: z.literal("cosine"), final: share.default(0), warmup }),
]);

const usualAugmentation = z.strictObject({
  scales: z
    .array(z.number().min(1))
    .default([1, 1.2, 1.5])
    .describe("random crops, enlarged by one of these"),
  flip: share.default(0.5).describe("probability of a left-right flip"),
  photometric: z
    .int()
    .min(0)
    .max(9)
    .optional()
    .describe(
      "random colour operations (RandAugment) a view; left out: 2 in views whose method asks for them, 0 in others",
    ),
});

const metric = z
  .string()
  .regex(/^(relative|[^.]+\.[^.]+)$/, "must be `relative` or `<task>.<metric>`, e.g. depth.aErr")
  .describe(
    "`relative`: mean relative improvement of the tasks' first metrics over the run's first evaluation",
  );

/** Length of a run that says nothing of it. */
export const DEFAULT_STEPS = 3000;

/** What stands for `name` where a configuration leaves it out. */
export const DEFAULT_NAMES = { model: "segnet", optimizer: "adam", weighting: "equal" } as const;

/** What may be configured of the images that a self-supervised method reads. */
export interface StreamConfig {
  readonly augmentation?: readonly Named[];
  readonly batchSize?: number;
  readonly images?: "all" | "labelled";
  readonly data?: z.output<typeof folderData> | z.output<ReturnType<typeof worldData>>;
}
export const STREAM_KEYS = ["augmentation", "batchSize", "images", "data"] as const;

/** Put together from the registries as they are now. */
function makeSchema() {
  /** Methods that only add terms; one that changes the network can only stand alone. */
  const addable = {
    ...Object.fromEntries(Object.entries(methods).filter(([, method]) => method.network === undefined)),
    ...constraints,
  };
  const changes = z.array(registered(augmentations));
  const augmentation = changes
    .optional()
    .describe("random changes of its images, a list in place of the method's own");
  const data = z.union([folderData, worldData()]);
  /** What a self-supervised method beside another one takes besides its own options. */
  const stream = {
    augmentation,
    batchSize: count.optional().describe("images a batch; as many as the run's if left out"),
    images: z
      .enum(["all", "labelled"])
      .default("all")
      .describe("training images that it reads: all, or those with a label that the run sees"),
    data: data
      .optional()
      .describe("another dataset whose training images it reads, at the run's size; without labels"),
  };
  const added = registered(addable, (entry) => ("selfSupervised" in entry ? stream : {}));
  return z.strictObject({
    plugins: z
      .array(z.string().min(1))
      .default([])
      .describe("modules of one's own (.mjs), relative to this file, whose exports join the registries"),
    data,
    labels: z
      .union([scenarioSchema, fileLabels])
      .prefault({ scenario: "full" })
      .describe("which training labels are kept"),
    tasks: z
      .array(z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })]))
      .min(1)
      .optional()
      .describe(
        "all of the dataset's if left out; `{name, ...settings}` replaces settings of its entry there",
      ),
    model: registered(models, () => ({ weights, freeze })).prefault({ name: DEFAULT_NAMES.model }),
    method: registered(methods, ({ name, selfSupervised }) => ({
      ...(selfSupervised && { augmentation }),
      with: z
        .array(added)
        .refine((others) => new Set([name, ...others.map((each) => each.name)]).size === others.length + 1, {
          message: "names a method twice",
        })
        .default([])
        .describe("constraints, and further methods, whose terms beyond the supervised ones are added"),
    })),
    weighting: registered(weightings)
      .prefault({ name: DEFAULT_NAMES.weighting })
      .describe("how the tasks' losses are weighed against each other"),
    optimizer: registered(optimizers, ({ learningRate }) => ({
      learningRate: z.number().positive().default(learningRate),
      encoder: encoderRate,
      schedule: schedule.prefault({ name: "constant" }),
    })).prefault({ name: DEFAULT_NAMES.optimizer }),
    batchSize: count.default(4).describe("images a batch, without those of `append`"),
    append: z
      .strictObject({
        count: count.describe("images added to every batch"),
        split: z
          .string()
          .min(1)
          .refine(
            (split) => split !== "test" && split !== "train",
            "must be a split of its own, not train or test",
          )
          .optional()
          .describe(
            "where they come from, with all their labels; left out: training images without any label",
          ),
        tasks: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe("the only tasks whose labels are kept of the split's images"),
      })
      .refine(({ split, tasks }) => tasks === undefined || split !== undefined, {
        path: ["tasks"],
        message: "needs `append.split`: training images without any label have none to keep",
      })
      .optional()
      .describe("further images of every batch, gone through at their own pace"),
    sampling: z
      .strictObject({
        balance: z
          .enum(["tasks"])
          .optional()
          .describe(
            "tasks: every batch has a labelled image of each task, where that can be; in turn where not",
          ),
        images: z
          .enum(["all", "labelled"])
          .default("all")
          .describe(
            "labelled: images without any label that the run sees are left out; recommended where a self-supervised method stands beside methods that learn from labels alone",
          ),
      })
      .optional()
      .describe("how training images are chosen; left out: each once an epoch, in random order"),
    accumulate: count.default(1).describe("batches whose gradients are averaged before an update: one step"),
    clipNorm: z
      .number()
      .positive()
      .nullable()
      .optional()
      .describe(
        "the gradients of each network (the kept one, every helper) are scaled down to this L2 norm; null: not at all; left out: what the method recommends (5 for `jtr` by its default variant), else not at all",
      ),
    ema: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe("decay of averaged weights and running statistics, which are then evaluated"),
    steps: count
      .optional()
      .describe(
        "updates of the whole run; 3000 where neither it nor `epochs` is there (`epochs` becomes it)",
      ),
    epochs: count
      .optional()
      .describe("length of the run in passes through the training images, in place of `steps`"),
    seed: seed.default(0),
    augmentation: z
      .union([usualAugmentation, z.array(registered(augmentations))])
      .prefault({})
      .describe("random changes of every image, its labels and camera: the usual ones, or a list of any"),
    evaluation: z
      .strictObject({
        every: count.default(500).describe("steps; also after the last one"),
        split: z
          .string()
          .min(1)
          .nullable()
          .default("val")
          .refine(
            (split) => split !== "test",
            "test images are for `taskloom evaluate`, not for choosing checkpoints",
          )
          .describe("null: no evaluation while training"),
        batchSize: count.default(4),
        mean: z
          .enum(METRIC_MEANS)
          .default("pixels")
          .describe("metrics are over all valid pixels of the set, or means of each image's own metrics"),
        medianScaling: z
          .boolean()
          .default(false)
          .describe(
            "each image's predicted depths are brought to its labels' median first, for depth that is known up to a factor, as when learned from video alone",
          ),
      })
      .prefault({}),
    earlyStopping: z
      .strictObject({
        metric: metric.default("relative"),
        patience: count.describe("evaluations without a better one"),
      })
      .optional(),
    checkpoint: z
      .strictObject({
        every: count.default(500).describe("steps"),
        best: metric
          .nullable()
          .default("relative")
          .describe("what the best checkpoint is chosen by; null: keep none"),
      })
      .prefault({}),
    samples: z
      .strictObject({
        count: z
          .int()
          .min(0)
          .max(64)
          .default(4)
          .describe("images of the evaluation split to draw predictions of"),
        every: count.default(1).describe("evaluations between two pictures of the same image"),
      })
      .prefault({}),
    runtime: z
      .strictObject({
        provider: z.enum(["cpu", "webgpu", "cuda"]).default("cpu"),
        threads: z.int().min(0).default(0).describe("0: one per physical core"),
        workers: z.int().min(0).max(64).default(1).describe("threads that read and augment images"),
      })
      .prefault({}),
    expect: z
      .array(
        z.strictObject({
          task: z.string().min(1),
          metric: z.string().min(1),
          value: z.number(),
          tolerance: z.number().nonnegative(),
        }),
      )
      .optional()
      .describe("the last evaluation must give these, or the command fails"),
  });
}

let made: { readonly version: number; readonly schema: ReturnType<typeof makeSchema> } | undefined;

/** Any run: what `taskloom train` takes, with whatever is registered by now. */
export function configSchema(): ReturnType<typeof makeSchema> {
  const version = registryVersion();
  if (made?.version !== version) made = { version, schema: makeSchema() };
  return made.schema;
}

type Parsed = z.output<ReturnType<typeof makeSchema>>;

/** Optimizer, its base learning rate and schedule; further fields are the optimizer's own. */
interface OptimizerConfig extends Named {
  readonly learningRate: number;
  /** Where the encoder has a rate of its own. */
  readonly encoder?: { readonly learningRate: number };
  readonly schedule: ScheduleSpec | EpochSchedule;
}

/** A schedule in epochs; how many steps that is, the data tells. */
interface EpochSchedule extends Omit<Extract<ScheduleSpec, { readonly name: "step" }>, "every"> {
  readonly everyEpochs: number;
}

/** A model and the weights it starts from; further fields are the model's own. */
interface ModelConfig extends Named {
  /** Absolute path, or where they are published. */
  readonly weights?: string;
  readonly freeze?: boolean;
}

/** A checked configuration, defaults filled in, paths absolute. */
export type RunConfig = Omit<Parsed, "optimizer" | "model" | "method" | "weighting"> & {
  readonly model: ModelConfig;
  readonly method: Named;
  readonly weighting: Named;
  readonly optimizer: OptimizerConfig;
};

/**
 * A configuration after the data has been looked at, as `config.resolved.yaml` has it: nothing is in epochs.
 */
export type SettledConfig = RunConfig & {
  readonly tasks: readonly NamedTask[];
  readonly steps: number;
  readonly epochs?: undefined;
  readonly optimizer: OptimizerConfig & { readonly schedule: ScheduleSpec };
};

/** JSON Schema (draft 2020-12) of what a configuration file may say, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: "Taskloom run configuration",
    ...z.toJSONSchema(configSchema(), { io: "input", reused: "ref" }),
  };
}
