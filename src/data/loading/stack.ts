/** @file Samples stacked to the arrays of a batch, as its layout names them. */
import { UserError } from "../../common/errors.js";
import type { Field } from "../../fields/field.js";
import { arrayName, batchArrays, type StreamLayout } from "../../fields/layout.js";
import type { givenFields, Sample } from "../../fields/sample.js";
import type { Size } from "../../fields/size.js";
import type { PlacedView } from "../augment/views.js";
import type { BatchArray, SampleName } from "../types.js";
import type { StreamPlan } from "./plan.js";

/** A sample that was drawn for a batch. */
export interface DrawnSample extends SampleName {
  /** Its place among those that the stream draws from, after those that it is appended to. */
  readonly index: number;
  /** The views of each frame; one frame where the stream has no sequences. */
  readonly frames: readonly (readonly PlacedView[])[];
}

/** Throws UserError where an image is not of that size. */
export function requireSize({ id, width, height }: Sample, size: Size): void {
  if (width === size.width && height === size.height) return;
  throw new UserError({
    code: "data.mixed-sizes",
    what: "an image is not of the size of the others",
    where: id,
    expected: `${size.width}x${size.height}`,
    got: `${width}x${height}`,
    fix: "Set `data.size: [height, width]` to resize all images.",
  });
}

/** Throws UserError where augmentations leave a view of another size than is planned. */
export function requireViewSize(
  { width, height }: Size,
  { viewSize, size }: Pick<StreamPlan, "size" | "viewSize">,
): void {
  const [rows, columns] = viewSize ?? size;
  if (width === columns && height === rows) return;
  throw new UserError({
    code: "augmentation.other-size",
    what: "the augmentations leave images of another size than the network is trained on",
    where: "augmentation",
    expected: `${columns}x${rows}`,
    got: `${width}x${height}`,
    fix: "End the list with one that gives that size, or leave out the one that changes it.",
  });
}

/** By field, what else there is to do where a dataset lacks it. */
const INSTEAD: Readonly<Record<string, string>> = {
  camera: ", or let a network learn it (motion-net with `intrinsics: true`)",
  pose: ", or let a network predict motion (motion-net)",
  scan: "; a scan takes a LiDAR sweep, the camera's intrinsics, and how it stands to the sensor",
};

/** A given field that a method asked for. Throws UserError where the sample lacks it. */
export function requireGiven(sample: Sample, name: string): unknown {
  const value = sample[name as keyof typeof givenFields];
  if (value !== undefined) return value;
  throw new UserError({
    code: `data.no-${name}`,
    what: `the method needs the ${name} of every image, and the dataset does not give it`,
    where: sample.id,
    fix: `Add the ${name} to the dataset, or choose another method${INSTEAD[name] ?? ""}.`,
  });
}

/** The arrays of a stream. Throws UserError where samples lack a field that was asked for. */
export function stackStream(
  stream: string,
  layout: StreamLayout,
  drawn: readonly DrawnSample[],
): Record<string, BatchArray> {
  const arrays = Object.fromEntries(
    Object.entries(batchArrays({ [stream]: layout })).map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
      return [name, { shape, data }];
    }),
  );
  const write = (
    name: string,
    field: Field,
    frame: number,
    view: number,
    valueIn: (sample: Sample) => unknown,
  ) => {
    const suffixes = Object.keys(field.arrays(layout.samples, layout.size));
    const named = suffixes.map(
      (suffix) => [suffix, arrays[arrayName(name + suffix, { stream, frame, view })].data] as const,
    );
    const own = Object.fromEntries(named);
    drawn.forEach(({ frames }, n) => {
      const value = valueIn(frames[frame][view].sample);
      if (value !== undefined) field.write(value, own, n);
    });
  };
  for (let frame = 0; frame < layout.frames; frame++) {
    for (let view = 0; view < layout.views.length; view++) {
      for (const [name, field] of Object.entries(layout.given)) {
        write(name, field, frame, view, (sample) => requireGiven(sample, name));
      }
      for (const [task, field] of Object.entries(layout.labels)) {
        write(task, field, frame, view, ({ labels }) => labels[task]);
      }
    }
  }
  const drawnArray = (name: string, view: number) => arrays[arrayName(name, { stream, view })]?.data;
  const index = drawnArray("index", 0);
  if (index !== undefined) for (const [n, sample] of drawn.entries()) index[n] = sample.index;
  for (let view = 0; view < layout.views.length; view++) {
    const turns = drawnArray("turns", view);
    const placements = drawnArray("placement", view);
    for (const [n, { frames }] of drawn.entries()) {
      const { turns: turned, placement } = frames[0][view];
      if (turns !== undefined) turns[n] = turned;
      if (placements === undefined || placement === null) continue;
      const { xStep, xStart, yStep, yStart, enlargement } = placement;
      placements.set([xStep, xStart, yStep, yStart, enlargement], n * 5);
    }
  }
  return arrays;
}
