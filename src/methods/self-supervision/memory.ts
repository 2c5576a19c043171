/** @file Keys of earlier batches, the negatives of contrastive learning. They stay on the device. */
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, equal } from "../../graph/ops/compare.js";
import { constant } from "../../graph/ops/leaf.js";
import { matmul } from "../../graph/ops/matmul.js";
import { reduceMax, reduceSum } from "../../graph/ops/reduce.js";
import { concat, reshape, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { constantOf, type Initializer, normal } from "../../nn/initializers.js";
import type { Forward, Scope } from "../../nn/scope.js";

/** Keys in memory, one a row, and whose they are. */
export interface Memory {
  /** [K,D], unit vectors. */
  readonly keys: Tensor;
  /** [K], the place of the image that each key is of; -1: of none. */
  readonly owners: Tensor;
}

/** Keys of a batch to be remembered. */
export interface FreshKeys {
  /** [N,D], unit vectors. */
  readonly keys: Tensor;
  /** [N], places of their images. */
  readonly owners: Tensor;
}

/** `queue`: the last keys, oldest first (MoCo). `images`: one row an image, its last key (CompL's code). */
export type MemoryKind = "queue" | "images";

/** Rows of unit length in random directions, as MoCo's queue starts. */
const unitRows: Initializer = (shape, random) => {
  const rows = normal(1)(shape, random);
  const length = shape[1];
  for (let start = 0; start < rows.length; start += length) {
    const row = rows.subarray(start, start + length);
    const norm = Math.hypot(...row);
    row.forEach((value, i) => {
      row[i] = value / norm;
    });
  }
  return rows;
};

/** A queue after a batch: the fresh keys are its last rows, in the batch's order; as many first ones went. */
export function enqueued({ keys, owners }: Memory, fresh: FreshKeys): Memory {
  const [size] = keys.shape;
  const last = (old: Tensor, added: Tensor) =>
    slice(concat([old, added], 0), { axes: [0], starts: [added.shape[0]], ends: [added.shape[0] + size] });
  return { keys: last(keys, fresh.keys), owners: last(owners, fresh.owners) };
}

/** Rows of images after a batch: those of its images are its keys; of one that comes twice the later key. */
export function replaced({ keys, owners }: Memory, fresh: FreshKeys): Memory {
  const [n] = fresh.keys.shape;
  const [row, column] = [reshape(fresh.owners, [1, n]), reshape(fresh.owners, [n, 1])];
  const isLater = constant(
    Array.from({ length: n * n }, (_, i) => Number(i % n > Math.floor(i / n))),
    [n, n],
  );
  const comesAgain = reduceMax(mul(cast(equal(column, row), "float32"), isLater), { axes: [1] });
  const isOf = cast(equal(reshape(owners, [owners.shape[0], 1]), row), "float32");
  const taken = mul(isOf, reshape(sub(1, comesAgain), [1, n]));
  const isKept = sub(1, reduceSum(taken, { axes: [1], keepDims: true }));
  return { keys: add(mul(keys, isKept), matmul(taken, fresh.keys)), owners };
}

/**
 * The memory `name` of a method, of K rows of D numbers, with the step's update noted: what is fresh in this
 * batch is a negative from the next one on.
 */
export function memory(
  place: { readonly scope: Scope; readonly forward: Forward },
  name: string,
  { kind, size }: { readonly kind: MemoryKind; readonly size: number },
  fresh: FreshKeys,
): Memory {
  const { scope, forward } = place;
  const keys = scope.state(`${name}.keys`, [size, fresh.keys.shape[1]], unitRows);
  if (kind === "images") {
    const old = {
      keys: keys.tensor,
      owners: constant(
        Float32Array.from({ length: size }, (_, i) => i),
        [size],
      ),
    };
    forward.update(keys, replaced(old, fresh).keys);
    return old;
  }
  const owners = scope.state(`${name}.owners`, [size], constantOf(-1));
  const old = { keys: keys.tensor, owners: owners.tensor };
  const next = enqueued(old, fresh);
  forward.update(keys, next.keys);
  forward.update(owners, next.owners);
  return old;
}
