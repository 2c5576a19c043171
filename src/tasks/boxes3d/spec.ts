/** @file What a dataset says of its 3D boxes, and a configuration of how they are detected. */
import { z } from "zod";
import type { TaskSpec } from "../task.js";

const extent = z
  .tuple([z.number(), z.number()])
  .refine(([from, to]) => from < to, { message: "must be [from, to], metres" });

/** A grid seen from above, whose sides are whole numbers of cells. */
export const gridSchema = z
  .strictObject({
    x: extent.default([-74.88, 74.88]).describe("forward, metres"),
    y: extent.default([-74.88, 74.88]).describe("to the left"),
    z: extent.default([-2, 4]).describe("up"),
    cell: z.number().positive().default(0.32).describe("edge of a cell"),
  })
  .superRefine(({ x, y, cell }, context) => {
    for (const [key, [from, to]] of Object.entries({ x, y })) {
      const cells = (to - from) / cell;
      if (Math.round(cells) >= 1 && Math.abs(cells - Math.round(cells)) < 1e-6 * cells) continue;
      context.addIssue({
        code: "custom",
        path: [key],
        message: `must be a whole number of cells of ${cell} m`,
      });
    }
  });

const share = z.number().min(0).max(1);

/** What is looked for as one class. */
const detectedSchema = z
  .strictObject({
    /** The dataset's classes that it is. */
    of: z.array(z.string().min(1)).min(1),
    /** Length, width and height of its anchors, metres, and how high their middles lie. */
    size: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
    z: z.number(),
    /** Overlap from which an anchor is positive, and below which it is negative. */
    positive: share.default(0.55),
    negative: share.default(0.4),
    /** Least overlap of a detection that counts. */
    overlap: share.default(0.5),
  })
  .refine(({ positive, negative }) => negative <= positive, {
    message: "`negative` must not be above `positive`",
  });

export const boxesSchema = z
  .strictObject({
    kind: z.literal("boxes3d"),
    /** Names of the labelled boxes' classes. */
    things: z.array(z.string().min(1)).min(1),
    detect: z
      .record(z.string().min(1), detectedSchema)
      .refine((detect) => Object.keys(detect).length > 0, { message: "must name a class" }),
    grid: gridSchema.prefault({}),
    /** Frames that boxes are predicted of, the present one first. */
    frames: z.int().min(1).max(16).default(1),
    /** Most labelled boxes of a frame; further ones, the farthest, are left out. */
    most: z.int().min(1).max(1024).default(64),
    weights: z
      .strictObject({
        class: z.number().min(0).default(1),
        box: z.number().min(0).default(2),
        direction: z.number().min(0).default(0.2),
        flow: z.number().min(0).default(1),
      })
      .prefault({}),
    /** Detections below this score go; of those that overlap more than `suppression`, the best one stays. */
    score: share.default(0.1),
    suppression: share.default(0.2),
  })
  .superRefine(({ things, detect }, context) => {
    const strangers = Object.values(detect).flatMap(({ of }) => of.filter((name) => !things.includes(name)));
    if (strangers.length === 0) return;
    const message = `names ${strangers[0]}, which is none of ${things.join(", ")}`;
    context.addIssue({ code: "custom", path: ["detect"], message });
  });

/** Entry of a task of 3D boxes. */
export type BoxesSpec = z.output<typeof boxesSchema> & TaskSpec;

/** How one class is looked for. */
export type DetectedClass = z.output<typeof detectedSchema>;
