/**
 * @file CamVid (Brostow, Fauqueur, Cipolla 2009) in the 11-class version of SegNet (480x360): `train/` +
 * `trainannot/` as in its repository, or `images/train/` + `labels/train/`; likewise val and test. Pixel =
 * class, 11 = unlabelled, ignored.
 */
import { join } from "node:path";
import { fileDataset, labelFile, type SampleFiles } from "../file-dataset.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty, segmentationSpec } from "./shared.js";

const CLASSES = [
  "sky",
  "building",
  "pole",
  "road",
  "pavement",
  "tree",
  "signsymbol",
  "fence",
  "car",
  "pedestrian",
  "bicyclist",
];
const LAYOUT = "images/train/*.jpg with labels/train/*.png, or train/*.png with trainannot/*.png";

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const grouped = root.folders.includes("images");
  const spec = segmentationSpec(CLASSES, 11);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const split of ["train", "val", "test"]) {
    const images = grouped ? join(path, "images", split) : join(path, split);
    const labels = grouped ? join(path, "labels", split) : join(path, `${split}annot`);
    const masks = await filesByStem(labels, [".png"]);
    files[split] = new Map();
    for (const [id, image] of await filesByStem(images, IMAGE_EXTENSIONS)) {
      const mask = masks.get(id);
      files[split].set(id, {
        image,
        labels: mask === undefined ? {} : { segmentation: labelFile(mask, spec) },
      });
    }
  }
  const about = { name: "CamVid", tasks: { segmentation: spec } };
  return fileDataset(about, nonEmpty(files, "CamVid", path, LAYOUT), path);
}

export const camvid: DatasetFormat = { name: "camvid", open };
