/**
 * @file Which labels a run may see: the scenarios of MTPSL (Li et al. 2022) and JTR (Nishi et al. 2024),
 * drawn anew from a seed (the papers' generators are not released). The outcome depends on the sets of ids
 * and tasks, not on their order.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { byName, unknownName } from "./names.js";
import type { LabelAssignment } from "./types.js";

/** Which tasks each sample has a label for, by sample id. */
export type AvailableLabels = ReadonlyMap<string, readonly string[]>;

const common = {
  seed: z.number().int().nonnegative().default(0),
  /** Share of images that keep no label at all. */
  unlabelled: z.number().min(0).max(1).default(0),
};

/** Schema of a configuration's `labels`. */
export const scenarioSchema = z.discriminatedUnion("scenario", [
  z.strictObject({ scenario: z.literal("full"), ...common }),
  z.strictObject({ scenario: z.literal("onelabel"), ...common }),
  z.strictObject({ scenario: z.literal("randomlabels"), ...common }),
  z.strictObject({ scenario: z.literal("halflabels"), ...common }),
  z.strictObject({
    scenario: z.literal("fraction"),
    ...common,
    /** Share of its labels that each task keeps; 1 for tasks left out. */
    fractions: z.record(z.string(), z.number().min(0).max(1)),
  }),
]);
export type ScenarioConfig = z.output<typeof scenarioSchema>;

interface Draw {
  readonly ids: readonly string[];
  readonly tasks: readonly string[];
  readonly available: (id: string) => readonly string[];
  readonly rng: (name: string) => Random;
  readonly config: ScenarioConfig;
}

type Scenario = (draw: Draw) => Map<string, readonly string[]>;

/** Every label there is. */
const full: Scenario = ({ ids, available }) => new Map(ids.map((id) => [id, available(id)]));

/**
 * Gives each sample `wanted` of its labels, always those that fewest samples have so far (ties at random);
 * samples with the least choice come first. With complete labels the counts of any two tasks differ by at
 * most 1.
 */
function balanced(draw: Draw, wanted: (position: number) => number): Map<string, readonly string[]> {
  const rng = draw.rng("balanced");
  const counts = new Map(draw.tasks.map((task) => [task, 0]));
  const kept = new Map<string, readonly string[]>();
  const order = rng.shuffle(draw.ids).sort((a, b) => draw.available(a).length - draw.available(b).length);
  order.forEach((id, position) => {
    const ranked = rng.shuffle(draw.available(id)).sort((a, b) => counts.get(a)! - counts.get(b)!);
    const chosen = ranked.slice(0, wanted(position));
    for (const task of chosen) counts.set(task, counts.get(task)! + 1);
    kept.set(id, chosen);
  });
  return kept;
}

/** One label an image, the tasks evenly: MTPSL's and JTR's "one label". */
const onelabel: Scenario = (draw) => balanced(draw, () => 1);

/** Half of the tasks an image, rounded down and up in turn, the tasks evenly: JTR's "half labels". */
const halflabels: Scenario = (draw) =>
  balanced(draw, (position) => Math.floor((draw.tasks.length + (position % 2)) / 2));

/**
 * 1 to K - 1 labels an image, the number uniform, then the subset uniform: MTPSL's and JTR's "random labels".
 */
const randomlabels: Scenario = ({ ids, tasks, available, rng }) => {
  if (tasks.length < 2) {
    throw new UserError({
      code: "data.scenario-tasks",
      what: "randomlabels leaves out at least one task of each image",
      where: "labels.scenario",
      expected: "2 tasks or more",
      got: String(tasks.length),
    });
  }
  return new Map(
    ids.map((id) => {
      const own = rng(`random ${id}`);
      return [id, own.shuffle(available(id)).slice(0, 1 + own.integer(tasks.length - 1))];
    }),
  );
};

/**
 * A share of each task's labels, every task for itself. A larger share contains a smaller one of the same
 * seed.
 */
const fraction: Scenario = ({ ids, tasks, available, rng, config }) => {
  const fractions = config.scenario === "fraction" ? config.fractions : {};
  for (const task of Object.keys(fractions)) {
    if (!tasks.includes(task)) throw unknownName("task", task, tasks, "labels.fractions");
  }
  const kept = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const task of tasks) {
    const labelled = rng(`fraction ${task}`).shuffle(ids.filter((id) => available(id).includes(task)));
    const share = Object.hasOwn(fractions, task) ? fractions[task] : 1;
    for (const id of labelled.slice(0, Math.round(share * labelled.length))) kept.get(id)!.push(task);
  }
  return kept;
};

/** Every scenario, by name. */
export const scenarios: Readonly<Record<ScenarioConfig["scenario"], Scenario>> = {
  full,
  onelabel,
  randomlabels,
  halflabels,
  fraction,
};

/**
 * Draws which labels are kept; never one that a sample does not have. `config.unlabelled` of the images,
 * rounded, lose all labels first. Throws UserError where the scenario does not suit the tasks.
 */
export function assignLabels(
  available: AvailableLabels,
  tasks: readonly string[],
  config: ScenarioConfig,
): LabelAssignment {
  const sortedTasks = [...tasks].sort(byName);
  const rng = (name: string) => new Random(config.seed, "scenario", config.scenario, name);
  const sorted = [...available.keys()].sort(byName);
  const shuffled = rng("unlabelled").shuffle(sorted);
  const bare = new Set(shuffled.slice(0, Math.round(config.unlabelled * sorted.length)));
  const kept = scenarios[config.scenario]({
    ids: sorted.filter((id) => !bare.has(id)),
    tasks: sortedTasks,
    available: (id) => sortedTasks.filter((task) => available.get(id)!.includes(task)),
    rng,
    config,
  });
  // In the caller's order, so that a saved file is easy to read.
  return Object.fromEntries(
    [...available.keys()].map((id) => [id, tasks.filter((task) => kept.get(id)?.includes(task))]),
  );
}

/** How many samples keep each task, and how many keep none. */
export function countLabels(
  assignment: LabelAssignment,
  tasks: readonly string[],
): { samples: number; unlabelled: number; perTask: Record<string, number> } {
  const kept = Object.values(assignment);
  return {
    samples: kept.length,
    unlabelled: kept.filter((own) => own.length === 0).length,
    perTask: Object.fromEntries(tasks.map((task) => [task, kept.filter((own) => own.includes(task)).length])),
  };
}
