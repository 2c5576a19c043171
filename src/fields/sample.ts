/** @file A sample: a record of fields, some given (image, camera, pose), some to be learned (labels). */
import type { CameraView } from "../geometry/boxes/camera-view.js";
import { cameraField } from "./camera.js";
import type { Colouring, Field, ValueOf } from "./field.js";
import { imageField } from "./image.js";
import type { LabelMap } from "./map.js";
import { type Move, sizeAfter } from "./move.js";
import { poseField } from "./pose.js";
import { scanField } from "./scan.js";
import type { Size } from "./size.js";
import { sweepField } from "./sweep.js";

/** The fields that are given, by the name that they have in a sample and in batches. One line each. */
export const givenFields = {
  image: imageField,
  camera: cameraField,
  pose: poseField,
  sweep: sweepField,
  scan: scanField,
} as const;

/** Fields that a sample may lack: batches hold them where they are asked for. */
export type OptionalField = Exclude<keyof typeof givenFields, "image">;

type Given = { readonly image: ValueOf<(typeof givenFields)["image"]> } & {
  readonly [K in OptionalField]?: ValueOf<(typeof givenFields)[K]>;
};

/** One image with whatever else is known of it. */
export interface Sample extends Size, Given {
  readonly id: string;
  /** The image's size before it was resized; left out where it was not. */
  readonly fileSize?: Size;
  /**
   * Of a sweep: the camera beside the sensor, where it is known. It belongs to the sweep as it was read, and
   * does not follow its moves: who measures needs it, and measures what was read.
   */
  readonly view?: CameraView;
  /** By task name; a task that is not there is not labelled. */
  readonly labels: Readonly<Record<string, LabelMap>>;
}

/** The field that the labels of each task are. */
export type LabelFields = Readonly<Record<string, Field<LabelMap>>>;

/** What `change` makes of the given fields that a sample has; where it makes undefined, they stay. */
function changedGiven(
  sample: Sample,
  change: (field: Field, value: unknown) => unknown,
): Partial<Record<string, unknown>> {
  const entries = Object.entries(givenFields as Record<string, Field>).flatMap(([name, field]) => {
    const value = sample[name as keyof typeof givenFields];
    const after = value === undefined ? undefined : change(field, value);
    return after === undefined ? [] : [[name, after] as const];
  });
  return Object.fromEntries(entries);
}

/** The sample after its image was moved: all its fields follow. */
export function movedSample(sample: Sample, labels: LabelFields, move: Move): Sample {
  const size = { width: sample.width, height: sample.height };
  return {
    ...sample,
    ...sizeAfter(size, move),
    ...changedGiven(sample, (field, value) => field.moved(value, move, size)),
    labels: Object.fromEntries(
      Object.entries(sample.labels).map(([task, label]) => [task, labels[task].moved(label, move, size)]),
    ),
  };
}

/** The sample after the colours of its image changed. Labels are shared. */
export function colouredSample(sample: Sample, colouring: Colouring): Sample {
  const size = { width: sample.width, height: sample.height };
  return { ...sample, ...changedGiven(sample, (field, value) => field.coloured?.(value, colouring, size)) };
}
