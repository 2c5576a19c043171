/**
 * @file The 13 classes of NYU-13 (Couprie et al. 2013), in their usual order. As there, doors belong to
 * `wall`, curtains to `window`, rugs to `floor`, shelves and cabinets to `furniture`, and pillows and lamps
 * to `objects`.
 */

export const CLASS_NAMES = [
  "bed",
  "books",
  "ceiling",
  "chair",
  "floor",
  "furniture",
  "objects",
  "picture",
  "sofa",
  "table",
  "tv",
  "wall",
  "window",
] as const;

export const [BED, BOOKS, CEILING, CHAIR, FLOOR, FURNITURE, OBJECTS, PICTURE, SOFA, TABLE, TV, WALL, WINDOW] =
  CLASS_NAMES.keys();
