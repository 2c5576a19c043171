/**
 * @file The 13 classes of NYU-13 (Couprie et al. 2013), in their usual order. As there, doors belong to
 * `wall`, curtains to `window`, rugs to `floor`, shelves and cabinets to `furniture`, and pillows and lamps
 * to `objects`.
 */
import { NYU_CLASSES_13 } from "../../tasks/class-names.js";

export const CLASS_NAMES: readonly string[] = NYU_CLASSES_13;

export const [BED, BOOKS, CEILING, CHAIR, FLOOR, FURNITURE, OBJECTS, PICTURE, SOFA, TABLE, TV, WALL, WINDOW] =
  CLASS_NAMES.keys();
