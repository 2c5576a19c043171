/** @file What detection metrics are given of each frame: labelled boxes and predicted ones. */
import type { UprightBox } from "../../geometry/boxes/box.js";

/** How hard a labelled box is to find; level 2 counts at level 2 alone, level 1 at both. */
export type Level = 1 | 2;

/** How a camera sees a box, as KITTI's labels have it. */
export interface SeenFacts {
  /** Of the box in the image, pixels. */
  readonly imageHeight: number;
  /** 0 in full sight, 1 partly hidden, 2 largely hidden, 3 unknown. */
  readonly occlusion: number;
  /** The share beyond the image's border, 0 to 1. */
  readonly truncation: number;
}

export interface LabelledBox {
  readonly class: string;
  /** In the sensor's or the vehicle's coordinates: ranges are distances from their origin. */
  readonly box: UprightBox;
  /** As the labels have it; without one it follows from `points`. */
  readonly level?: Level;
  /** How many points of the sweep lie in it; a box of 0 points is not counted. */
  readonly points?: number;
}

export interface PredictedBox {
  readonly class: string;
  readonly box: UprightBox;
  /** 0 to 1. */
  readonly score: number;
  /** Whether it overlaps a zone without labels, where it is no mistake. */
  readonly unlabelledZone?: boolean;
}

export interface DetectionFrame<L = LabelledBox, P = PredictedBox> {
  readonly labelled: readonly L[];
  readonly predicted: readonly P[];
}
