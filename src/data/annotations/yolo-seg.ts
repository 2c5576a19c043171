/**
 * @file YOLO segmentation (Ultralytics): a folder with `data.yaml` and a text file for each image below
 * `labels/`, a line for each ring: class and points in shares of width and height. Four numbers are a box:
 * its centre, width and height. No file, or an empty one, means that there is nothing.
 */
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readText } from "../files/bytes.js";
import { requireFolder } from "../listing.js";
import {
  type AnnotatedImage,
  type AnnotationFormat,
  badAnnotations,
  checked,
  type Point,
  type Shape,
} from "./annotation.js";
import { filesWith } from "./files-with.js";
import { box } from "./outlines.js";

const schema = z.looseObject({
  names: z.union([z.array(z.string()).min(1), z.record(z.coerce.number().int().min(0), z.string())]),
});

async function classNames(root: string): Promise<string[]> {
  const where = join(root, "data.yaml");
  const { names } = checked(schema, parse(await readText(where)), where);
  if (Array.isArray(names)) return names;
  const count = Math.max(...Object.keys(names).map(Number)) + 1;
  return Array.from({ length: count }, (_, i) => names[i] ?? `class-${i}`);
}

function shapeOf(line: string, classes: readonly string[], where: string): Shape {
  const [index, ...numbers] = line.trim().split(/\s+/).map(Number);
  const label = classes[index];
  if (label === undefined)
    throw badAnnotations(where, "data.yaml names no class of this number", line.split(" ")[0]);
  if (numbers.some((value) => !Number.isFinite(value)))
    throw badAnnotations(where, "a line holds more than numbers", line.slice(0, 40));
  if (numbers.length === 4) {
    const [cx, cy, width, height] = numbers;
    return { label, ring: box([cx - width / 2, cy - height / 2], [cx + width / 2, cy + height / 2]) };
  }
  if (numbers.length < 6 || numbers.length % 2 === 1)
    throw badAnnotations(
      where,
      "a line needs a class and pairs of at least three points",
      `${numbers.length} numbers`,
    );
  return {
    label,
    ring: Array.from({ length: numbers.length / 2 }, (_, i): Point => [numbers[2 * i], numbers[2 * i + 1]]),
  };
}

export const yoloSeg: AnnotationFormat = {
  name: "yolo-seg",
  takes: "a folder with data.yaml and labels/",
  rule: "centre",
  imagesBeside: (path) => join(path, "images"),
  async read(path) {
    await requireFolder(path, "data.yaml, images/ and labels/");
    const classes = await classNames(path);
    const labels = join(path, "labels");
    const images: AnnotatedImage[] = [];
    for (const where of await filesWith(labels, ".txt")) {
      const lines = (await readText(where)).split(/\r?\n/).filter((line) => line.trim() !== "");
      const shapes = lines.map((line, i) => shapeOf(line, classes, `${where}:${i + 1}`));
      images.push({ image: where.slice(labels.length + 1), where, unit: "shares", shapes });
    }
    if (images.length === 0) throw badAnnotations(labels, "the folder has no .txt files");
    return { images, classes, complete: true };
  },
};
