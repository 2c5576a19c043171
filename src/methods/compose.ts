/** @file Methods together: one method as it is, with the unsupervised terms of others. */
import { UserError } from "../common/errors.js";
import type { FramesPlan } from "../fields/layout.js";
import type { Network } from "../models/network.js";
import type { MethodContext, MethodDefinition } from "./method.js";
import { PLAIN_VIEWS, type StreamRequest, type StreamRequests, type ViewPlan } from "./streams.js";

/** A method with its checked options. */
export interface ConfiguredMethod {
  readonly method: MethodDefinition;
  readonly options: unknown;
  /** Of a self-supervised method: what is configured of the images it reads. */
  readonly stream?: Pick<StreamRequest, "batchSize" | "images"> & Pick<ViewPlan, "augmentations">;
}

/** The views that a method plans, changed by what is configured for it alone. */
export function plannedViews({ method, options, stream }: ConfiguredMethod): readonly ViewPlan[] {
  const views = method.views?.(options) ?? PLAIN_VIEWS;
  const { augmentations } = stream ?? {};
  return augmentations === undefined ? views : views.map((view) => ({ ...view, augmentations }));
}

/**
 * `base` with the terms of `added` that learn from no labels: the supervised ones are the base's alone. Views
 * that both plan alike are the same pictures, and passes over them are shared; each has streams of its own,
 * and self-supervised methods read nothing else. Parameter groups come from all, the network from the base.
 */
export function compose(base: ConfiguredMethod, added: readonly ConfiguredMethod[]): ConfiguredMethod {
  if (added.length === 0) return base;
  const { method, options } = base;
  const views: ViewPlan[] = [...plannedViews(base)];
  const contexts = added.map((each): ((context: MethodContext) => MethodContext) => {
    const { name } = each.method;
    if (each.method.selfSupervised) return (context) => besideOthers(context, name);
    const places = mergeViews(views, plannedViews(each));
    return (context) => seenFrom(context, places, name);
  });
  const all = [base, ...added];
  /** Those that read the stream `main`. */
  const together = [base, ...added.filter((each) => !each.method.selfSupervised)];
  const composed: MethodDefinition = {
    name: all.map((each) => each.method.name).join(" + "),
    options: method.options,
    learnsUnlabelled: together.some((each) => each.method.learnsUnlabelled),
    needsLabels: together.every((each) => each.method.needsLabels),
    selfSupervised: together.every((each) => each.method.selfSupervised),
    views: () => views,
    size: method.size,
    arrays: (_options, tasks) => [
      ...new Set(together.flatMap((each) => each.method.arrays?.(each.options, tasks) ?? [])),
    ],
    frames: () => commonFrames(together),
    streams: () => ({
      ...method.streams?.(options),
      ...Object.fromEntries(added.flatMap((each) => ownStreams(each))),
    }),
    network: (network) => method.network?.(network, options) ?? network,
    ...(method.transferred && {
      transferred: (context, predictions) => method.transferred!(context, predictions, options),
    }),
    groups: () => all.flatMap((each) => each.method.groups?.(each.options) ?? []),
    build(context) {
      const first = method.build(context, options);
      const further = added.flatMap((each, i) =>
        each.method
          .build(contexts[i](context), each.options)
          .terms.filter(({ supervised }) => supervised !== true),
      );
      return { terms: [...first.terms, ...further] };
    },
  };
  return { method: composed, options };
}

/**
 * Appends the plans that are not there yet; returns where each one stands. A view is used once, as two alike
 * are two draws.
 */
function mergeViews(views: ViewPlan[], plans: readonly ViewPlan[]): number[] {
  const places: number[] = [];
  for (const plan of plans) {
    const wanted: ViewPlan = { ...plan, from: plan.from === "sample" ? plan.from : places[plan.from] };
    const alike = views.findIndex((view, i) => !places.includes(i) && sameView(view, wanted));
    places.push(alike === -1 ? views.push(wanted) - 1 : alike);
  }
  return places;
}

function sameView(a: ViewPlan, b: ViewPlan): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof ViewPlan>;
  return [...keys].every((key) => a[key] === b[key]);
}

/**
 * The frames of each sample: those that the method wants, and as many as its network takes together.
 * Undefined for single images.
 */
export function sampleFrames(
  { method, options }: ConfiguredMethod,
  network: Pick<Network, "frames">,
): FramesPlan | undefined {
  return enoughFrames(method.frames?.(options), network);
}

/** Frames that are wanted of each sample of a stream, and as many as a network takes together. */
export function enoughFrames(
  wanted: FramesPlan | undefined,
  { frames: taken = 1 }: Pick<Network, "frames">,
): FramesPlan | undefined {
  if (taken === 1) return wanted;
  return { count: Math.max(taken, wanted?.count ?? 1), step: wanted?.step ?? 1 };
}

/** Frames that are enough for all. UserError where two methods want them at different distances. */
function commonFrames(all: readonly ConfiguredMethod[]): FramesPlan | undefined {
  const wanted = all.flatMap(({ method, options }) => method.frames?.(options) ?? []);
  if (wanted.length === 0) return undefined;
  const steps = [...new Set(wanted.map(({ step }) => step))];
  if (steps.length > 1) {
    throw new UserError({
      code: "method.frames-differ",
      what: "the methods want frames at different distances, and their samples are the same",
      where: "method.with",
      got: `every ${steps.join(" and every ")} frames`,
      fix: "Give them one distance.",
    });
  }
  return { count: Math.max(...wanted.map(({ count }) => count)), step: steps[0] };
}

const ownName = (method: string, name: string): string => `${method}.${name}`;

/** The streams of an added method, under its own name; that of a self-supervised one is called so. */
function ownStreams(each: ConfiguredMethod): [string, StreamRequests[string]][] {
  const { method, options } = each;
  const further = Object.entries(method.streams?.(options) ?? {}).map(
    ([name, request]): [string, StreamRequest] => [ownName(method.name, name), request],
  );
  if (!method.selfSupervised) return further;
  const { batchSize, images } = each.stream ?? {};
  const own: StreamRequest = {
    ...{ batchSize, images, views: plannedViews(each), size: method.size },
    ...{ arrays: method.arrays?.(options, []), frames: method.frames?.(options) },
  };
  return [[method.name, own], ...further];
}

/** A context whose streams, noise and inputs are under an added method's own name. */
function underName(context: MethodContext, method: string): MethodContext {
  return {
    ...context,
    stream: (name) => context.stream(ownName(method, name)),
    noise: (wanted) => context.noise({ ...wanted, name: ownName(method, wanted.name) }),
    input: (wanted) => context.input({ ...wanted, name: ownName(method, wanted.name) }),
  };
}

/** The context of a method that reads a stream of its own, called as it is. */
function besideOthers(context: MethodContext, method: string): MethodContext {
  return { ...underName(context, method), ...context.stream(method), beside: true };
}

/**
 * The context of an added method: its views by its own numbers, its inputs and streams under its own name.
 */
function seenFrom(context: MethodContext, places: readonly number[], method: string): MethodContext {
  return {
    ...underName(context, method),
    image: (view = 0, frame) => context.image(places[view], frame),
    clip: (frames, view = 0) => context.clip(frames, places[view]),
    labels: (task, view = 0, frame) => context.labels(task, places[view], frame),
    placement: (view) => context.placement(places[view]),
    turns: (view = 0) => context.turns(places[view]),
    camera: (view = 0, frame) => context.camera(places[view], frame),
    scan: (view = 0, frame) => context.scan(places[view], frame),
    pose: (view = 0, frame) => context.pose(places[view], frame),
  };
}
