/** @file The contract of a field: what one part of a sample is, whatever it holds. */
import type { Move } from "./move.js";
import type { Size } from "./size.js";

/** A change of an image's colours: planar RGB [3, height, width] in [0, 1] to the same, as new data. */
export type Colouring = (image: Float32Array, size: Size) => Float32Array;

/**
 * A kind of field. `V` is its value in a sample. Values are not changed: what a move makes is new, or the
 * value itself. Fields of any number of elements (boxes, points) are padded to a capacity of their own in
 * batches.
 */
export interface Field<V = unknown> {
  readonly kind: string;
  /** The value after its sample's image, of that size, was moved. */
  moved(value: V, move: Move, size: Size): V;
  /** The value after the image's colours changed; the value itself if left out. */
  coloured?(value: V, colouring: Colouring, size: Size): V;
  /**
   * Shapes of the arrays that hold `count` values in a batch of images of that size, by what stands after the
   * field's name in the arrays' names.
   */
  arrays(count: number, size: Size): FieldArrays<readonly number[]>;
  /**
   * Writes a value as number `n` into arrays of these names, zeros so far. What is missing is not written.
   */
  write(value: V, arrays: FieldArrays<Float32Array>, n: number): void;
}

/** By what stands after the field's name: "" or e.g. `.label`. */
export type FieldArrays<T> = Readonly<Record<string, T>>;

/** The value that a field holds. */
export type ValueOf<F> = F extends Field<infer V> ? V : never;
