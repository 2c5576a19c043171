/**
 * @file The Python objects that files of tensors are made of: dictionaries, storages, tensors, and no others.
 * Needs no Node.
 */
import { damaged, refused } from "./errors.js";
import type { PickleContext, PickleFunction } from "./pickle.js";
import { elementBytes, STORAGE_TYPES, type TorchDType, TorchStorage, TorchTensor } from "./tensor.js";

/** A class such as torch.FloatStorage. */
class StorageType {
  readonly dtype: TorchDType;
  constructor(dtype: TorchDType) {
    this.dtype = dtype;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

/**
 * Rebuilds the objects of one pickle and keeps the storages that it names. Whatever it does not know is a
 * UserError.
 */
export class Rebuilder implements PickleContext {
  /** By the keys of the file. */
  readonly storages = new Map<unknown, TorchStorage>();
  readonly #where: string;
  readonly #functions: ReadonlyMap<string, PickleFunction>;

  constructor(where: string) {
    this.#where = where;
    this.#functions = new Map<string, PickleFunction>([
      ["collections.OrderedDict", { call: (args) => this.#dictionary(args) }],
      ["torch._utils._rebuild_tensor_v2", { call: (args) => this.#tensor(args) }],
      ["torch._utils._rebuild_parameter", { call: (args) => this.#parameter(args) }],
    ]);
  }

  /** @throws UserError `torch.refused` for all but OrderedDict, tensors, parameters and storages. */
  global(module: string, name: string): unknown {
    const dtype = module === "torch" ? STORAGE_TYPES.get(name) : undefined;
    const known = dtype === undefined ? this.#functions.get(`${module}.${name}`) : new StorageType(dtype);
    if (known !== undefined) return known;
    throw refused(this.#where, `the file asks for ${`${module}.${name}`.slice(0, 100)}, which is not read`);
  }

  /** A storage: ("storage", type, key, device, number of elements, view or None). */
  persistent(id: unknown): TorchStorage {
    const [kind, type, key, , count, window] = Array.isArray(id) ? id : [];
    if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string" || !isCount(count)) {
      throw damaged(this.#where, "a storage is not described as one");
    }
    if (window !== undefined && window !== null) {
      throw refused(this.#where, "the file holds views of storages, as PyTorch before 0.4 wrote them");
    }
    const known = this.storages.get(key);
    if (known === undefined) {
      const storage = new TorchStorage(key, type.dtype, count);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== type.dtype || known.count !== count) {
      throw damaged(this.#where, `storage ${known.key} is described in two ways`);
    }
    return known;
  }

  /** Throws UserError `torch.damaged` where a storage has not as many bytes as it says. */
  requireBytes(): void {
    for (const { key, dtype, count, bytes } of this.storages.values()) {
      const expected = count * elementBytes(dtype);
      if (bytes.length === expected) continue;
      throw damaged(this.#where, `storage ${key.slice(0, 100)} is cut short or missing`, {
        expected: `${expected} bytes`,
        got: String(bytes.length),
      });
    }
  }

  #dictionary(args: readonly unknown[]): Map<unknown, unknown> {
    // Python 2 gave the items as one list of pairs.
    const pairs = args.length === 0 ? [] : args[0];
    if (args.length > 1 || !Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair))) {
      throw damaged(this.#where, "a dictionary is not made of pairs");
    }
    return new Map(pairs.map(([key, value]) => [key, value]));
  }

  /** (storage, offset, sizes, strides, requires_grad, hooks), as in torch._utils. */
  #tensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
    const sound = storage instanceof TorchStorage && isCount(offset) && isCounts(shape) && isCounts(strides);
    if (!sound || shape.length !== strides.length) {
      throw damaged(this.#where, "a tensor lacks a sound storage, offset, shape or strides");
    }
    return new TorchTensor(storage, offset, shape, strides, this.#where);
  }

  /** (tensor, requires_grad, hooks): the tensor. */
  #parameter([tensor]: readonly unknown[]): TorchTensor {
    if (!(tensor instanceof TorchTensor)) throw damaged(this.#where, "a parameter is no tensor");
    return tensor;
  }
}
