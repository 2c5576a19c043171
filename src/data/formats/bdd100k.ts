/**
 * @file BDD100K semantic segmentation (Yu et al. 2020): `images/10k/<split>/*.jpg`,
 * `labels/sem_seg/masks/<split>/*.png` (8-bit, 19 classes as in Cityscapes, 255 = ignored). Images without a
 * mask are unlabelled.
 */
import { join } from "node:path";
import { CITYSCAPES_CLASSES } from "../../tasks/class-names.js";
import { fileDataset, labelFile, type SampleFiles } from "../file-dataset.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty, segmentationSpec } from "./shared.js";

const LAYOUT = "images/10k/train/*.jpg and labels/sem_seg/masks/train/*.png";

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const spec = segmentationSpec(CITYSCAPES_CLASSES, 255);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const split of ["train", "val", "test"]) {
    const masks = await filesByStem(join(path, "labels", "sem_seg", "masks", split), [".png"]);
    files[split] = new Map();
    for (const [id, image] of await filesByStem(join(path, "images", "10k", split), IMAGE_EXTENSIONS)) {
      const mask = masks.get(id);
      files[split].set(id, {
        image,
        labels: mask === undefined ? {} : { segmentation: labelFile(mask, spec) },
      });
    }
  }
  const about = { name: "BDD100K", tasks: { segmentation: spec } };
  return fileDataset(about, nonEmpty(files, "BDD100K", path, LAYOUT), path);
}

export const bdd100k: DatasetFormat = { name: "bdd100k", open };
