/** @file LiDAR sweeps of a dataset: what a format has to give of each. */
import type { Pose } from "../../fields/pose.js";
import type { UprightBox } from "../../geometry/boxes/box.js";
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import type { SeenFacts } from "../../tasks/boxes3d/frames.js";
import type { DetectedClass } from "../../tasks/boxes3d/spec.js";
import type { Level } from "../../tasks/index.js";
import type { PassedOver } from "../passed-over.js";
import type { Sequences } from "../sequences.js";
import type { PhotoPlace } from "./photo.js";

/** One sweep. */
export interface SweepRecord {
  /** x forward, y left, z up (metres) and intensity of each point, in the sweep's coordinates. */
  readonly points: Float32Array;
  /** From the sweep's coordinates to those of its scene; left out where that is not known. */
  readonly pose?: Pose;
  /** What is amiss with it, as a sentence whose subject is such sweeps, alike for all of them. */
  readonly remark?: string;
}

/** The camera that looks ahead at what a sweep sweeps. */
export interface SweepView extends CameraView {
  /** Its picture, where it is there. */
  readonly image?: PhotoPlace;
}

/** A labelled box in its sweep's coordinates. */
export interface SweepBox extends UprightBox {
  readonly class: string;
  /** Names the thing in all sweeps of a scene. */
  readonly track?: string;
  /** How many points lie in it; counted where the dataset does not say. */
  readonly points?: number;
  readonly level?: Level;
  /** How the camera sees it, where the dataset says so. */
  readonly seen?: SeenFacts;
}

/** Sweeps and their boxes. */
export interface SweepSource {
  readonly name: string;
  /** Names of the boxes' classes. */
  readonly classes: readonly string[];
  /** What is detected where a configuration says nothing else. */
  readonly detect: Readonly<Record<string, DetectedClass>>;
  /** Ids by split. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
  /** Which sweeps follow one another, where the dataset says so. */
  readonly sequences?: Sequences;
  readonly passedOver?: readonly PassedOver[];
  /** Whether boxes are labelled, without reading them. */
  isLabelled(split: string, id: string): Promise<boolean>;
  /** Throws UserError naming the file where it is damaged. */
  readSweep(split: string, id: string): Promise<SweepRecord>;
  readBoxes(split: string, id: string): Promise<readonly SweepBox[]>;
  /** The camera beside the sensor; undefined where it is not known. */
  readView?(split: string, id: string): Promise<SweepView | undefined>;
}
