/** @file Files of weights, whoever wrote them: safetensors and PyTorch's. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { UserError } from "../common/errors.js";
import { bfloat16ToFloat32, float16ToFloat32 } from "../common/half.js";
import { fileError } from "../disk/files.js";
import { SafetensorsFile, type StoredArray } from "../disk/safetensors.js";
import { arrayName } from "../nn/module.js";
import { contentOf } from "../runs/checkpoint.js";
import { readTorch, TorchTensor, tensorValues } from "../torch/index.js";

/** An open file of named arrays, which are read one by one. */
export interface WeightFile {
  /**
   * The network's arrays; in a checkpoint those of the module that it says is to be evaluated, e.g. averaged
   * weights, under their plain names.
   */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Arrays of a checkpoint that belong to other networks, which are not kept. */
  readonly beside: ReadonlyMap<string, readonly number[]>;
  /** Values in C order, as float32 whatever the file has. Throws UserError. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a `.safetensors` file, or a `.pth` or `.pt` one that holds tensors in a dictionary.
 * @throws UserError `weights.unknown-format`, or of the format.
 */
export async function openWeights(path: string): Promise<WeightFile> {
  const extension = extname(path).toLowerCase();
  if (extension === ".safetensors") return openSafetensors(path);
  if (extension === ".pth" || extension === ".pt") return openTorch(path);
  throw new UserError({
    code: "weights.unknown-format",
    where: path,
    what: "the format of the weights is not known",
    expected: ".safetensors, .pth or .pt",
    got: extension === "" ? "no extension" : extension,
  });
}

async function openSafetensors(path: string): Promise<WeightFile> {
  const file = await SafetensorsFile.open(path);
  const { own, beside } = sortArrays(file);
  const shapesOf = (names: ReadonlyMap<string, string>) =>
    new Map([...names].map(([name, stored]) => [name, file.entries.get(stored)!.shape]));
  return {
    shapes: shapesOf(own),
    beside: shapesOf(beside),
    read: async (name) => asFloat32(await file.read(own.get(name) ?? beside.get(name)!)),
    close: () => file.close(),
  };
}

/**
 * Names in the file of the network's arrays, by what the network calls them, and of those of networks beside
 * it.
 */
function sortArrays(file: SafetensorsFile): Record<"own" | "beside", ReadonlyMap<string, string>> {
  const content = contentOf(file);
  if (content === undefined)
    return { own: new Map([...file.entries.keys()].map((name) => [name, name])), beside: new Map() };
  const owned = Object.entries(content.owners).filter(([name]) => file.entries.has(name));
  const prefix = arrayName(content.evaluated, "");
  return {
    own: new Map(
      owned
        .filter(([, { module }]) => module === content.evaluated)
        .map(([name]) => [name.slice(prefix.length), name]),
    ),
    beside: new Map(
      owned.filter(([, { module, kept }]) => module !== null && !kept).map(([name]) => [name, name]),
    ),
  };
}

async function openTorch(path: string): Promise<WeightFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_FS_FILE_TOO_LARGE") throw fileError(error, path, "read");
    throw new UserError({
      code: "weights.too-large",
      where: path,
      what: "the file is too large to be read at once",
      expected: "at most 2 GiB",
      fix: "Save the weights alone, or as .safetensors.",
    });
  }
  const tensors = readTorch(bytes, path);
  if (tensors instanceof TorchTensor) {
    throw new UserError({
      code: "weights.no-names",
      where: path,
      what: "the file holds a single tensor",
      expected: "a dictionary of names to tensors, such as model.state_dict()",
    });
  }
  return {
    shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    beside: new Map(),
    read: async (name) => numbers(tensorValues(tensors.get(name)!)),
    close: async () => undefined,
  };
}

function asFloat32({ dtype, data }: StoredArray): Float32Array {
  if (dtype === "F16") return Float32Array.from(data, float16ToFloat32);
  return dtype === "BF16" ? Float32Array.from(data, bfloat16ToFloat32) : numbers(data);
}

function numbers(data: StoredArray["data"]): Float32Array {
  if (data instanceof Float32Array) return data;
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  return wide ? Float32Array.from(data, Number) : Float32Array.from(data);
}
