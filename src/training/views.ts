/** @file The views of each sample: those that a method plans, filled in by the configured augmentations. */
import { augmentations } from "../data/augment/index.js";
import type { NamedAugmentation, ViewSpec } from "../data/types.js";
import { plannedViews } from "../methods/compose.js";
import { PLAIN_VIEWS, type ViewPlan } from "../methods/streams.js";
import type { RunConfig } from "./config/index.js";
import { methodOf, networkOf } from "./parts.js";

/**
 * Changed colours as JTR's code has them, where the method asks for them and the configuration says nothing
 * of colours.
 */
const COLOURS: NamedAugmentation = { name: "rand-augment", operations: 2 };

function isColour({ name }: NamedAugmentation): boolean {
  return augmentations[name].effect === "colour";
}

/**
 * The configured augmentations, as a list. Of the usual ones, crops are of pictures: point clouds are flipped
 * alone.
 */
function configured(
  config: Pick<RunConfig, "augmentation" | "method" | "model" | "optimizer">,
): readonly NamedAugmentation[] {
  const { augmentation } = config;
  if (Array.isArray(augmentation)) return augmentation;
  const { scales, flip, photometric } = augmentation;
  if (networkOf(config).pillars !== undefined) return [{ name: "flip", probability: flip }];
  return [
    { name: "flip", probability: flip },
    ...(scales.length === 0 ? [] : [{ name: "scale-crop", scales }]),
    ...(photometric === undefined ? [] : [{ name: "rand-augment", operations: photometric }]),
  ];
}

/** Those of a list that a planned view takes, where it brings none of its own. */
function taken(plan: ViewPlan, list: readonly NamedAugmentation[]): readonly NamedAugmentation[] {
  if (plan.augmentations !== undefined) return plan.augmentations;
  const all = plan.photometric && !list.some(isColour) ? [...list, COLOURS] : list;
  if (plan.from === "sample") return all;
  // A view made from another one is that one's mirror image already; and turned once more, it would have no
  // place in it.
  const effects = { shared: ["colour"], cropped: ["colour", "crop"], free: ["colour", "crop", "flip"] };
  const allowed = effects[plan.geometry ?? "cropped"];
  return all.filter(({ name }) => allowed.includes(augmentations[name].effect));
}

/** Planned views, filled in by the configured augmentations. */
export function filledViews(
  config: Pick<RunConfig, "augmentation" | "method" | "model" | "optimizer">,
  plans: readonly ViewPlan[] = PLAIN_VIEWS,
): ViewSpec[] {
  const list = configured(config);
  return plans.map((plan) => ({ from: plan.from, augmentations: taken(plan, list) }));
}

/** The views of each sample that the method asks for. */
export function viewsOf(
  config: Pick<RunConfig, "augmentation" | "method" | "model" | "optimizer">,
): ViewSpec[] {
  return filledViews(config, plannedViews(methodOf(config)));
}
