/** @file Files as torch.save writes them, in both forms, made without Python. */

/** A tensor to be written; `type` is its storage's name in `torch`. */
export class SavedTensor {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
  readonly window: { readonly offset?: number; readonly strides?: readonly number[] };
  constructor(
    type: string,
    shape: readonly number[],
    data: ArrayBufferView,
    window: SavedTensor["window"] = {},
  ) {
    this.type = type;
    this.shape = shape;
    this.data = data;
    this.window = window;
  }
}

/** Bytes that stand in a pickle as they are. */
export class Opcodes {
  readonly bytes: readonly number[];
  constructor(...bytes: number[]) {
    this.bytes = bytes;
  }
}

export const floats = (shape: readonly number[], values: readonly number[]): SavedTensor =>
  new SavedTensor("FloatStorage", shape, Float32Array.from(values));

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const uint32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
export const globalName = (module: string, name: string): Opcodes =>
  new Opcodes(0x63, ...ascii(`${module}\n${name}\n`));
const [PROTOCOL, MARK, TUPLE, REDUCE, PERSISTENT, SET_ITEMS, STOP] = [
  [0x80, 2],
  0x28,
  0x74,
  0x52,
  0x51,
  0x75,
  0x2e,
];

interface Saved {
  readonly key: string;
  readonly tensor: SavedTensor;
}

const elementSize = ({ type }: SavedTensor): number =>
  ({
    DoubleStorage: 8,
    LongStorage: 8,
    FloatStorage: 4,
    IntStorage: 4,
    HalfStorage: 2,
    BFloat16Storage: 2,
    ShortStorage: 2,
  })[type] ?? 1;
const elements = (tensor: SavedTensor): number => tensor.data.byteLength / elementSize(tensor);

function tensorOpcodes(tensor: SavedTensor, storages: Saved[], legacy: boolean): number[] {
  const key = String(storages.length);
  storages.push({ key, tensor });
  const put = (value: unknown) => opcodes(value, storages, legacy);
  const contiguous = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const { offset = 0, strides = contiguous } = tensor.window;
  const id = ["storage", globalName("torch", tensor.type), key, "cpu", elements(tensor)];
  return [
    ...put(globalName("torch._utils", "_rebuild_tensor_v2")),
    MARK,
    ...put(legacy ? [...id, null] : id),
    PERSISTENT,
    ...[offset, tensor.shape, strides, false, null].flatMap(put),
    TUPLE,
    REDUCE,
  ].flat();
}

/** Arrays become tuples, Maps dictionaries. */
function opcodes(value: unknown, storages: Saved[], legacy: boolean): number[] {
  const put = (inner: unknown) => opcodes(inner, storages, legacy);
  if (value instanceof Opcodes) return [...value.bytes];
  if (value instanceof SavedTensor) return tensorOpcodes(value, storages, legacy);
  if (value === null) return [0x4e];
  if (typeof value === "boolean") return [value ? 0x88 : 0x89];
  if (typeof value === "number") return [0x4a, ...uint32(value)];
  if (typeof value === "string") return [0x58, ...uint32(ascii(value).length), ...ascii(value)];
  if (Array.isArray(value)) return [MARK, ...value.flatMap(put), TUPLE].flat();
  if (value instanceof Map) {
    return [
      0x7d,
      MARK,
      ...[...value].flatMap(([key, inner]) => [...put(key), ...put(inner)]),
      SET_ITEMS,
    ].flat();
  }
  throw new TypeError(`cannot be pickled: ${value}`);
}

const pickle = (value: unknown, storages: Saved[] = [], legacy = true): number[] =>
  [PROTOCOL, ...opcodes(value, storages, legacy), STOP].flat();

const bytesOf = ({ data }: SavedTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The older form. */
export function legacyFile(value: unknown): Uint8Array {
  const storages: Saved[] = [];
  const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  const parts = [
    pickle(new Opcodes(...magic)),
    pickle(1001),
    pickle(new Map([["little_endian", true]])),
    pickle(value, storages),
    pickle(storages.map(({ key }) => key)),
    ...storages.map(({ tensor }) => [...uint32(elements(tensor)), ...uint32(0), ...bytesOf(tensor)]),
  ];
  return Uint8Array.from(parts.flat());
}

/** The ZIP form, with entries in `archive/`; `extra` are further entries. */
export function zipFile(value: unknown, extra: Readonly<Record<string, string>> = {}): Uint8Array {
  const storages: Saved[] = [];
  const files: [string, Uint8Array][] = [
    ["archive/data.pkl", Uint8Array.from(pickle(value, storages, false))],
    ...storages.map(({ key, tensor }): [string, Uint8Array] => [`archive/data/${key}`, bytesOf(tensor)]),
    ...Object.entries(extra).map(([name, text]): [string, Uint8Array] => [
      name,
      Uint8Array.from(ascii(text)),
    ]),
  ];
  return zipOf(files);
}

/** An archive of stored entries. */
export function zipOf(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const uint16 = (value: number) => uint32(value).slice(0, 2);
  const fields = (name: string, content: Uint8Array) => [
    ...[0, 0, 0, 0, 0].flatMap(uint16),
    ...[0, content.length, content.length].flatMap(uint32),
    ...uint16(name.length),
  ];
  const body: number[] = [];
  const directory: number[] = [];
  for (const [name, content] of files) {
    directory.push(...uint32(0x02014b50), ...uint16(0), ...fields(name, content));
    directory.push(...[0, 0, 0, 0].flatMap(uint16), ...uint32(0), ...uint32(body.length), ...ascii(name));
    body.push(...uint32(0x04034b50), ...fields(name, content), ...uint16(3), ...ascii(name), 1, 2, 3);
    for (const byte of content) body.push(byte);
  }
  const end = [0, 0, files.length, files.length].flatMap(uint16);
  const place = [directory.length, body.length].flatMap(uint32);
  return Uint8Array.from([...body, ...directory, ...uint32(0x06054b50), ...end, ...place, ...uint16(0)]);
}
