/** @file The registry of constraints: known relations between tasks. */
import { registry } from "../common/registry.js";
import { methods } from "../methods/index.js";
import type { MethodDefinition } from "../methods/method.js";
import { constraintMethod } from "./beside-method.js";
import { boxMotionConstraint } from "./box-motion.js";
import type { ConstraintDefinition } from "./constraint.js";
import { depthNormals } from "./depth-normals.js";
import { depthSmoothness } from "./depth-smoothness.js";
import { motionCycle } from "./motion-cycle.js";
import { motionSmoothness } from "./motion-smoothness.js";
import { photometric } from "./photometric.js";
import { scanDepth } from "./scan-depth.js";
import { segmentationFlow } from "./segmentation-flow.js";

export type {
  ConstraintContext,
  ConstraintDefinition,
  ConstraintFrame,
  ConstraintNeeds,
  FrameMotion,
} from "./constraint.js";
export { taskFor, taskOption, weightOption } from "./constraint.js";

const ALL = [
  ...[depthNormals, photometric, segmentationFlow, motionSmoothness, motionCycle, depthSmoothness],
  ...[boxMotionConstraint, scanDepth],
];

/** Every constraint, by name. */
export const constraints = registry<ConstraintDefinition>(
  "constraints",
  Object.fromEntries(ALL.map((each) => [each.name, each as ConstraintDefinition])),
);

/**
 * The method of that name, or the constraint of that name as a companion of methods. The name has to be
 * known.
 */
export function methodNamed(name: string): MethodDefinition {
  return Object.hasOwn(methods, name) ? methods[name] : constraintMethod(constraints[name]);
}
