/**
 * @file PASCAL VOC segmentation (Everingham et al. 2010): `JPEGImages/*.jpg`, `SegmentationClass/*.png`
 * (palette; index 0 = background, 1..20 = class, 255 = void), `ImageSets/Segmentation/<split>.txt`. Several
 * years' lists live side by side.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { fileDataset, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty, segmentationSpec } from "./shared.js";

/** The classes of PASCAL VOC and of SBD, by index. */
export const VOC_CLASSES: readonly string[] = [
  "background",
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
];
const LAYOUT = "JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/train.txt";

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const lists = await requireLists(join(path, "ImageSets", "Segmentation"));
  return await vocDataset(path, { name: "PASCAL VOC", layout: LAYOUT, lists, masks: "SegmentationClass" });
}

/** What differs between the layouts of VOC. */
export interface VocLayout {
  readonly name: string;
  readonly layout: string;
  /** Files that list images, by split. */
  readonly lists: ReadonlyMap<string, string>;
  /** The folder of the masks. */
  readonly masks: string;
}

/** The images of some lists with their masks. Throws UserError where an image of a list is missing. */
export async function vocDataset(path: string, voc: VocLayout): Promise<Dataset> {
  const images = await filesByStem(join(path, "JPEGImages"), IMAGE_EXTENSIONS);
  const masks = await filesByStem(join(path, voc.masks), [".png"]);
  const spec = segmentationSpec(VOC_CLASSES, 255);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const [split, list] of voc.lists) {
    files[split] = new Map();
    for (const id of (await readText(list)).split(/\s+/).filter(Boolean)) {
      const image = images.get(id);
      if (image === undefined) throw missingImage(list, id, "JPEGImages");
      const mask = masks.get(id);
      files[split].set(id, {
        image,
        labels: mask === undefined ? {} : { segmentation: labelFile(mask, spec) },
      });
    }
  }
  const about = { name: voc.name, tasks: { segmentation: spec } };
  return fileDataset(about, nonEmpty(files, voc.name, path, voc.layout), path);
}

async function requireLists(folder: string): Promise<Map<string, string>> {
  await requireFolder(folder, "train.txt, val.txt: one image id a line");
  return await filesByStem(folder, [".txt"]);
}

/** The error that a list names an image that the folder of images does not hold. */
export function missingImage(list: string, id: string, folder: string): UserError {
  return new UserError({
    code: "data.missing-file",
    what: `the list names an image that is not in ${folder}`,
    where: list,
    got: JSON.stringify(id.slice(0, 80)),
  });
}

export const pascalVoc: DatasetFormat = { name: "pascal-voc", open };
