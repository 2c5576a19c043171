/** @file What dataset.yaml says of a boundaries task. */
import { z } from "zod";

/** Bits that the pixels of a file have. */
const MOST_ANNOTATORS = 16;

export const boundariesSchema = z
  .strictObject({
    kind: z.literal("boundaries"),
    /** How many annotators may have marked an image; each has a bit of a file's pixels. */
    annotators: z.int().min(1).max(MOST_ANNOTATORS).default(1),
    /** So many of them make a pixel a boundary to learn from; 3 if left out, or all where there are fewer. */
    agreement: z.int().min(1).max(MOST_ANNOTATORS).optional(),
    /**
     * Weight of boundary pixels in the loss, 1 minus it that of the others; `auto`: in each image the share
     * of the others.
     */
    positiveWeight: z.union([z.number().gt(0).lt(1), z.literal("auto")]).default(0.95),
    /** The file's value of pixels without a label; all pixels are valid if left out. */
    invalid: z.int().min(1).max(65535).optional(),
    /** How far apart a predicted pixel and its true partner may be, as a share of the map's diagonal. */
    tolerance: z.number().min(0).max(0.1).default(0.0075),
    /** How many thresholds, evenly between 0 and 1, predictions are measured at. */
    thresholds: z.int().min(1).max(999).default(99),
    /** Whether predictions are thinned to lines of one pixel at each threshold. */
    thinning: z.boolean().default(true),
  })
  .superRefine(({ annotators, agreement, invalid }, context) => {
    const add = (key: string, message: string) => {
      context.addIssue({ code: "custom", message, path: [key] });
    };
    if (agreement !== undefined && agreement > annotators)
      add("agreement", `there are no more than ${annotators} annotators to agree`);
    if (invalid !== undefined && annotators > 1 && invalid < 2 ** annotators)
      add("invalid", `values below ${2 ** annotators} say which annotators marked a pixel`);
  });

/** Entry of a boundaries task in dataset.yaml. */
export type BoundariesSpec = z.output<typeof boundariesSchema>;

/** CompL (Kanakis et al. 2023) after Xie and Tu (2015). */
const USUAL_AGREEMENT = 3;

/** How many annotators make a pixel a boundary. */
export function agreementOf({ annotators, agreement }: BoundariesSpec): number {
  return agreement ?? Math.min(USUAL_AGREEMENT, annotators);
}
