/** @file Methods of two streams, and of frames, for tests. */
import { z } from "zod";
import { div, sub } from "../../src/graph/ops/arithmetic.js";
import { reduceMean } from "../../src/graph/ops/reduce.js";
import { square } from "../../src/graph/ops/unary.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { networkPass, supervisedTerms } from "../../src/methods/supervised.js";

/** Labelled images as usual; on unlabelled ones, two views must be predicted alike. */
export const twoStreams: MethodDefinition<{ split?: string; images: number }> = {
  name: "two-streams",
  options: z.strictObject({ split: z.string().optional(), images: z.int().default(3) }),
  arrays: () => ["index"],
  streams: ({ split, images }) => ({
    unlabelled: {
      batchSize: images,
      split,
      views: [
        { from: "sample", photometric: true },
        { from: 0, photometric: true, geometry: "shared" },
      ],
    },
  }),
  build(context) {
    const supervised = supervisedTerms(context, networkPass(context, context.image()).predictions, {
      variant: "paper",
    });
    const stream = context.stream("unlabelled");
    const [a, b] = [0, 1].map((view) => networkPass(context, stream.image(view)).predictions);
    const agreement = context.tasks.map(({ name }) => ({
      name: `agreement.${name}`,
      value: reduceMean(square(sub(a[name], b[name]))),
      weight: 0.1,
    }));
    const index = {
      name: "mean number",
      value: div(reduceMean(context.index()), context.samples()),
      weight: 0,
    };
    return { terms: [...supervised, ...agreement, index] };
  },
};

/** Frames that follow one another are predicted alike. */
export const framePairs: MethodDefinition<{ step: number }> = {
  name: "frame-pairs",
  options: z.strictObject({ step: z.int().default(1) }),
  frames: ({ step }) => ({ count: 2, step }),
  build(context) {
    const [a, b] = [0, 1].map((frame) => networkPass(context, context.image(0, frame)).predictions);
    const supervised = supervisedTerms(context, a, { variant: "paper" });
    const steady = context.tasks.map(({ name }) => ({
      name: `steady.${name}`,
      value: reduceMean(square(sub(a[name], b[name]))),
      weight: 0.1,
    }));
    return { terms: [...supervised, ...steady] };
  },
};
