/**
 * @file CVAT for images 1.1: one XML file. Shapes are painted by their `z_order`, then in the order of the
 * file; boxes and ellipses are turned clockwise about their centre; masks are run lengths, row by row, in
 * a box of their own. Points, lines, tags, skeletons and cuboids cover no area and are left out.
 */
import { dirname } from "node:path";
import { SaxesParser } from "saxes";
import { readText } from "../files/bytes.js";
import {
  type AnnotatedImage,
  type AnnotationFormat,
  badAnnotations,
  type Point,
  type Shape,
} from "./annotation.js";
import { box, ellipse, turned } from "./outlines.js";
import { expandRuns } from "./run-lengths.js";

type Attributes = Readonly<Record<string, string>>;

function numberOf(attributes: Attributes, name: string, where: string): number {
  const value = Number(attributes[name]);
  if (attributes[name]?.trim() && Number.isFinite(value)) return value;
  throw badAnnotations(where, `\`${name}\` is no number`, attributes[name] ?? "nothing");
}

const shapes: Readonly<Record<string, (attributes: Attributes, where: string) => Shape>> = {
  box(attributes, where) {
    const [x1, y1, x2, y2] = ["xtl", "ytl", "xbr", "ybr"].map((key) => numberOf(attributes, key, where));
    const degrees = Number(attributes.rotation ?? 0);
    const ring = turned(box([x1, y1], [x2, y2]), degrees, [(x1 + x2) / 2, (y1 + y2) / 2]);
    return { label: attributes.label, ring };
  },
  ellipse(attributes, where) {
    const [cx, cy, rx, ry] = ["cx", "cy", "rx", "ry"].map((key) => numberOf(attributes, key, where));
    return {
      label: attributes.label,
      ring: turned(ellipse([cx, cy], rx, ry), Number(attributes.rotation ?? 0), [cx, cy]),
    };
  },
  polygon(attributes, where) {
    const ring = (attributes.points ?? "").split(";").map((text): Point => {
      const [x, y] = text.split(",").map(Number);
      if (!Number.isFinite(x) || !Number.isFinite(y))
        throw badAnnotations(where, "a point is no pair of numbers", text);
      return [x, y];
    });
    return { label: attributes.label, ring };
  },
  mask(attributes, where) {
    const [left, top, width, height] = ["left", "top", "width", "height"].map((key) =>
      numberOf(attributes, key, where),
    );
    const runs = (attributes.rle ?? "").split(",").map(Number);
    const data = expandRuns(runs, width * height);
    if (data === undefined)
      throw badAnnotations(where, `run lengths do not make up a mask of ${width}x${height}`);
    return { label: attributes.label, left, top, width, data };
  },
};

interface OpenImage extends Omit<AnnotatedImage, "shapes"> {
  readonly drawn: { readonly shape: Shape; readonly order: number }[];
}

const ordered = ({ drawn, ...image }: OpenImage): AnnotatedImage => ({
  ...image,
  shapes: [...drawn].sort((a, b) => a.order - b.order).map(({ shape }) => shape),
});

function parse(text: string, where: string): AnnotatedImage[] {
  const images: AnnotatedImage[] = [];
  let image: OpenImage | undefined;
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw badAnnotations(where, "this is no sound XML", error.message);
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "track") {
      throw badAnnotations(
        where,
        "this is CVAT's export for videos; export `CVAT for images 1.1`",
        "a <track>",
      );
    }
    if (name === "image") {
      const size = {
        width: numberOf(attributes, "width", where),
        height: numberOf(attributes, "height", where),
      };
      image = {
        image: attributes.name,
        where: `${where}: ${attributes.name}`,
        size,
        unit: "pixels",
        drawn: [],
      };
    } else if (image !== undefined && Object.hasOwn(shapes, name)) {
      const order = Number(attributes.z_order ?? 0);
      image.drawn.push({ shape: shapes[name](attributes, image.where), order });
    }
  });
  parser.on("closetag", ({ name }) => {
    if (name !== "image" || image === undefined) return;
    images.push(ordered(image));
    image = undefined;
  });
  parser.write(text).close();
  return images;
}

export const cvat: AnnotationFormat = {
  name: "cvat",
  takes: "its annotations.xml (CVAT for images 1.1)",
  rule: "centre",
  imagesBeside: dirname,
  async read(where) {
    const images = parse(await readText(where), where);
    if (images.length === 0) throw badAnnotations(where, "the file has no <image>");
    return { images };
  },
};
