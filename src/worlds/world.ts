/** @file What a built-in world is: a procedure that makes an image and every label of it from a seed. */
import type { PinholeCamera } from "../geometry/camera.js";
import type { LabelMap, Picture, TaskSpec } from "../tasks/task.js";

export interface RenderedSample {
  readonly image: Picture;
  /** By task name; all pixels of all maps are valid unless the world says otherwise. */
  readonly labels: Readonly<Record<string, LabelMap>>;
  /** [height, width], number of the thing seen at each pixel, unique within the image. */
  readonly instances: Int32Array;
  /** At the size rendered. */
  readonly camera: PinholeCamera;
}

/** A built-in world. One file or folder, one line in the registry. */
export interface World {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Raised by one whenever equal arguments give other pictures or labels than before, or other tasks. */
  readonly version: number;
  /** What dataset.yaml says of its tasks. */
  readonly tasks: Readonly<Record<string, TaskSpec>>;
  /** The one camera of all images of a seed, in pixels of the size asked for. */
  camera(seed: number, height: number, width: number): PinholeCamera;
  /** Sample `index` of a split. Equal arguments give equal bits, whoever renders it and in whatever order. */
  render(seed: number, split: string, index: number, height: number, width: number): RenderedSample;
}
