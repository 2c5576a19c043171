import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { readTorch, TorchTensor, tensorValues } from "../../src/torch/index.js";
import {
  floats,
  globalName,
  legacyFile,
  Opcodes,
  SavedTensor,
  zipFile,
  zipOf,
} from "../helpers/torch-files.js";

const WHERE = "weights.pth";

function tensors(bytes: Uint8Array): Map<string, TorchTensor> {
  const found = readTorch(bytes, WHERE);
  if (found instanceof TorchTensor) throw new Error("a single tensor");
  return found;
}

/** The UserError of a file that cannot be read. */
function refusal(bytes: Uint8Array): UserError {
  try {
    readTorch(bytes, WHERE);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("the file was read");
}

describe.each([
  ["ZIP", zipFile],
  ["older", legacyFile],
] as const)("the %s form", (_form, write) => {
  it.each([
    ["FloatStorage", "float32", Float32Array.of(1.5, -2), Float32Array.of(1.5, -2)],
    ["DoubleStorage", "float64", Float64Array.of(0.1, 1e300), Float64Array.of(0.1, 1e300)],
    ["HalfStorage", "float16", Uint16Array.of(0x3e00, 0xc000), Float32Array.of(1.5, -2)],
    ["BFloat16Storage", "bfloat16", Uint16Array.of(0x3fc0, 0xc000), Float32Array.of(1.5, -2)],
    ["ShortStorage", "int16", Int16Array.of(-300, 8), Int16Array.of(-300, 8)],
    ["CharStorage", "int8", Int8Array.of(-7, 8), Int8Array.of(-7, 8)],
    ["LongStorage", "int64", BigInt64Array.of(-1n, 2n ** 62n), BigInt64Array.of(-1n, 2n ** 62n)],
    ["IntStorage", "int32", Int32Array.of(-7, 8), Int32Array.of(-7, 8)],
    ["ByteStorage", "uint8", Uint8Array.of(1, 255), Uint8Array.of(1, 255)],
    ["BoolStorage", "bool", Uint8Array.of(0, 1), Uint8Array.of(0, 1)],
  ])("gives the values of a %s", (type, dtype, data, values) => {
    const tensor = tensors(write(new Map([["a", new SavedTensor(type, [2], data)]]))).get("a")!;
    expect([tensor.dtype, tensor.shape]).toEqual([dtype, [2]]);
    expect(tensorValues(tensor)).toEqual(values);
  });

  it("gives a tensor that stands alone", () => {
    const tensor = readTorch(write(floats([1, 2], [3, 4])), WHERE);
    expect(tensor).toBeInstanceOf(TorchTensor);
    expect(tensorValues(tensor as TorchTensor)).toEqual(Float32Array.of(3, 4));
  });

  it("gives the state dictionary of a checkpoint, and no numbers", () => {
    const state = new Map<string, unknown>([
      ["weight", floats([2], [1, 2])],
      ["__proto__", floats([], [7])],
      ["version", 3],
    ]);
    const found = tensors(
      write(
        new Map<string, unknown>([
          ["epoch", 3],
          ["state_dict", state],
        ]),
      ),
    );
    expect([...found.keys()]).toEqual(["weight", "__proto__"]);
    expect(tensorValues(found.get("__proto__")!)).toEqual(Float32Array.of(7));
  });

  it("follows strides and offsets", () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const values = (shape: number[], strides: number[], offset: number) => {
      const saved = new SavedTensor("FloatStorage", shape, data, { strides, offset });
      return [...tensorValues(readTorch(write(saved), WHERE) as TorchTensor)];
    };
    expect(values([3, 2], [1, 3], 0)).toEqual([0, 3, 1, 4, 2, 5]);
    expect(values([2, 2], [2, 1], 3)).toEqual([3, 4, 5, 6]);
    expect(values([2, 1, 2], [6, 99, 2], 1)).toEqual([1, 3, 7, 9]);
    expect(values([0, 4], [4, 1], 12)).toEqual([]);
  });

  it.each([
    [[13], [1], 0],
    [[2], [1], 11],
    [[2, 2], [11, 1], 0],
    [[2 ** 30, 2 ** 30], [0, 0], 0],
    [[5, 5], [0, 1], 0],
  ])("refuses a window of shape %j, strides %j, offset %d onto 12 elements", (shape, strides, offset) => {
    const saved = new SavedTensor("FloatStorage", shape, new Float32Array(12), { strides, offset });
    expect(refusal(write(saved)).message).toMatch(/^weights\.pth: damaged .* does not fit its storage/);
  });

  it("calls nothing but what tensors are made of, and names what it was asked for", () => {
    const call = new Opcodes(...globalName("os", "system").bytes, 0x58, 2, 0, 0, 0, 0x6c, 0x73, 0x85, 0x52);
    const error = refusal(write(new Map<string, unknown>([["a", call]])));
    expect(error.facts).toMatchObject({ code: "torch.refused", where: WHERE });
    expect(error.message).toContain("os.system");
    for (const [module, name] of [
      ["builtins", "eval"],
      ["torch", "QInt8Storage"],
      ["collections", "deque"],
    ]) {
      expect(refusal(write(globalName(module, name))).message).toContain(`${module}.${name}`);
    }
  });

  it("refuses files without tensors, also where a dictionary holds itself", () => {
    expect(refusal(write(new Map([["a", 1]]))).message).toContain("holds no tensors");
    expect(refusal(write("text")).message).toContain("holds no tensors");
    expect(refusal(write(globalName("torch", "FloatStorage"))).message).toContain("holds no tensors");
    const state = [...new TextEncoder().encode("state_dict")];
    const loop = new Opcodes(0x7d, 0x71, 0, 0x58, 10, 0, 0, 0, ...state, 0x68, 0, 0x73);
    expect(refusal(write(loop)).message).toContain("holds no tensors");
  });

  it("throws nothing but UserErrors, however a file is changed or cut", () => {
    const sound = write(
      new Map<string, unknown>([
        ["a", floats([2, 3], [1, 2, 3, 4, 5, 6])],
        ["b", new SavedTensor("LongStorage", [2], BigInt64Array.of(1n, 2n))],
        ["c", [1, null, true]],
      ]),
    );
    const place = fc.nat(sound.length - 1);
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.option(place), (edits, cut) => {
        const bytes = Uint8Array.from(sound);
        for (const [at, value] of edits) bytes[at] = value;
        readOrRefuse(bytes.subarray(0, cut ?? bytes.length));
      }),
      { numRuns: 3000 },
    );
    for (let length = 0; length < sound.length; length++) {
      expect(() => readTorch(sound.subarray(0, length), WHERE)).toThrow(UserError);
    }
  });

  it("throws nothing but UserErrors on pickles of any opcodes", () => {
    const known = [..."(N)]}tusaQRbceh\x85\x86\x87\x88\x89\x94\x93q"].map((char) => char.charCodeAt(0));
    const opcodes = fc.oneof(
      fc.constantFrom(...known).map((code) => [code]),
      fc.nat(255).map((code) => [code]),
      fc.nat(9).map((value) => [0x4b, value]),
      fc
        .constantFrom(
          ["collections", "OrderedDict"],
          ["torch", "FloatStorage"],
          ["torch._utils", "_rebuild_tensor_v2"],
          ["torch._utils", "_rebuild_parameter"],
        )
        .map(([module, name]) => [...globalName(module, name).bytes]),
      fc.string({ maxLength: 3 }).map((text) => {
        const bytes = new TextEncoder().encode(text);
        return [0x8c, bytes.length, ...bytes];
      }),
    );
    fc.assert(
      fc.property(fc.array(opcodes, { maxLength: 40 }), (list) => {
        readOrRefuse(write(new Opcodes(...list.flat())));
      }),
      { numRuns: 3000 },
    );
  });
});

function readOrRefuse(bytes: Uint8Array): void {
  try {
    const found = readTorch(bytes, WHERE);
    for (const tensor of found instanceof TorchTensor ? [found] : found.values()) tensorValues(tensor);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
  }
}

it("gives the same tensors from both forms of PyTorch's own files", () => {
  const read = (name: string) => tensors(readFileSync(new URL(`../golden/${name}`, import.meta.url)));
  const [archive, legacy] = [read("resnet18.pth"), read("resnet18-legacy.pth")];
  expect([...archive.keys()]).toEqual([...legacy.keys()]);
  expect(archive.size).toBe(122);
  for (const [name, tensor] of archive) expect(tensorValues(tensor)).toEqual(tensorValues(legacy.get(name)!));
  expect(archive.get("layer1.0.conv1.weight")?.shape).toEqual([2, 2, 3, 3]);
});

it("refuses what torch.save did not write", () => {
  expect(refusal(new Uint8Array(0)).message).toContain("was not written by torch.save");
  expect(refusal(new TextEncoder().encode("hello")).message).toContain("was not written by torch.save");
  const text = new TextEncoder().encode("x");
  expect(refusal(zipOf([["a/b", text]])).message).toContain("one data.pkl");
  expect(refusal(zipFile(floats([1], [1]), { "archive/byteorder": "big" })).message).toContain("big-endian");
  const compressed = zipFile(floats([1], [1]));
  const directory = compressed.findIndex((_, i) => compressed[i] === 0x50 && compressed[i + 2] === 1);
  compressed[directory + 10] = 8;
  expect(refusal(compressed).message).toContain("compressed");
});
