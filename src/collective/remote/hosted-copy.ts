/** @file A copy of a module that answers its peers: weights that are taken over between two requests. */

import type { BatchMaker } from "../../data/loading/batch.js";
import { MAIN_STREAM } from "../../fields/layout.js";
import type { Network } from "../../models/network.js";
import type { Engine } from "../../runtime/engine.js";
import { StateStore } from "../../runtime/state-store.js";
import type { BatchArrays } from "../../step/trainer.js";
import type { Task } from "../../tasks/task.js";
import type { Frame } from "../../transport/frame.js";
import type { ForwardRequest, SnapshotRef } from "../../transport/messages.js";
import { PeerError } from "../../transport/peer-error.js";
import type { Computed } from "../../transport/service.js";
import { decodeTensor, encodeTensor } from "../../transport/tensor-codec.js";
import { Peer, peerPass } from "../peers.js";
import { arraysOf, imageNames, inputCrc, type SnapshotArrays } from "./snapshot-arrays.js";

export interface HostedOptions {
  readonly module: string;
  readonly engine: Engine;
  readonly network: Network;
  readonly tasks: readonly Task[];
  /** Frames of a sample. */
  readonly frames: number;
  /** Snapshots that are kept: 2 where peers may ask for the weights of one step. */
  readonly kept: number;
  /** The mediator's images; null where they are not here: requests then bring pixels. */
  readonly images: BatchMaker | null;
}

interface Held {
  readonly ref: SnapshotRef;
  readonly arrays: SnapshotArrays;
}

export class HostedCopy {
  readonly #options: HostedOptions;
  readonly #store: StateStore;
  readonly #wanted: { readonly name: string; readonly shape: readonly number[] }[];
  readonly #held: Held[] = [];
  /** Whose arrays the store has. */
  #loaded: Held | undefined;
  /** The compiled pass, for batches of one shape. */
  #peer: { readonly shape: string; readonly peer: Peer } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HostedOptions) {
    const { engine, network, tasks, frames } = options;
    this.#options = options;
    this.#store = new StateStore(engine);
    // Variables do not depend on the size of images.
    const side = network.sizeMultiple * 2;
    const { modules } = peerPass({ tasks, network, batchSize: 2, size: [side, side] }, frames);
    this.#wanted = modules.all().map(({ name, tensor }) => ({ name, shape: tensor.shape }));
  }

  /** One thing after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Takes a snapshot over, for the requests after this one. Throws UserError where it does not fit. */
  adopt(ref: SnapshotRef, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const arrays = arraysOf(bytes, this.#wanted, `snapshot ${ref.object} of ${ref.module}`);
      // Another life of the trainer begins anew: steps of the one before say nothing any more.
      const kept = this.#held.filter((held) => held.ref.incarnation === ref.incarnation);
      this.#held.splice(0, this.#held.length, { ref, arrays }, ...kept.slice(0, this.#options.kept - 1));
    });
  }

  /** Predictions on a batch. Throws PeerError. */
  compute(request: ForwardRequest, tensors: Frame["tensors"]): Promise<Computed> {
    return this.#inTurn(async () => {
      const begun = performance.now();
      const held = this.#choose(request);
      const arrays = await this.#arraysFor(request, tensors);
      const images = imageNames(this.#options.frames);
      this.#load(held);
      const peer = await this.#compiled(arrays, images[0]);
      const predictions = await peer.predict(arrays, 0);
      const { batchSize, size } = shapeOf(arrays, images[0]);
      const coded = Object.entries(predictions).map(([name, { data }]) => {
        const shape = [batchSize, data.length / (batchSize * size[0] * size[1]), ...size];
        const codec = request.codec[name] ?? request.codec.default ?? "f32";
        const tensor = encodeTensor(data, shape, codec);
        // What leaves for another thread must be nobody else's memory.
        return [name, codec === "f32" ? { ...tensor, bytes: tensor.bytes.slice() } : tensor] as const;
      });
      return {
        reply: {
          snapshot: held.ref,
          inputCrc: inputCrc(arrays, images),
          computeMs: performance.now() - begun,
        },
        tensors: Object.fromEntries(coded),
      };
    });
  }

  #choose({ minStep, maxStep }: ForwardRequest): Held {
    const [newest] = this.#held;
    if (newest === undefined || (minStep !== null && newest.ref.step < minStep)) {
      throw new PeerError("not-ready", `${this.#options.module} has not got that far`);
    }
    const found = this.#held.find(({ ref }) => maxStep === null || ref.step <= maxStep);
    if (found === undefined || (minStep !== null && found.ref.step < minStep)) {
      throw new PeerError("gone", `the weights of step ${maxStep} are not there any more`);
    }
    return found;
  }

  #load(held: Held): void {
    if (this.#loaded === held) return;
    for (const [name, { shape, data }] of held.arrays) this.#store.write(name, shape, data);
    this.#loaded = held;
  }

  async #arraysFor({ samples }: ForwardRequest, tensors: Frame["tensors"]): Promise<ShapedArrays> {
    const names = imageNames(this.#options.frames);
    if (names.every((name) => Object.hasOwn(tensors, name))) {
      return Object.fromEntries(
        names.map((name) => [name, { shape: tensors[name].shape, data: decodeTensor(tensors[name]) }]),
      );
    }
    if (this.#options.images === null)
      throw new PeerError("mismatch", "the images are not here: send pixels");
    try {
      const batch = await this.#options.images.of(samples);
      return batch.arrays;
    } catch (error) {
      if (error instanceof RangeError) throw new PeerError("mismatch", error.message, { cause: error });
      throw error;
    }
  }

  async #compiled(arrays: ShapedArrays, image: string): Promise<Peer> {
    const { engine, network, tasks, frames } = this.#options;
    const shape = JSON.stringify(arrays[image].shape);
    if (this.#peer?.shape === shape) return this.#peer.peer;
    await this.#peer?.peer.release();
    const plan = { tasks, network, ...shapeOf(arrays, image) };
    this.#peer = { shape, peer: await Peer.create(engine, this.#store, plan, frames, 0) };
    return this.#peer.peer;
  }

  async release(): Promise<void> {
    await this.#inTurn(async () => this.#peer?.peer.release());
  }
}

type ShapedArrays = Readonly<Record<string, BatchArrays[string] & { readonly shape: readonly number[] }>>;

function shapeOf(
  arrays: ShapedArrays,
  image: string,
): { batchSize: number; size: readonly [number, number] } {
  const [batchSize, , height, width] = arrays[image].shape;
  return { batchSize, size: [height, width] };
}

/** The samples of a mediator batch, as requests name them. */
export function samplesOf(drawn: Readonly<Record<string, readonly { readonly id: string }[]>>): string[] {
  return drawn[MAIN_STREAM].map(({ id }) => id);
}
