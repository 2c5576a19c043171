/**
 * @file Label Studio's JSON export: a list of tasks. Polygons, rectangles and ellipses are in percent of each
 * side, rectangles turned clockwise about their upper left corner; brushes are run lengths of RGBA pixels. Of
 * several annotations of a task the last that was not cancelled counts.
 */
import { basename, dirname } from "node:path";
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
import { box, ellipse, turned } from "./outlines.js";
import { brushMask } from "./run-lengths.js";

const resultSchema = z.looseObject({
  type: z.string(),
  original_width: z.int().positive().optional(),
  original_height: z.int().positive().optional(),
  value: z.looseObject({}).optional(),
});
const schema = z.array(
  z.looseObject({
    data: z.record(z.string(), z.unknown()),
    annotations: z.array(
      z.looseObject({ result: z.array(resultSchema), was_cancelled: z.boolean().nullish() }),
    ),
  }),
);
const labels = z.array(z.string()).min(1);
const values = {
  polygonlabels: z.looseObject({
    points: z.array(z.tuple([z.number(), z.number()])).min(3),
    polygonlabels: labels,
  }),
  rectanglelabels: z.looseObject({
    ...{
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
      rotation: z.number().default(0),
    },
    rectanglelabels: labels,
  }),
  ellipselabels: z.looseObject({
    ...{
      x: z.number(),
      y: z.number(),
      radiusX: z.number(),
      radiusY: z.number(),
      rotation: z.number().default(0),
    },
    ellipselabels: labels,
  }),
  brushlabels: z.looseObject({
    format: z.literal("rle"),
    rle: z.array(z.int().min(0).max(255)),
    brushlabels: labels,
  }),
};

/** A result of a type that covers an area; undefined for others. */
function shapeOf(
  type: string,
  value: unknown,
  size: { width: number; height: number },
  where: string,
): Shape | undefined {
  const parse = <T extends z.ZodType>(own: T): z.output<T> => {
    const parsed = own.safeParse(value);
    if (parsed.success) return parsed.data;
    throw badAnnotations(
      where,
      `\`${parsed.error.issues[0].path.join(".")}\`: ${parsed.error.issues[0].message}`,
    );
  };
  const pixels = ([x, y]: Point): Point => [(x * size.width) / 100, (y * size.height) / 100];
  switch (type) {
    case "polygonlabels": {
      const { points, polygonlabels } = parse(values.polygonlabels);
      return { label: polygonlabels[0], ring: points.map(pixels) };
    }
    case "rectanglelabels": {
      const { x, y, width, height, rotation, rectanglelabels } = parse(values.rectanglelabels);
      const corner = pixels([x, y]);
      const ring = turned(box(corner, pixels([x + width, y + height])), rotation, corner);
      return { label: rectanglelabels[0], ring };
    }
    case "ellipselabels": {
      const { x, y, radiusX, radiusY, rotation, ellipselabels } = parse(values.ellipselabels);
      const centre = pixels([x, y]);
      const ring = turned(ellipse(centre, ...pixels([radiusX, radiusY])), rotation, centre);
      return { label: ellipselabels[0], ring };
    }
    case "brushlabels": {
      const { rle, brushlabels } = parse(values.brushlabels);
      const data = brushMask(rle, size.width * size.height);
      if (data === undefined)
        throw badAnnotations(where, `run lengths do not make up a mask of ${size.width}x${size.height}`);
      return { label: brushlabels[0], left: 0, top: 0, width: size.width, data };
    }
    default:
      return undefined;
  }
}

/**
 * The image's name: the first text among the task's data; uploads have eight characters and a dash before
 * it.
 */
function imageOf(data: Readonly<Record<string, unknown>>, where: string): string {
  const text = data.image ?? Object.values(data).find((value) => typeof value === "string");
  if (typeof text !== "string") throw badAnnotations(where, "the task names no image");
  const name = basename(decodeURIComponent(text.replace(/^.*[?&]d=/, "")));
  return name.replace(/^[0-9a-f]{8}-/, "");
}

export const labelStudio: AnnotationFormat = {
  name: "label-studio",
  takes: "its .json export",
  rule: "centre",
  imagesBeside: dirname,
  async read(path) {
    const tasks = checkedJson(schema, await readText(path), path);
    const images = tasks.flatMap(({ data, annotations }, i): AnnotatedImage[] => {
      const where = `${path}: task ${i}`;
      const last = annotations.findLast(({ was_cancelled }) => was_cancelled !== true);
      if (last === undefined) return [];
      const sized = last.result.find(
        ({ original_width, original_height }) => original_width && original_height,
      );
      const size = sized && { width: sized.original_width!, height: sized.original_height! };
      const shapes = last.result.flatMap(({ type, value }) => {
        const shape = size && shapeOf(type, value, size, where);
        return shape === undefined ? [] : [shape];
      });
      return [{ image: imageOf(data, where), where, unit: "pixels", shapes, ...(size && { size }) }];
    });
    return { images };
  },
};
