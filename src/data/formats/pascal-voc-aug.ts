/**
 * @file PASCAL VOC augmented with the masks of SBD (Hariharan et al. 2011), as segmentation is usually
 * trained on it: a VOC folder with `SegmentationClassAug/[id].png` for all images, and `trainaug.txt` (10,582
 * images) beside VOC's own lists. The split `train` is that of `trainaug.txt`.
 */
import { join } from "node:path";
import { filesByStem, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { vocDataset } from "./pascal-voc.js";
import { notThisFormat } from "./shared.js";

const NAME = "augmented PASCAL VOC";
const LAYOUT = "JPEGImages/, SegmentationClassAug/ and ImageSets/Segmentation/trainaug.txt";

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const { trainaug, ...lists } = Object.fromEntries(
    await filesByStem(join(path, "ImageSets", "Segmentation"), [".txt"]),
  );
  if (trainaug === undefined) throw notThisFormat(NAME, path, LAYOUT);
  const splits = new Map(Object.entries({ ...lists, train: trainaug }));
  return await vocDataset(path, {
    name: NAME,
    layout: LAYOUT,
    lists: splits,
    masks: "SegmentationClassAug",
  });
}

export const pascalVocAug: DatasetFormat = { name: "pascal-voc-aug", open };
