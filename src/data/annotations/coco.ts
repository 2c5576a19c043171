/**
 * @file COCO instances (Lin et al. 2014): one JSON file. Rings of one annotation are one thing (a union);
 * masks are run lengths, column by column. Crowds are ignored. Classes are categories in the order of
 * their ids, which have gaps.
 */
import { dirname } from "node:path";
import { z } from "zod";
import { readText } from "../files/bytes.js";
import {
  type AnnotatedImage,
  type AnnotationFormat,
  badAnnotations,
  checkedJson,
  type Point,
  type Shape,
} from "./annotation.js";
import { byRows, cocoRuns, expandRuns } from "./run-lengths.js";

const side = z.int().positive();
const annotationSchema = z.looseObject({
  image_id: z.union([z.number(), z.string()]),
  category_id: z.number(),
  segmentation: z
    .union([
      z.array(z.array(z.number())),
      z.looseObject({ size: z.tuple([side, side]), counts: z.union([z.string(), z.array(z.int().min(0))]) }),
    ])
    .optional(),
  iscrowd: z.union([z.literal(0), z.literal(1)]).default(0),
});
const schema = z.looseObject({
  images: z.array(
    z.looseObject({
      id: z.union([z.number(), z.string()]),
      file_name: z.string(),
      height: side,
      width: side,
    }),
  ),
  annotations: z.array(annotationSchema),
  categories: z.array(z.looseObject({ id: z.number(), name: z.string() })).min(1),
});

type Drawn = NonNullable<z.output<typeof annotationSchema>["segmentation"]>;

function ringOf(flat: readonly number[], where: string): Point[] {
  if (flat.length < 6 || flat.length % 2 === 1)
    throw badAnnotations(where, "a polygon needs pairs of at least three points", `${flat.length} numbers`);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function shapesOf(segmentation: Drawn, label: string | null, where: string): Shape[] {
  if (Array.isArray(segmentation)) return segmentation.map((flat) => ({ label, ring: ringOf(flat, where) }));
  const [height, width] = segmentation.size;
  const { counts } = segmentation;
  const runs = typeof counts === "string" ? cocoRuns(counts) : counts;
  const columns = runs && expandRuns(runs, height * width);
  if (columns === undefined)
    throw badAnnotations(where, `run lengths do not make up a mask of ${width}x${height}`);
  return [{ label, left: 0, top: 0, width, data: byRows(columns, height, width) }];
}

export const coco: AnnotationFormat = {
  name: "coco",
  takes: "its .json file of instances",
  rule: "centre",
  imagesBeside: dirname,
  async read(where) {
    const { images, annotations, categories } = checkedJson(schema, await readText(where), where);
    const named = new Map(categories.map(({ id, name }) => [id, name]));
    const shapes = new Map(images.map(({ id }): [number | string, Shape[]] => [id, []]));
    for (const [i, { image_id, category_id, segmentation, iscrowd }] of annotations.entries()) {
      const at = `${where}: annotation ${i}`;
      const label = named.get(category_id);
      const own = shapes.get(image_id);
      if (label === undefined)
        throw badAnnotations(at, "there is no category of this id", String(category_id));
      if (own === undefined) throw badAnnotations(at, "there is no image of this id", String(image_id));
      if (segmentation !== undefined) own.push(...shapesOf(segmentation, iscrowd === 1 ? null : label, at));
    }
    return {
      classes: [...categories].sort((a, b) => a.id - b.id).map(({ name }) => name),
      images: images.map(
        ({ id, file_name, height, width }): AnnotatedImage => ({
          ...{ image: file_name, where, size: { height, width }, unit: "pixels" },
          shapes: shapes.get(id)!,
        }),
      ),
    };
  },
};
