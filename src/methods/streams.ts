/** @file What a method reads: the streams it asks for, and their arrays as leaves of its graph. */
import type { Field } from "../fields/field.js";
import {
  arrayName,
  drawnArrays,
  type ExtraArray,
  type FramesPlan,
  fieldArrays,
  MAIN_STREAM,
  type StreamLayout,
} from "../fields/layout.js";
import { givenFields } from "../fields/sample.js";
import { PILLARS, type PillarPlan, pillarField } from "../fields/sweep.js";
import { input } from "../graph/ops/leaf.js";
import { concat } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { labelField } from "../tasks/label-field.js";
import type { Task } from "../tasks/task.js";

/**
 * How a view of a batch is made; `ViewSpec` of the data layer, once the configuration's augmentations are
 * filled in.
 */
export interface ViewPlan {
  readonly from: "sample" | number;
  /** Whether its colours change where the configuration does not say how much. */
  readonly photometric: boolean;
  /**
   * `cropped` (default): cropped anew. `shared`: the crop and flip of the view it is made from, so that
   * pixels of both views show the same point and only photometric changes tell them apart. `free`: cropped
   * and flipped anew.
   */
  readonly geometry?: "cropped" | "shared" | "free";
  /** What changes it, in place of all that is configured: augmentations by name, with all their options. */
  readonly augmentations?: readonly PlannedAugmentation[];
}

/** An augmentation of the registry and its options; `NamedAugmentation` of the data layer. */
export interface PlannedAugmentation {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** [height, width] */
export type ImageSize = readonly [number, number];

/** The views of a method that names none: each sample once. */
export const PLAIN_VIEWS: readonly ViewPlan[] = [{ from: "sample", photometric: false }];

/** A stream that a method wants beside `main`. */
export interface StreamRequest {
  /** Samples a batch; as many as `main` has if left out. */
  readonly batchSize?: number;
  /** Size of its images, from that of the run's; the same if left out. */
  readonly size?: (size: ImageSize) => ImageSize;
  /** Where they come from; the training images if left out. */
  readonly split?: string;
  /** Which of them; all if left out. */
  readonly images?: "labelled" | "unlabelled";
  /**
   * Whether batches have labels: those that training may see, or all that another split has. Without if left
   * out.
   */
  readonly labels?: boolean;
  /** Each sample once if left out. */
  readonly views?: readonly ViewPlan[];
  /** Arrays beside images and labels. */
  readonly arrays?: readonly ExtraArray[];
  /** Frames of a sequence in place of single images. */
  readonly frames?: FramesPlan;
}

/** What a method reads beside images and labels of `main`, by stream. */
export type StreamRequests = Readonly<Record<string, StreamRequest>>;

/** The labels of one task in a batch. All zero where a sample is not labelled. */
export interface TaskLabels {
  /** [N,L,H,W] */
  readonly label: Tensor;
  /** [N,1,H,W], ones where the label holds. */
  readonly valid: Tensor;
  /** [N], one where the sample is labelled for the task. */
  readonly labelled: Tensor;
}

/** The arrays of one stream of a batch. View 0 is the first, and frame 0 the earliest. */
export interface StreamLeaves {
  /** Samples a batch: N. */
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  /** Images [N,3,H,W]; the same tensor each time it is asked for. */
  image(view?: number, frame?: number): Tensor;
  /**
   * What a network takes of these frames: their images as one, [N,3·frames,H,W], their channels in this
   * order; of one frame its image. Where the stream's network takes pillars, those of the sample's sweep. The
   * same tensor each time it is asked for.
   */
  clip(frames: readonly number[], view?: number): Tensor;
  labels(task: Task, view?: number, frame?: number): TaskLabels;
  /** [N,5], for views made from an earlier one: where each lies in it, as `Placement` of `fields` says. */
  placement(view: number): Tensor;
  /**
   * [N], each sample's place among those that the stream draws from, below `samples()`; the same in every
   * epoch. To be asked for among the stream's `arrays`, as all below.
   */
  index(): Tensor;
  /** How many samples the stream draws from: the length of a bank with a place for each. */
  samples(): number;
  /** [N], quarter turns of the images of a view, counter-clockwise. */
  turns(view?: number): Tensor;
  /** [N,4], fx, fy, cx, cy in pixels of a view. */
  camera(view?: number, frame?: number): Tensor;
  /** [N,3,4], [rotation | position] of the camera in its scene. */
  pose(view?: number, frame?: number): Tensor;
  /** [N,4,P], what a LiDAR hit of what a view shows (`scanField`). */
  scan(view?: number, frame?: number): Tensor;
}

/** The shape of a stream's batches. */
export interface StreamShape extends Pick<StreamRequest, "arrays" | "frames"> {
  readonly batchSize: number;
  /** How many samples it draws from, where the data is known. */
  readonly samples?: number;
  readonly size: ImageSize;
  /** How sweeps become arrays, where the network takes them in the place of images. */
  readonly pillars?: PillarPlan;
}

/** The leaves of a stream: the loader's arrays under their names. */
export function streamLeaves(shape: StreamShape, stream: string = MAIN_STREAM): StreamLeaves {
  const { batchSize, size, arrays = [] } = shape;
  const count = shape.frames?.count ?? 1;
  const [height, width] = size;
  const layout: Pick<StreamLayout, "samples" | "size"> = { samples: batchSize, size: { height, width } };
  const leaves = new Map<string, Tensor>();
  const leaf = (name: string, shape: readonly number[]) => {
    const known = leaves.get(name) ?? input(name, shape);
    leaves.set(name, known);
    return known;
  };
  const requireAsked = (name: ExtraArray) => {
    if (arrays.includes(name)) return;
    throw new RangeError(
      `the method reads ${name} of stream ${stream} without asking for it in its \`arrays\``,
    );
  };
  const fieldLeaves = (name: string, field: Field, view: number, frame: number) => {
    if (frame >= count)
      throw new RangeError(`the method reads frame ${frame} of ${count} in stream ${stream}`);
    const shapes = Object.entries(fieldArrays(name, field, layout, { stream, view, frame }));
    return shapes.map(([each, shape]) => leaf(each, shape));
  };
  const drawn = (name: keyof typeof drawnArrays, view: number) =>
    leaf(arrayName(name, { stream, view }), [batchSize, ...drawnArrays[name]]);
  const given = (name: "camera" | "pose" | "scan", view: number, frame: number) => {
    requireAsked(name);
    return fieldLeaves(name, givenFields[name] as Field, view, frame)[0];
  };
  const image = (view: number, frame: number) =>
    fieldLeaves("image", givenFields.image as Field, view, frame)[0];
  const clips = new Map<string, Tensor>();
  const clip = (frames: readonly number[], view: number) => {
    if (shape.pillars !== undefined) {
      const field = pillarField(shape.pillars) as Field;
      const shapes = fieldArrays("sweep", field, layout, { stream, view });
      const name = arrayName(`sweep${PILLARS}`, { stream, view });
      return leaf(name, shapes[name]);
    }
    const images = frames.map((frame) => image(view, frame));
    if (images.length === 1) return images[0];
    const key = [view, ...frames].join(" ");
    const known = clips.get(key) ?? concat(images, 1);
    clips.set(key, known);
    return known;
  };
  return {
    batchSize,
    size,
    image: (view = 0, frame = 0) => image(view, frame),
    clip: (frames, view = 0) => clip(frames, view),
    labels: (task, view = 0, frame = 0) => {
      const [label, valid, labelled] = fieldLeaves(task.name, labelField(task) as Field, view, frame);
      return { label, valid, labelled };
    },
    placement: (view) => drawn("placement", view),
    index: () => {
      requireAsked("index");
      return drawn("index", 0);
    },
    samples: () => {
      if (shape.samples === undefined)
        throw new RangeError(`nobody told how many samples stream ${stream} has`);
      return shape.samples;
    },
    turns: (view = 0) => {
      requireAsked("turns");
      return drawn("turns", view);
    },
    camera: (view = 0, frame = 0) => given("camera", view, frame),
    pose: (view = 0, frame = 0) => given("pose", view, frame),
    scan: (view = 0, frame = 0) => given("scan", view, frame),
  };
}
