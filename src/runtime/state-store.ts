/**
 * @file Values that live from step to step: in memory of the process for CPU providers, on the device for
 * WebGPU.
 */
import type * as Ort from "onnxruntime-common";
import { fromFilterBlocks, hasFilterBlocks, toFilterBlocks } from "../graph/filter-blocks.js";
import { lowerGraph } from "../graph/lowering.js";
import { encodeModel } from "../graph/onnx.js";
import { add } from "../graph/ops/arithmetic.js";
import { constant, input } from "../graph/ops/leaf.js";
import { type Shape, sameShape, sizeOf } from "../graph/tensor.js";
import { type Engine, openSession, writesGivenBuffers } from "./engine.js";

interface Slot {
  readonly shape: Shape;
  /** Whether its bytes are a filter in blocked order; in plain order otherwise. */
  readonly blocked: boolean;
  current: Ort.Tensor;
  /** The buffer the next step writes into; CPU only. */
  spare: Ort.Tensor | null;
}

/** Named float32 arrays that compiled steps read and write without copies. */
export class StateStore {
  readonly #engine: Engine;
  readonly #slots = new Map<string, Slot>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  names(): string[] {
    return [...this.#slots.keys()];
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  shape(name: string): Shape {
    return this.#slot(name).shape;
  }

  /**
   * Whether steps find and leave a value as a filter in blocked order (see `graph/filter-blocks.ts`). `write`
   * and `read` are in plain order always.
   */
  isBlocked(name: string): boolean {
    return this.#slot(name).blocked;
  }

  /**
   * Sets (or first creates) a value. `data` becomes the store's own: it is not copied and must not be used
   * afterwards.
   */
  write(name: string, shape: Shape, data: Float32Array): void {
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(
        `state ${name}: shape [${shape}] holds ${sizeOf(shape)} values, got ${data.length}`,
      );
    }
    const known = this.#slots.get(name);
    if (known !== undefined && !sameShape(known.shape, shape)) {
      throw new RangeError(`state ${name}: has shape [${known.shape}], not [${shape}]`);
    }
    const { ort, target } = this.#engine;
    const blocked = hasFilterBlocks(shape, target.blockSize);
    const bytes = blocked ? toFilterBlocks(data, shape, target.blockSize) : data;
    this.#slots.set(name, {
      shape,
      blocked,
      current: new ort.Tensor("float32", bytes, [...shape]),
      spare: known?.spare ?? null,
    });
  }

  /** A value's own memory, in the order that steps keep it in; null where it lies on a device. */
  bytes(name: string): Float32Array | null {
    const { current } = this.#slot(name);
    return current.location === "cpu" ? (current.data as Float32Array) : null;
  }

  /**
   * A value in plain order: its own memory where that is so, else a new array. Throws RangeError where it
   * lies on a device.
   */
  plain(name: string): Float32Array {
    const { shape, blocked } = this.#slot(name);
    const bytes = this.bytes(name);
    if (bytes === null) throw new RangeError(`state ${name} lies on a device: read it`);
    return blocked ? fromFilterBlocks(bytes, shape, this.#engine.target.blockSize) : bytes;
  }

  /**
   * A copy of a value, in plain order. On a device it is fetched through a session of its own, as a CPU
   * output.
   */
  async read(name: string): Promise<Float32Array> {
    const { current, shape, blocked } = this.#slot(name);
    if (current.location === "cpu") return blocked ? this.plain(name) : this.plain(name).slice();
    // Adding zero makes the runtime compute the output instead of passing the device buffer through.
    const leaf = input("x", shape);
    const graph = lowerGraph([{ name: "y", tensor: add(leaf, constant([0])) }], this.#engine.target);
    const session = await openSession(this.#engine, encodeModel(graph));
    const { y } = await session.run({ x: current });
    const data = (y.data as Float32Array).slice();
    await session.release();
    return data;
  }

  /** Current value as a feed. */
  feed(name: string): Ort.Tensor {
    return this.#slot(name).current;
  }

  /**
   * The buffer a step may write the next value into (the current one, if it may be overwritten), or null
   * where the provider allocates.
   */
  target(name: string, inPlace: boolean): Ort.Tensor | null {
    const slot = this.#slot(name);
    if (!writesGivenBuffers(this.#engine)) return null;
    if (inPlace) return slot.current;
    slot.spare ??= new this.#engine.ort.Tensor("float32", new Float32Array(sizeOf(slot.shape)), [
      ...slot.shape,
    ]);
    return slot.spare;
  }

  /** Makes a step's result the current value. */
  advance(name: string, next: Ort.Tensor): void {
    const slot = this.#slot(name);
    const old = slot.current;
    if (next === old) return;
    slot.current = next;
    if (slot.spare === next) slot.spare = old;
    else if (old.location === "gpu-buffer") old.dispose();
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new RangeError(`no state is named ${name}`);
    return slot;
  }
}
