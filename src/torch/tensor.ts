/** @file Tensors as PyTorch stores them: a window with strides onto a storage. Needs no Node. */
import { bfloat16ToFloat32, float16ToFloat32 } from "../common/half.js";
import { damaged } from "./errors.js";

/** Arrays that tensors of each type come out as: floats of 16 bits widened, bools as 0 and 1. */
export interface TorchArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Float32Array;
  bfloat16: Float32Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}
export type TorchDType = keyof TorchArrays;

/** The types of storage that are read, by their names in `torch`. */
export const STORAGE_TYPES: ReadonlyMap<string, TorchDType> = new Map([
  ["FloatStorage", "float32"],
  ["DoubleStorage", "float64"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["LongStorage", "int64"],
  ["IntStorage", "int32"],
  ["ShortStorage", "int16"],
  ["CharStorage", "int8"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
]);

const RAW = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Bytes of one element. */
export const elementBytes = (dtype: TorchDType): number => RAW[dtype].BYTES_PER_ELEMENT;

/** A run of elements, little-endian. */
export class TorchStorage {
  readonly key: string;
  readonly dtype: TorchDType;
  /** Number of elements. */
  readonly count: number;
  /** Empty until the reader has come to where they lie. */
  bytes: Uint8Array = new Uint8Array(0);

  constructor(key: string, dtype: TorchDType, count: number) {
    this.key = key;
    this.dtype = dtype;
    this.count = count;
  }
}

/** A tensor whose values have not been copied yet; see `tensorValues`. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly shape: readonly number[];
  /** In elements, as the offset. */
  readonly strides: readonly number[];
  readonly offset: number;

  /**
   * @throws UserError `torch.damaged` where the window does not lie within the storage or shows an element
   * twice.
   */
  constructor(
    storage: TorchStorage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    where: string,
  ) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    const size = shape.reduce((product, length) => product * length, 1);
    const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], offset);
    if (size > storage.count || (size > 0 && last >= storage.count)) {
      throw damaged(where, "a tensor does not fit its storage", {
        expected: `at most ${storage.count} elements`,
        got: `shape [${shape}], strides [${strides}], offset ${offset}`,
      });
    }
  }

  get dtype(): TorchDType {
    return this.storage.dtype;
  }
}

/** A copy of a tensor's values, last index fastest. */
export function tensorValues({ storage, shape, strides, offset }: TorchTensor): TorchArrays[TorchDType] {
  const { dtype, bytes } = storage;
  const size = shape.reduce((product, length) => product * length, 1);
  const width = elementBytes(dtype);
  const whole = isContiguous(shape, strides);
  const [from, to] = whole ? [offset * width, (offset + size) * width] : [0, bytes.length];
  // A copy, for the bytes in the file need not be aligned; not `slice`, which on a Buffer copies nothing.
  const elements = new RAW[dtype](Uint8Array.from(bytes.subarray(from, to)).buffer);
  const ordered = whole ? elements : gather(elements, offset, shape, strides);
  if (!(ordered instanceof Uint16Array)) return ordered;
  return Float32Array.from(ordered, dtype === "float16" ? float16ToFloat32 : bfloat16ToFloat32);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function gather<A extends InstanceType<(typeof RAW)[TorchDType]>>(
  elements: A,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): A {
  const size = shape.reduce((product, length) => product * length, 1);
  const result = new (elements.constructor as new (size: number) => A)(size);
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    result[i] = elements[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
