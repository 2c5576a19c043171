/**
 * @file The step on mediator batches: constraints over a module's own predictions and those of its peers,
 * which arrive as arrays from somewhere.
 */
import { z } from "zod";
import { motionBetween } from "../constraints/beside-method.js";
import { type ConstraintContext, taskFor } from "../constraints/index.js";
import type { ExtraArray, FramesPlan } from "../fields/layout.js";
import { input } from "../graph/ops/leaf.js";
import type { MethodContext, MethodDefinition } from "../methods/method.js";
import { networkPass } from "../methods/supervised.js";
import type { Task } from "../tasks/task.js";
import type { ConfiguredConstraint } from "./config.js";

/** What all modules know of the mediator stream. */
export interface MediatorPlan {
  readonly constraints: readonly ConfiguredConstraint[];
  /** Those of all modules. */
  readonly tasks: readonly Task[];
  readonly frames?: FramesPlan;
  readonly arrays: readonly ExtraArray[];
}

/** Name of the array that a prediction of a task is. */
export function predictionName(task: string, frame: number): string {
  return `peer.${task}.frame${frame}`;
}

/** The tasks that a constraint ties. Throws UserError where there is none of a kind. */
export function tiedTasks({ definition, options }: ConfiguredConstraint, tasks: readonly Task[]): string[] {
  return Object.entries(definition.needs(options).tasks).map(([part, kind]) => {
    const named = options[part];
    return taskFor({ tasks }, definition.name, kind, typeof named === "string" ? named : undefined).name;
  });
}

/** What the constraints together need of the mediator's batches. */
export function mediatorNeeds(constraints: readonly ConfiguredConstraint[]): {
  arrays: ExtraArray[];
  /** Frames of a sequence; 1 where single images are enough. */
  frames: number;
  step: number;
} {
  const needs = constraints.map(({ definition, options }) => definition.needs(options));
  const arrays: ExtraArray[] = [];
  if (needs.some(({ camera }) => camera)) arrays.push("camera");
  if (needs.some(({ motion }) => motion)) arrays.push("pose");
  return {
    arrays,
    frames: Math.max(1, ...needs.map(({ frames }) => frames?.count ?? 1)),
    step: Math.max(1, ...needs.map(({ frames }) => frames?.step ?? 1)),
  };
}

/** What a constraint sees: predictions of the module's own network, in training mode, and of its peers. */
function contextOf(context: MethodContext, { tasks }: MediatorPlan): ConstraintContext {
  const { batchSize, size } = context;
  // Mediator batches leave running statistics alone.
  const quiet = { ...context, forward: context.forward.with({ updatesState: false }) };
  const own = new Set(context.tasks.map(({ name }) => name));
  const peers = tasks.filter(({ name }) => !own.has(name));
  return {
    ...{ tasks, batchSize, size },
    frame: (index) => {
      const image = context.image(0, index);
      return {
        image,
        get camera() {
          return context.camera(0, index);
        },
        get predictions() {
          const predicted = peers.map(({ name, kind, spec }) => {
            const shape = [batchSize, kind.learning.channels(spec), ...size];
            return [name, input(predictionName(name, index), shape)] as const;
          });
          return { ...networkPass(quiet, image).predictions, ...Object.fromEntries(predicted) };
        },
      };
    },
    motion: (from, to) => motionBetween(context.pose(0, from), context.pose(0, to)),
  };
}

/** The constraints that tie one of these tasks. */
export function constraintsOf(
  { constraints, tasks }: MediatorPlan,
  own: readonly Task[],
): ConfiguredConstraint[] {
  const names = own.map(({ name }) => name);
  return constraints.filter((each) => tiedTasks(each, tasks).some((task) => names.includes(task)));
}

/** A module's step on mediator batches, as a method: the terms of the constraints that tie it. */
export function mediatorMethod(
  plan: MediatorPlan,
  own: readonly ConfiguredConstraint[],
): MethodDefinition<Record<string, never>> {
  return {
    name: "mediator",
    options: z.strictObject({}),
    frames: () => plan.frames,
    arrays: () => plan.arrays,
    build: (context) => {
      const seen = contextOf(context, plan);
      return { terms: own.flatMap(({ definition, options }) => definition.build(seen, options)) };
    },
  };
}
