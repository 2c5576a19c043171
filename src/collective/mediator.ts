/**
 * @file The step on mediator batches: constraints over a module's own predictions and those of its peers,
 * which arrive as arrays from somewhere.
 */
import { z } from "zod";
import { motionBetween, neededArrays } from "../constraints/beside-method.js";
import { extendedRun, framesOf } from "../constraints/frame-runs.js";
import { type ConstraintContext, taskFor } from "../constraints/index.js";
import { constraintContext, motionTask } from "../constraints/predicted-motion.js";
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

/** Name of the array that a prediction of a task on these frames, in this order, is. */
export function predictionName(task: string, frames: readonly number[]): string {
  return `peer.${task}.frame${frames.join("-")}`;
}

/**
 * The tasks that a constraint ties, the one that predicts motion among them. Throws UserError where there is
 * none of a kind.
 */
export function tiedTasks({ definition, options }: ConfiguredConstraint, tasks: readonly Task[]): string[] {
  const needs = definition.needs(options);
  const named = Object.entries(needs.tasks).map(([part, kind]) => {
    const name = options[part];
    return taskFor({ tasks }, definition.name, kind, typeof name === "string" ? name : undefined).name;
  });
  const mover = needs.motion === true ? motionTask(tasks) : undefined;
  return mover === undefined ? named : [...named, mover.name];
}

/** What the constraints together need of the mediator's batches. */
export function mediatorNeeds(
  constraints: readonly ConfiguredConstraint[],
  tasks: readonly Task[],
): {
  arrays: ExtraArray[];
  /** Frames of a sequence; 1 where single images are enough. */
  frames: number;
  step: number;
} {
  const needs = constraints.map(({ definition, options }) => definition.needs(options));
  return {
    arrays: [...new Set(needs.flatMap((each) => neededArrays(each, tasks)))],
    frames: Math.max(1, ...needs.map(({ frames }) => frames?.count ?? 1)),
    step: Math.max(1, ...needs.map(({ frames }) => frames?.step ?? 1)),
  };
}

/** What a constraint sees: predictions of the module's own network, in training mode, and of its peers. */
function contextOf(
  context: MethodContext,
  { tasks, frames: sequence }: MediatorPlan,
  keepsStatistics: boolean,
): ConstraintContext {
  const { batchSize, size, network } = context;
  const forward = keepsStatistics ? context.forward : context.forward.with({ updatesState: false });
  const passOver = (frames: readonly number[]) =>
    networkPass(
      { ...context, forward },
      context.clip(extendedRun(frames, network.frames ?? 1, sequence?.count ?? 1)),
    );
  const isOwn = ({ name }: Task) => context.tasks.some((own) => own.name === name);
  return constraintContext({
    ...{ tasks, batchSize, size },
    image: (frame) => context.image(0, frame),
    camera: (frame) => context.camera(0, frame),
    scan: (frame) => context.scan(0, frame),
    givenMotion: (from, to) => motionBetween(context.pose(0, from), context.pose(0, to)),
    predictions: (frames) => {
      const concerned = tasks.filter((task) => framesOf(task) === frames.length);
      const own = concerned.some(isOwn) ? passOver(frames) : undefined;
      const predicted = concerned.map((task) => {
        const { name, kind, spec } = task;
        const shape = [batchSize, kind.learning.channels(spec), ...size];
        return [name, isOwn(task) ? own!.predictions[name] : input(predictionName(name, frames), shape)];
      });
      return Object.fromEntries(predicted);
    },
    coarser: (frame) =>
      tasks.some((task) => isOwn(task) && framesOf(task) === 1) ? passOver([frame]).coarser : {},
  });
}

/** The constraints that tie one of these tasks. */
export function constraintsOf(
  { constraints, tasks }: MediatorPlan,
  own: readonly Task[],
): ConfiguredConstraint[] {
  const names = own.map(({ name }) => name);
  return constraints.filter((each) => tiedTasks(each, tasks).some((task) => names.includes(task)));
}

/**
 * A module's step on mediator batches, as a method: the terms of the constraints that tie it. The batches
 * leave running statistics alone unless `keepsStatistics`: a module that sees no others has no other ones.
 */
export function mediatorMethod(
  plan: MediatorPlan,
  own: readonly ConfiguredConstraint[],
  keepsStatistics: boolean,
): MethodDefinition<Record<string, never>> {
  return {
    name: "mediator",
    options: z.strictObject({}),
    frames: () => plan.frames,
    arrays: () => plan.arrays,
    build: (context) => {
      const seen = contextOf(context, plan, keepsStatistics);
      return { terms: own.flatMap(({ definition, options }) => definition.build(seen, options)) };
    },
  };
}
