/**
 * @file Classes that stand for several: those made from Cityscapes' as tables, and the labels that follow.
 */
import type { LabelMap } from "../fields/map.js";
import { CITYSCAPES_CATEGORIES } from "./class-names.js";
import type { ClassGroups } from "./contract/measuring.js";

/** The 7 categories of Cityscapes (Cordts et al. 2016), which MTAN, MTPSL and JTR train on. */
export const CITYSCAPES_7: ClassGroups = {
  classes: CITYSCAPES_CATEGORIES,
  of: [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6],
};

/**
 * The 8 classes of Taskology (Lu et al. 2021, Tab. 5), those that Cityscapes shares with COCO: riders are
 * persons, and whatever is not in the list is `other`, the train among it.
 */
export const CITYSCAPES_8: ClassGroups = {
  classes: ["person", "bicycle", "car", "motorcycle", "traffic light", "bus", "truck", "other"],
  of: [7, 7, 7, 7, 7, 7, 4, 7, 7, 7, 7, 0, 0, 2, 6, 5, 7, 3, 1],
};

/**
 * A label of other classes; what is not valid stays so, and what belongs to none of them becomes so.
 * @throws RangeError on a valid class that the map does not have.
 */
export function mapClasses(label: LabelMap, { of }: Pick<ClassGroups, "of">): LabelMap {
  const data = new Float32Array(label.data.length);
  const valid = new Uint8Array(label.valid.length);
  label.data.forEach((index, pixel) => {
    if (label.valid[pixel] === 0) return;
    if (of[index] === undefined) throw new RangeError(`mapClasses: no class ${index} of ${of.length}`);
    if (of[index] === -1) return;
    data[pixel] = of[index];
    valid[pixel] = 1;
  });
  return { ...label, data, valid };
}
