/** @file A module's weights as a snapshot, and back. */
import { crc32 } from "node:zlib";
import { UserError } from "../../common/errors.js";
import { decodeSafetensors, encodeSafetensors, type StoredArray } from "../../disk/safetensors.js";
import { arrayName } from "../../fields/layout.js";
import { sameShape } from "../../graph/tensor.js";
import type { BatchArrays, Trainer } from "../../step/trainer.js";

/**
 * The kept network's values, parameters and other state, without what the optimizer needs. Throws UserError
 * where one is no finite number: nobody shall learn from that.
 */
export async function snapshotOf({
  program,
  store,
}: Pick<Trainer, "program" | "store">): Promise<Uint8Array> {
  const arrays = new Map<string, StoredArray>();
  for (const { name, module } of program.modules.all()) {
    if (!module.kept || module.follows !== undefined) continue;
    const data = await store.read(name);
    if (!data.every(Number.isFinite)) {
      throw new UserError({
        code: "training.diverged",
        what: `training diverged: ${name} holds values that are no finite numbers, so they were not published`,
        fix: "Lower optimizer.learningRate or set clipNorm.",
      });
    }
    arrays.set(name, { dtype: "F32", shape: store.shape(name), data });
  }
  return encodeSafetensors(arrays);
}

/** A snapshot's arrays. */
export type SnapshotArrays = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** Reads a snapshot. Throws UserError where it is damaged or does not have what `wanted` names. */
export function arraysOf(
  bytes: Uint8Array,
  wanted: readonly { readonly name: string; readonly shape: readonly number[] }[],
  where: string,
): SnapshotArrays {
  const stored = decodeSafetensors(bytes, where);
  const arrays = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { name, shape } of wanted) {
    const array = stored.get(name);
    if (array?.dtype !== "F32" || !sameShape(array.shape, shape) || !array.data.every(Number.isFinite)) {
      throw new UserError({
        code: "collective.misfit",
        where,
        what: `the snapshot has no sound array ${name} of shape [${shape}]`,
        fix: "Serve the module with the configuration that it is trained with.",
      });
    }
    arrays.set(name, { shape, data: array.data });
  }
  return arrays;
}

/** Names of the image arrays of a batch, in order of its frames. */
export function imageNames(frames: number): string[] {
  return Array.from({ length: frames }, (_, frame) => arrayName("image", { frame }));
}

/** CRC-32 of the pixels that a network is fed. */
export function inputCrc(arrays: BatchArrays, names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const { buffer, byteOffset, byteLength } = arrays[name].data;
    return crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  }, 0);
}
