/** @file Every reader of files, each with sound files to begin from. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseDatasetYaml } from "../../src/data/dataset-yaml.js";
import { openHdf5 } from "../../src/data/files/hdf5.js";
import { decodeMat } from "../../src/data/files/mat5.js";
import { encodePng } from "../../src/data/files/png.js";
import { decodeImage, decodeRaster } from "../../src/data/files/raster.js";
import { readScenePoses } from "../../src/data/formats/scenenet-poses.js";
import { parseLabels } from "../../src/data/labels-file.js";
import { parseSequences } from "../../src/data/sequences.js";
import { parseSplitFile } from "../../src/data/split-file.js";
import { writeSafetensors } from "../../src/disk/safetensors.js";
import { depth, segmentation } from "../../src/tasks/index.js";
import { readClassTable } from "../../src/training/class-table.js";
import { openWeights } from "../../src/training/weight-files.js";
import { scenenetFile } from "../../tests/helpers/scenenet.js";
import { legacyFile, SavedTensor, zipFile } from "../../tests/helpers/torch-files.js";
import { waymoFile } from "../../tests/helpers/waymo.js";
import { withPngChecksums } from "./mutate.js";
import { asFile, type FuzzedReader, scratch, text, textReader } from "./reader.js";
import { readWaymo, sweepReaders } from "./sweep-readers.js";

const GOLDEN = "tests/golden";
const PICTURES = join(GOLDEN, "pictures");

/** Reads the bytes as an image, or as a label of a task. All three ways must fail alike or not at all. */
function pictureReader(name: string, repair = (bytes: Uint8Array) => bytes): FuzzedReader {
  const extension = `.${name}`;
  const files = readdirSync(PICTURES).filter((file) => extname(file) === extension);
  return {
    name,
    sound: files.map((file) => readFileSync(join(PICTURES, file))),
    async read(damaged, seed) {
      const turn = Math.floor(seed / 5);
      // Every other time, lest checksums keep the damage from the decoder.
      const bytes = turn % 2 === 0 ? repair(damaged) : damaged;
      const where = `fuzz${extension}`;
      if (turn % 3 === 0) return await decodeImage(bytes, where);
      const raster = await decodeRaster(bytes, where, { names: ["depth", "z"] });
      const [entry, task] = turn % 2 === 0 ? [{ kind: "depth" }, depth] : [CLASSES, segmentation];
      return task.files.decode(raster, task.specSchema.parse(entry) as never, where);
    },
  };
}

const CLASSES = { kind: "segmentation", classes: ["a", "b"] };

async function readAllWeights(path: string): Promise<void> {
  const file = await openWeights(path);
  try {
    for (const name of file.shapes.keys()) await file.read(name);
  } finally {
    await file.close();
  }
}

function weightsReader(name: string, sound: readonly Uint8Array[]): FuzzedReader {
  return { name, sound, read: (bytes) => asFile(`.${name}`, bytes, readAllWeights) };
}

async function safetensors(): Promise<Uint8Array> {
  const path = join(scratch, "sound.safetensors");
  const arrays = new Map([
    ["a.weight", { dtype: "F32", shape: [3, 4], data: new Float32Array(12).fill(0.5) }],
    ["b", { dtype: "BF16", shape: [5], data: Uint16Array.of(1, 2, 3, 4, 5) }],
    ["c", { dtype: "I64", shape: [2], data: BigInt64Array.of(1n, -2n) }],
  ] as const);
  await writeSafetensors(path, arrays, { note: "sound" });
  return readFileSync(path);
}

async function readHdf5(path: string): Promise<void> {
  const file = await openHdf5(path);
  for (const name of file.names) file.array(name).entry(0);
}

const YAML = `name: x
layout: "{split}/{task}/{id}"
splits: [train, val]
orientation: exif
tasks:
  s: {kind: segmentation, classes: [a, b], colours: {a: [0, 0, 0], b: ["#ffffff", "#00ff00"]}}
  d: {kind: depth, scale: 0.001}
camera: {fx: 1, fy: 1, cx: 0, cy: 0}
`;

/** All readers. */
export async function fuzzedReaders(): Promise<FuzzedReader[]> {
  const torch = ["resnet18.pth", "resnet18-legacy.pth", "resnet50-half.pth"].map((name) =>
    readFileSync(join(GOLDEN, name)),
  );
  const mat = JSON.parse(readFileSync(join(GOLDEN, "mat.json"), "utf8")) as Record<string, unknown> & {
    nyu: { frames: string };
  };
  const annotated = JSON.parse(readFileSync(join(GOLDEN, "annotated-mat.json"), "utf8")) as {
    bsds: { two: string };
    sbd: { classes: string };
    sparse: { file: string };
  };
  const mats = [
    ...Object.values(mat).filter((each) => typeof each === "string"),
    ...[annotated.bsds.two, annotated.sbd.classes, annotated.sparse.file],
  ];
  const image = readFileSync(join(PICTURES, "turned1.jpg"));
  const labels = Uint16Array.from({ length: 48 * 32 }, (_, i) => 1000 * (1 + (i % 20)));
  const panoptic = encodePng({ width: 48, height: 32, channels: 1, data: labels });
  const marks = Float32Array.of(1, 0, 0, 0, 1, 1);
  return [
    pictureReader("png", withPngChecksums),
    ...["tif", "bmp", "webp", "jpg", "exr", "npy", "npz"].map((name) => pictureReader(name)),
    {
      ...pictureReader("pfm"),
      sound: [text("Pf\n2 2\n-1.0\n0123456789abcdef"), text("PF\n# x\n1 1\n1\n0123456789ab")],
    },
    {
      name: "mat",
      sound: mats.map((each) => Buffer.from(each, "base64")),
      read: async (bytes) => decodeMat(bytes, "fuzz.mat"),
    },
    {
      name: "hdf5",
      sound: [Buffer.from(mat.nyu.frames, "base64")],
      read: (bytes) => asFile(".mat", bytes, readHdf5),
    },
    {
      name: "tfrecord",
      sound: [waymoFile([{ camera: 1, image, panoptic }])],
      read: (bytes) => readWaymo(bytes, {}, ["segmentation"]),
    },
    {
      name: "scenenet",
      sound: [scenenetFile({ "0/1": [{ frame: 25, camera: [1, 2, 3], lookat: [4, 5, 6] }] })],
      read: (bytes) => asFile(".pb", bytes, async (path) => readScenePoses(path, bytes.length)),
    },
    {
      name: "classes.yaml",
      sound: [text("data: {a: b, c: null}\nmodel: {d: b}\n"), text("a: b\nc: ~\n")],
      read: (bytes) => asFile(".yaml", bytes, readClassTable),
    },
    weightsReader("safetensors", [await safetensors()]),
    weightsReader("pth", torch),
    {
      name: "split file",
      sound: [zipFile, legacyFile].map((write) => write(new SavedTensor("FloatStorage", [2, 3], marks))),
      read: async (bytes) => parseSplitFile(bytes, ["0", "1"], undefined, "fuzz.pth"),
    },
    textReader("dataset.yaml", [YAML], (content) => parseDatasetYaml(content, "fuzz.yaml")),
    textReader("labels.json", ['{"about": {"seed": 1}, "labels": {"a": ["d"], "b": []}}'], (content) =>
      parseLabels(content, "fuzz.json"),
    ),
    ...sweepReaders,
    textReader(
      "sequences.json",
      ['{"train": [{"name": "x", "frames": ["a", "b"], "timestamps": [0, 0.5]}]}'],
      (content) => parseSequences(content, { train: ["a", "b"] }, "fuzz.json"),
    ),
  ];
}
