/**
 * @file The contract of an augmentation: a random change that is drawn first and then done to every part of a
 * sample.
 */
import type { z } from "zod";
import type { Random } from "../../common/random.js";
import type { Colouring } from "../../fields/field.js";
import type { Move } from "../../fields/move.js";
import type { Size } from "../../fields/size.js";

/**
 * What has been drawn. Applied to several images (the frames of a sequence), it does the same to each: all
 * random numbers have been used up by then.
 */
export interface Change {
  /** Done one after the other; image, labels, camera and pose follow. */
  readonly moves?: readonly Move[];
  /** Done to the image alone, after all moves of all augmentations. */
  readonly colouring?: Colouring;
}

/** What an augmentation may know of the view that it is drawn for. */
export interface DrawnFor {
  /** Number of the view, from 0. */
  readonly view: number;
  /** Random numbers that are the same for all views of a sample: what they have in common. */
  readonly shared: Random;
}

/**
 * One augmentation: one file, one line in the registry. `options` is an object schema, whose members stand
 * beside `name` in a configuration.
 */
export interface Augmentation<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  /**
   * What it changes; a method that plans views has a say in that. A view made from an earlier one is not
   * mirrored or turned once more unless the method plans it `free`, and neither cropped where it plans
   * `shared`.
   */
  readonly effect: "colour" | "crop" | "flip" | "turn";
  /**
   * A change for a sample of that size, from random numbers alone. `drawnFor` is left out for a sample's only
   * view. UserError where the size allows none.
   */
  draw(size: Size, options: O, rng: Random, drawnFor?: DrawnFor): Change;
}
