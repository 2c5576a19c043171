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

const CLASSES = [
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
  const lists = join(path, "ImageSets", "Segmentation");
  const images = await filesByStem(join(path, "JPEGImages"), IMAGE_EXTENSIONS);
  const masks = await filesByStem(join(path, "SegmentationClass"), [".png"]);
  const spec = segmentationSpec(CLASSES, 255);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const [split, list] of await requireLists(lists)) {
    files[split] = new Map();
    for (const id of (await readText(list)).split(/\s+/).filter(Boolean)) {
      const image = images.get(id);
      if (image === undefined) throw missingImage(list, id);
      const mask = masks.get(id);
      files[split].set(id, {
        image,
        labels: mask === undefined ? {} : { segmentation: labelFile(mask, spec) },
      });
    }
  }
  const about = { name: "PASCAL VOC", tasks: { segmentation: spec } };
  return fileDataset(about, nonEmpty(files, "PASCAL VOC", path, LAYOUT), path);
}

async function requireLists(folder: string): Promise<Map<string, string>> {
  await requireFolder(folder, "train.txt, val.txt: one image id a line");
  return await filesByStem(folder, [".txt"]);
}

function missingImage(list: string, id: string): UserError {
  return new UserError({
    code: "data.missing-file",
    what: "the list names an image that is not in JPEGImages",
    where: list,
    got: JSON.stringify(id.slice(0, 80)),
  });
}

export const pascalVoc: DatasetFormat = { name: "pascal-voc", open };
