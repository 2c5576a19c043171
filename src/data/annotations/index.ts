/** @file The annotation tools whose files are read. */
import { unknownName } from "../names.js";
import type { AnnotationFormat } from "./annotation.js";
import { coco } from "./coco.js";
import { cvat } from "./cvat.js";
import { labelStudio } from "./label-studio.js";
import { labelme } from "./labelme.js";
import { yoloSeg } from "./yolo-seg.js";

/** By name. */
const annotationFormats: Readonly<Record<string, AnnotationFormat>> = Object.fromEntries(
  [labelme, coco, cvat, labelStudio, yoloSeg].map((format) => [format.name, format]),
);

/** The tool of that name. Throws UserError where there is none. */
export function annotationFormat(name: string): AnnotationFormat {
  if (Object.hasOwn(annotationFormats, name)) return annotationFormats[name];
  throw unknownName("tool", name, Object.keys(annotationFormats), "data import");
}
