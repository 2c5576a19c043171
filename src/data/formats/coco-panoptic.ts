/**
 * @file COCO panoptic (Kirillov et al. 2019) as semantic segmentation: `panoptic_<name>.json` with a folder
 * of PNGs of the same name beside it (in the root or in `annotations/`), images in `<name>/` or
 * `input_images/`. A pixel's segment id is R + 256 G + 65536 B; the JSON gives each segment a category.
 * Classes are the categories in the order of their ids; pixels without a segment are ignored. `train2017`
 * becomes the split `train`.
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";
import { fileDataset, type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty, notThisFormat, segmentationSpec } from "./shared.js";

const LAYOUT = "annotations/panoptic_train2017.json, annotations/panoptic_train2017/*.png, train2017/*.jpg";
const IGNORE = 255;

const schema = z.object({
  annotations: z.array(
    z.object({
      image_id: z.number(),
      file_name: z.string(),
      segments_info: z.array(z.object({ id: z.number().int(), category_id: z.number().int() })),
    }),
  ),
  images: z.array(z.object({ id: z.number(), file_name: z.string() })),
  categories: z.array(z.object({ id: z.number().int(), name: z.string() })).min(2),
});
type Panoptic = z.output<typeof schema>;

async function readPanoptic(path: string): Promise<Panoptic> {
  try {
    return schema.parse(JSON.parse(await readText(path)));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    throw new UserError(
      {
        code: "data.bad-coco",
        what: "this is not a COCO panoptic file",
        where: path,
        got: issue === undefined ? (cause as Error).message : `${issue.path.join(".")}: ${issue.message}`,
      },
      { cause },
    );
  }
}

/** Annotation files with their folder of PNGs: name -> place without extension. */
async function findAnnotations(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of [path, join(path, "annotations")]) {
    const listing = await listFolder(folder);
    for (const file of listing?.files ?? []) {
      const name = /^panoptic_(.+)\.json$/.exec(file)?.[1];
      if (name !== undefined && listing?.folders.includes(`panoptic_${name}`)) {
        found.set(name, join(folder, `panoptic_${name}`));
      }
    }
  }
  return found;
}

/** Segment colours -> class indices. */
function semantic(raster: Raster, classes: ReadonlyMap<number, number>, where: string): Raster {
  expectRaster(raster, { channels: 3, bits: 8 }, where);
  const data = new Uint8Array(raster.width * raster.height).fill(IGNORE);
  for (let i = 0; i < data.length; i++) {
    const at = 3 * i;
    const segment = raster.data[at] + 256 * raster.data[at + 1] + 65536 * raster.data[at + 2];
    if (segment === 0) continue;
    const index = classes.get(segment);
    if (index === undefined) {
      throw new UserError({
        code: "data.unknown-segment",
        what: "a pixel names a segment that the annotations do not list",
        where,
        got: `segment ${segment} at row ${Math.floor(i / raster.width)}, column ${i % raster.width}`,
      });
    }
    data[i] = index;
  }
  return { ...raster, channels: 1, data };
}

function segmentClasses(
  annotation: Panoptic["annotations"][number],
  indexOf: ReadonlyMap<number, number>,
  where: string,
): Map<number, number> {
  const classes = new Map<number, number>();
  for (const segment of annotation.segments_info) {
    const index = indexOf.get(segment.category_id);
    if (index === undefined) {
      throw new UserError({
        code: "data.unknown-category",
        what: `${annotation.file_name} has a segment of an unknown category`,
        where,
        got: String(segment.category_id),
      });
    }
    classes.set(segment.id, index);
  }
  return classes;
}

async function readSplit(
  path: string,
  name: string,
  place: string,
  spec: TaskSpec,
  panoptic: Panoptic,
  indexOf: ReadonlyMap<number, number>,
): Promise<Map<string, SampleFiles>> {
  const own = await filesByStem(join(path, name), IMAGE_EXTENSIONS);
  const images = own.size > 0 ? own : await filesByStem(join(path, "input_images"), IMAGE_EXTENSIONS);
  const masks = await filesByStem(place, [".png"]);
  const byImage = new Map(panoptic.annotations.map((annotation) => [annotation.image_id, annotation]));
  const samples = new Map<string, SampleFiles>();
  for (const { id: number, file_name } of panoptic.images) {
    const id = file_name.replace(/\.\w+$/, "");
    const image = images.get(id);
    if (image === undefined) continue;
    const annotation = byImage.get(number);
    const mask = annotation && masks.get(annotation.file_name.replace(/\.\w+$/, ""));
    const labels: Record<string, LabelFile> = {};
    if (mask !== undefined) {
      const classes = segmentClasses(annotation!, indexOf, `${place}.json`);
      labels.segmentation = labelFile(mask, spec, (raster, where) => semantic(raster, classes, where));
    }
    samples.set(id, { image, labels });
  }
  return samples;
}

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const files: Record<string, Map<string, SampleFiles>> = {};
  let spec: TaskSpec | undefined;
  let names = "";
  for (const [name, place] of await findAnnotations(path)) {
    const panoptic = await readPanoptic(`${place}.json`);
    const categories = panoptic.categories.toSorted((a, b) => a.id - b.id);
    const own = JSON.stringify(categories);
    if (categories.length > IGNORE || (spec !== undefined && own !== names)) {
      throw new UserError({
        code: "data.bad-coco",
        what:
          spec === undefined
            ? "there are too many categories"
            : "the annotation files differ in their categories",
        where: `${place}.json`,
      });
    }
    names = own;
    spec = segmentationSpec(
      categories.map((category) => category.name),
      IGNORE,
    );
    const indexOf = new Map(categories.map((category, index) => [category.id, index]));
    files[name.replace(/\d{4}$/, "")] = await readSplit(path, name, place, spec, panoptic, indexOf);
  }
  if (spec === undefined) throw notThisFormat("COCO panoptic", path, LAYOUT);
  const about = { name: "COCO panoptic", tasks: { segmentation: spec } };
  return fileDataset(about, nonEmpty(files, "COCO panoptic", path, LAYOUT), path);
}

export const cocoPanoptic: DatasetFormat = { name: "coco-panoptic", open };
