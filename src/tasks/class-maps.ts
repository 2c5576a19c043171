/** @file Coarser classes made from those of Cityscapes: tables, and the labels that follow. */
import type { LabelMap } from "../fields/map.js";
import { CITYSCAPES_CATEGORIES } from "./class-names.js";

/** Coarser classes, and which of them each finer class belongs to. */
export interface ClassMap {
  readonly classes: readonly string[];
  /** By finer class. */
  readonly of: readonly number[];
}

/** The 7 categories of Cityscapes (Cordts et al. 2016), which MTAN, MTPSL and JTR train on. */
export const CITYSCAPES_7: ClassMap = {
  classes: CITYSCAPES_CATEGORIES,
  of: [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6],
};

/**
 * The 8 classes of Taskology (Lu et al. 2021, Tab. 5), those that Cityscapes shares with COCO: riders are
 * persons, and whatever is not in the list is `other`, the train among it.
 */
export const CITYSCAPES_8: ClassMap = {
  classes: ["person", "bicycle", "car", "motorcycle", "traffic light", "bus", "truck", "other"],
  of: [7, 7, 7, 7, 7, 7, 4, 7, 7, 7, 7, 0, 0, 2, 6, 5, 7, 3, 1],
};

/**
 * A label of the coarser classes; what is not valid stays so.
 * @throws RangeError on a valid class that the map does not have.
 */
export function mapClasses(label: LabelMap, { of }: ClassMap): LabelMap {
  const data = label.data.map((index, pixel) => {
    if (label.valid[pixel] === 0) return 0;
    if (of[index] === undefined) throw new RangeError(`mapClasses: no class ${index} of ${of.length}`);
    return of[index];
  });
  return { ...label, data };
}
