/**
 * @file Taskonomy (Zamir et al. 2018), as the tools that download it leave it:
 * `<domain>/<building>/point_<n>_view_<n>_domain_<domain>.png`, with a component folder in between
 * (`<domain>/taskonomy/<building>/...`), or `<building>_<domain>/<domain>/point_...png`. The image is the
 * domain `rgb`; the others are in `DOMAINS`. Splits are those of a file `train_val_test_*.csv` in the root
 * (`id,train,val,test` with a 1 for the building's split; buildings it does not name are left out), else
 * eight in ten buildings are `train`, one `val` and one `test`, by a hash of the name.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { hashString } from "../../common/random.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";
import { fileDataset, type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { depthSpec, mapDepth, nonEmpty, normalsSpec, segmentationSpec } from "./shared.js";

const LAYOUT =
  "rgb/<building>/point_0_view_0_domain_rgb.png, or <building>_rgb/rgb/point_0_view_0_domain_rgb.png";

/** COCO classes of the pseudo-labels; 0 in the files is "uncertain", 1 "background". */
const CLASSES = [
  "background",
  "bottle",
  "chair",
  "couch",
  "potted plant",
  "bed",
  "dining table",
  "toilet",
  "tv",
  "microwave",
  "oven",
  "toaster",
  "sink",
  "refrigerator",
  "book",
  "clock",
  "vase",
];

/** A kind of label: its task, and from its pixels to those that the task reads. */
interface Domain {
  readonly task: string;
  readonly spec: TaskSpec;
  readonly prepare: (raster: Raster, where: string) => Raster;
}

/** 1/512 m steps, 65535 = no surface. */
function depthPixels(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return mapDepth(raster, (value) => (value === 65535 ? 0 : value));
}

/** Red = right, green = down, blue = towards the camera -> z forward. */
function normalPixels(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 3, bits: 8 }, where);
  return { ...raster, data: Uint8Array.from(raster.data, (value, i) => (i % 3 === 2 ? 255 - value : value)) };
}

/** Uncertain pixels -> ignored; 0 minus 1 is 255. */
function classPixels(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 8 }, where);
  return { ...raster, data: Uint8Array.from(raster.data, (value) => value - 1) };
}

/** 16 bits of one channel, as they are. */
function responsePixels(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return raster;
}

/** Grey that is stored as a colour: the red channel. */
function shadingPixels(raster: Raster, where: string): Raster {
  const channels = raster.channels === 1 ? 1 : 3;
  expectRaster(raster, { channels, bits: 8 }, where);
  const data = new Uint8Array(raster.width * raster.height);
  for (let i = 0; i < data.length; i++) data[i] = raster.data[channels * i];
  return { ...raster, channels: 1, data };
}

/**
 * A map in [0, 1]. The scales are those of the kinds' documentation: the share of the 16-bit range that the
 * published training code takes as 1.
 */
function unitMap(kind: string, scale: number, prepare = responsePixels): Domain {
  return { task: kind, spec: parseTaskSpec({ kind, scale }, kind), prepare };
}

/** What is read besides `rgb`, by the name that the data set has for it. */
const DOMAINS: Readonly<Record<string, Domain>> = {
  segment_semantic: {
    task: "segmentation",
    spec: segmentationSpec(CLASSES, 255),
    prepare: classPixels,
  },
  depth_zbuffer: { task: "depth", spec: depthSpec(512), prepare: depthPixels },
  normal: { task: "normals", spec: normalsSpec(), prepare: normalPixels },
  reshading: unitMap("reshading", 1 / 255, shadingPixels),
  edge_occlusion: unitMap("occlusion-edges", 0.00244),
  edge_texture: unitMap("edges2d", 0.000191),
  keypoints2d: unitMap("keypoints2d", 0.00305),
};

/** The images of a domain by building and `point_<n>_view_<n>`. */
type Listing = Map<string, Map<string, string>>;

async function addBuilding(listing: Listing, building: string, folder: string): Promise<void> {
  const views = listing.get(building) ?? new Map<string, string>();
  for (const [stem, file] of await filesByStem(folder, IMAGE_EXTENSIONS)) {
    const view = /^(point_\d+_view_\d+)_domain_\w+$/.exec(stem)?.[1];
    if (view !== undefined) views.set(view, file);
  }
  if (views.size > 0) listing.set(building, views);
}

async function listDomain(root: string, folders: readonly string[], domain: string): Promise<Listing> {
  const listing: Listing = new Map();
  const suffix = `_${domain}`;
  for (const folder of folders) {
    if (folder.endsWith(suffix) && folder.length > suffix.length) {
      await addBuilding(listing, folder.slice(0, -suffix.length), join(root, folder, domain));
    }
  }
  const base = join(root, domain);
  const component = join(base, "taskonomy");
  for (const place of [base, component]) {
    for (const building of (await listFolder(place))?.folders ?? []) {
      await addBuilding(listing, building, join(place, building));
    }
  }
  return listing;
}

type Split = "train" | "val" | "test";
const SPLITS: readonly Split[] = ["train", "val", "test"];

/** Split by building. Throws UserError where a line is not as it should be. */
async function readSplits(file: string): Promise<Map<string, Split>> {
  const splits = new Map<string, Split>();
  const lines = (await readText(file)).split("\n").map((line) => line.trim());
  for (const [index, line] of lines.entries()) {
    const [building, ...flags] = line.split(",").map((cell) => cell.trim());
    if (line === "" || (index === 0 && flags.join() === SPLITS.join())) continue;
    const split = flags.indexOf("1");
    if (flags.length !== 3 || flags.some((flag) => flag !== "0" && flag !== "1")) {
      throw new UserError({
        code: "data.bad-splits",
        what: "the line names no split of a building",
        where: `${file}:${index + 1}`,
        expected: "building,1,0,0 for train, 0,1,0 for val, 0,0,1 for test",
        got: JSON.stringify(line.slice(0, 80)),
      });
    }
    if (split >= 0) splits.set(building, SPLITS[split]);
  }
  return splits;
}

function splitByHash(building: string): Split {
  const place = hashString(building) % 10;
  return place === 9 ? "test" : place === 8 ? "val" : "train";
}

async function splitOf(
  root: string,
  files: readonly string[],
): Promise<(building: string) => Split | undefined> {
  const lists = files.filter((file) => /^train_val_test_.*\.csv$/.test(file));
  if (lists.length === 0) return splitByHash;
  if (lists.length > 1) {
    throw new UserError({
      code: "data.ambiguous-file",
      what: "there are several lists of splits",
      where: root,
      got: lists.join(", "),
      fix: "Keep the one to use.",
    });
  }
  const splits = await readSplits(join(root, lists[0]));
  return (building) => splits.get(building);
}

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const split = await splitOf(path, root.files);
  const listings = await Promise.all(
    Object.entries(DOMAINS).map(
      async ([domain, about]) => [about, await listDomain(path, root.folders, domain)] as const,
    ),
  );
  const files = Object.fromEntries(SPLITS.map((name) => [name, new Map<string, SampleFiles>()]));
  for (const [building, views] of await listDomain(path, root.folders, "rgb")) {
    const own = split(building);
    if (own === undefined) continue;
    for (const [view, image] of views) {
      const labels: Record<string, LabelFile> = {};
      for (const [{ task, spec, prepare }, listing] of listings) {
        const file = listing.get(building)?.get(view);
        if (file !== undefined) labels[task] = labelFile(file, spec, prepare);
      }
      files[own].set(`${building}__${view}`, { image, labels });
    }
  }
  const present = listings.filter(([, listing]) => listing.size > 0).map(([{ task, spec }]) => [task, spec]);
  const about = { name: "Taskonomy", tasks: Object.fromEntries(present) as Record<string, TaskSpec> };
  return fileDataset(about, nonEmpty(files, "Taskonomy", path, LAYOUT), path);
}

export const taskonomy: DatasetFormat = { name: "taskonomy", open };
