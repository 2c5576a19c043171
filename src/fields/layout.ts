/**
 * @file The layout of a batch: names and shapes of its arrays. Who fills a batch and who reads it both ask
 * here.
 */
import type { Field } from "./field.js";
import { givenFields, type OptionalField } from "./sample.js";
import type { Size } from "./size.js";
import { type PillarPlan, pillarField } from "./sweep.js";

/** The stream whose arrays bear no stream's name. */
export const MAIN_STREAM = "main";

/** Which of the arrays of one name. */
export interface ArrayPlace {
  /** `main` if left out. */
  readonly stream?: string;
  /** Frame of a sequence, from 0. */
  readonly frame?: number;
  readonly view?: number;
}

/** Name of an array of a batch: `image`, `view1.image`, `frame2.view1.depth.label`, `<stream>.image`. */
export function arrayName(
  name: string,
  { stream = MAIN_STREAM, frame = 0, view = 0 }: ArrayPlace = {},
): string {
  const parts = [
    ...(stream === MAIN_STREAM ? [] : [stream]),
    ...(frame === 0 ? [] : [`frame${frame}`]),
    ...(view === 0 ? [] : [`view${view}`]),
    name,
  ];
  return parts.join(".");
}

/**
 * What is known of a sample by how it was drawn, not by what it holds: the shape for one sample, by the
 * array's name. `index` [N], the sample's number in its split (appended samples of another split count on
 * after it). `turns` [N], quarter turns, counter-clockwise, of a view. `placement` [N,5], where a view lies
 * in the one it is made from, the members of `Placement` in their order.
 */
export const drawnArrays = { index: [], turns: [], placement: [5] } as const satisfies Record<
  string,
  readonly number[]
>;

/** An array that a batch has only where it is asked for: those that nobody reads are not made. */
export type ExtraArray = "index" | "turns" | OptionalField;

/**
 * The given fields of batches with such arrays, by name; the image is always among them, and sweeps as
 * pillars where a plan says how.
 */
export function givenAmong(arrays: readonly ExtraArray[], pillars?: PillarPlan): Record<string, Field> {
  const names = Object.keys(givenFields) as (keyof typeof givenFields)[];
  const asked = names.filter((name) => name === "image" || arrays.includes(name as ExtraArray));
  return {
    ...Object.fromEntries(asked.map((name) => [name, givenFields[name] as Field])),
    ...(pillars && { sweep: pillarField(pillars) as Field }),
  };
}

/** Frames of a sequence that are drawn together: so many, each so many after the one before. */
export interface FramesPlan {
  readonly count: number;
  readonly step: number;
}

/** A stream as its arrays see it. */
export interface StreamLayout {
  /** Samples a batch. */
  readonly samples: number;
  readonly size: Size;
  /** The given fields that a batch has arrays of, by name. */
  readonly given: Readonly<Record<string, Field>>;
  /** The fields of the tasks whose labels it has arrays of. */
  readonly labels: Readonly<Record<string, Field>>;
  /** Whether batches say each sample's `index`. */
  readonly index: boolean;
  /** Whether they say the `turns` of each view. */
  readonly turns: boolean;
  readonly frames: number;
  /** For each view, whether it is made from an earlier one. */
  readonly views: readonly { readonly placed: boolean }[];
}

/** Shapes of the arrays of a field, by their names. */
export function fieldArrays(
  name: string,
  field: Field,
  { samples, size }: Pick<StreamLayout, "samples" | "size">,
  place: ArrayPlace = {},
): Record<string, readonly number[]> {
  const shapes = Object.entries(field.arrays(samples, size));
  return Object.fromEntries(shapes.map(([suffix, shape]) => [arrayName(name + suffix, place), shape]));
}

/** Shapes of all arrays of a batch, by their names. */
export function batchArrays(
  streams: Readonly<Record<string, StreamLayout>>,
): Record<string, readonly number[]> {
  const arrays: Record<string, readonly number[]> = {};
  for (const [stream, layout] of Object.entries(streams)) {
    const drawn = (name: keyof typeof drawnArrays, view = 0) => {
      arrays[arrayName(name, { stream, view })] = [layout.samples, ...drawnArrays[name]];
    };
    if (layout.index) drawn("index");
    layout.views.forEach(({ placed }, view) => {
      if (layout.turns) drawn("turns", view);
      if (placed) drawn("placement", view);
      for (let frame = 0; frame < layout.frames; frame++) {
        for (const [name, field] of [...Object.entries(layout.given), ...Object.entries(layout.labels)]) {
          Object.assign(arrays, fieldArrays(name, field, layout, { stream, frame, view }));
        }
      }
    });
  }
  return arrays;
}
