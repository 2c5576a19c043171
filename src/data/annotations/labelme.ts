/**
 * @file labelme (Wada): a JSON file for each image. Rings are drawn as PIL does, lines 10 pixels wide, points
 * as circles of 5 pixels. Points belong to the upright image.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { readText } from "../files/bytes.js";
import { decodeRaster } from "../files/raster.js";
import { requireFolder } from "../listing.js";
import {
  type AnnotatedImage,
  type AnnotationFormat,
  badAnnotations,
  checkedJson,
  type Shape,
} from "./annotation.js";
import { filesWith } from "./files-with.js";
import { box, ellipse, thickLine } from "./outlines.js";

const point = z.tuple([z.number(), z.number()]);
const shapeSchema = z.looseObject({
  label: z.string(),
  points: z.array(point).min(1),
  shape_type: z.string().nullish(),
  mask: z.string().nullish(),
});
const schema = z.looseObject({
  shapes: z.array(shapeSchema),
  imagePath: z.string(),
  imageHeight: z.int().positive().nullish(),
  imageWidth: z.int().positive().nullish(),
});

const LINE_WIDTH = 10;
const POINT_RADIUS = 5;

async function maskShape(
  { label, points, mask }: z.output<typeof shapeSchema>,
  where: string,
): Promise<Shape> {
  if (typeof mask !== "string") throw badAnnotations(where, `the shape ${label} is a mask without pixels`);
  const { width, height, channels, data } = await decodeRaster(Buffer.from(mask, "base64"), where);
  const set = Uint8Array.from({ length: width * height }, (_, i) => Number(data[i * channels] > 0));
  return { label, left: Math.round(points[0][0]), top: Math.round(points[0][1]), width, data: set };
}

async function shapesOf(shape: z.output<typeof shapeSchema>, where: string): Promise<Shape[]> {
  const { label, points } = shape;
  const type = shape.shape_type ?? "polygon";
  const [first, second] = points;
  const rings = (all: Extract<Shape, { ring: unknown }>["ring"][]) => all.map((ring) => ({ label, ring }));
  const pair = () => {
    if (second === undefined) throw badAnnotations(where, `the ${type} ${label} has one point`);
    return second;
  };
  switch (type) {
    case "polygon":
    case "oriented_rectangle":
      return rings([points]);
    case "rectangle":
      return rings([box(first, pair())]);
    case "circle": {
      const radius = Math.hypot(pair()[0] - first[0], pair()[1] - first[1]);
      return rings([ellipse(first, radius, radius)]);
    }
    case "line":
    case "linestrip":
      return rings(thickLine(points, LINE_WIDTH));
    case "point":
    case "points":
      return rings(points.map((each) => ellipse(each, POINT_RADIUS, POINT_RADIUS)));
    case "mask":
      return [await maskShape(shape, where)];
    default:
      throw badAnnotations(where, "a shape is of a type that labelme does not draw", type);
  }
}

async function readFile(where: string): Promise<AnnotatedImage> {
  const { shapes, imagePath, imageHeight, imageWidth } = checkedJson(schema, await readText(where), where);
  const drawn: Shape[] = [];
  for (const shape of shapes) drawn.push(...(await shapesOf(shape, where)));
  const size = imageHeight && imageWidth ? { height: imageHeight, width: imageWidth } : undefined;
  // Written on Windows, the path has backslashes.
  const image = join(dirname(where), imagePath.replaceAll("\\", "/"));
  return { image, where, unit: "pixels", shapes: drawn, ...(size && { size }) };
}

export const labelme: AnnotationFormat = {
  name: "labelme",
  takes: "a folder of its .json files",
  rule: "border",
  imagesBeside: (path) => path,
  async read(path) {
    await requireFolder(path, "labelme's .json files");
    const files = await filesWith(path, ".json");
    if (files.length === 0) throw badAnnotations(path, "the folder has no .json files");
    const images: AnnotatedImage[] = [];
    for (const file of files) images.push(await readFile(file));
    return { images };
  },
};
