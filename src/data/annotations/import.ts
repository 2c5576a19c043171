/** @file From an annotation tool's files to a dataset folder with masks. */
import { basename, extname, resolve } from "node:path";
import { UserError } from "../../common/errors.js";
import { taskKinds } from "../../tasks/index.js";
import { encodeRaster, readImage } from "../files/raster.js";
import { byName } from "../names.js";
import { assignSplits, type SplitShares } from "../starting/assign-splits.js";
import { groupPhotos } from "../starting/image-groups.js";
import { linkDataset, type SourceSample } from "../starting/link-dataset.js";
import { findPhotos, type NamedFile } from "../starting/photos.js";
import { counted, countRemarks } from "../starting/remarks.js";
import { type StartedDataset, USUAL_SHARES } from "../starting/start.js";
import { type AnnotatedImage, type Annotations, badAnnotations } from "./annotation.js";
import { annotationFormat } from "./index.js";
import { IGNORED, indexMap, type PaintOptions } from "./index-map.js";
import type { FillRule } from "./rasterise.js";

export interface ImportOptions {
  /** Name of the tool. */
  readonly format: string;
  /** What the tool wrote. */
  readonly path: string;
  /** Folder of the images; where the tool usually has them if left out. */
  readonly images?: string;
  readonly out: string;
  /** The tool's own rule if left out. */
  readonly rule?: FillRule;
  /** Default `order`. */
  readonly overlap?: PaintOptions["overlap"];
  /** What pixels are that nothing was drawn on: a class of that name (default), or ignored. */
  readonly outside?: "background" | "ignore";
  /** Whether annotations belong to images turned by their EXIF block (default) or as they are stored. */
  readonly orientation?: "exif" | "stored";
  readonly shares?: SplitShares;
  readonly seed?: number;
  readonly files?: (found: StartedDataset) => Readonly<Record<string, string>>;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/** A name without folders and extension, in one form. */
const bare = (name: string): string =>
  basename(name)
    .replace(/\.[^.]+$/, "")
    .normalize("NFC");

/** Each photo that was annotated, with what was drawn on it. Throws UserError where there is none. */
function matched(
  photos: readonly NamedFile[],
  { images, complete }: Annotations,
  options: ImportOptions,
): { drawn: Map<string, AnnotatedImage>; missing: string[] } {
  const byPath = new Map(photos.map((photo) => [resolve(photo.file), photo.id]));
  const byStem = new Map<string, string>();
  for (const { id, file } of photos) {
    const stem = bare(file);
    // A name that stands in two folders says nothing.
    byStem.set(stem, byStem.has(stem) ? "" : id);
  }
  const drawn = new Map<string, AnnotatedImage>();
  const missing: string[] = [];
  for (const image of images) {
    const id = byPath.get(resolve(image.image)) ?? byStem.get(bare(image.image));
    if (!id) missing.push(image.image);
    else drawn.set(id, image);
  }
  if (drawn.size > 0 && complete) {
    const nothing = { where: options.path, unit: "pixels", shapes: [] } as const;
    for (const { id, file } of photos) if (!drawn.has(id)) drawn.set(id, { ...nothing, image: file });
  }
  if (drawn.size > 0) return { drawn, missing };
  throw new UserError({
    code: "data.missing-file",
    what: "none of the annotated images is there",
    where: options.images ?? options.path,
    expected: missing[0],
    fix: "Name the folder of the images with --images.",
  });
}

/** Labels that tools have for what is no thing: `_background_`, `__ignore__`. */
const meansBackground = (label: string): boolean => /^_*background_*$/i.test(label);
const meansIgnored = (label: string): boolean => /^_+ignore_+$/i.test(label);

/** Class names by index, and the index of every label. */
function classesOf(
  { images, classes }: Annotations,
  outside: "background" | "ignore",
  where: string,
): { classes: string[]; indices: Map<string, number> } {
  const used = new Set(images.flatMap(({ shapes }) => shapes.flatMap(({ label }) => label ?? [])));
  const labels = classes ?? [...used].sort(byName);
  const plain = outside === "background";
  const things = labels.filter((label) => !meansIgnored(label) && !(plain && meansBackground(label)));
  const own = plain ? ["background", ...things] : things;
  if (own.length < 2) throw badAnnotations(where, "there is nothing to tell apart: fewer than two classes");
  if (own.length > IGNORED)
    throw badAnnotations(where, `there are more than ${IGNORED} classes`, String(own.length));
  const indexOf = (label: string) =>
    meansIgnored(label) ? IGNORED : plain && meansBackground(label) ? 0 : own.indexOf(label);
  return { classes: own, indices: new Map(labels.map((label) => [label, indexOf(label)])) };
}

/** Throws UserError where annotations were made on an image of another size. */
function requireSize(
  image: AnnotatedImage,
  size: { width: number; height: number },
  file: string,
  orientation: string,
): void {
  const { size: drawn, where } = image;
  if (drawn === undefined || (drawn.width === size.width && drawn.height === size.height)) return;
  const turned = drawn.width === size.height && drawn.height === size.width;
  throw new UserError({
    code: "data.label-size",
    what: "the annotations belong to an image of another size",
    where,
    expected: `${size.width}x${size.height} as ${file}`,
    got: `${drawn.width}x${drawn.height}`,
    fix: turned
      ? `Set --orientation ${orientation === "stored" ? "exif" : "stored"}: the image is turned by its EXIF block.`
      : "Name the folder of the images that were annotated.",
  });
}

/**
 * Writes a dataset folder with the tool's images, their masks as class indices, and splits as `startDataset`
 * draws them; images without annotations come along without a label. Throws UserError on files that are not
 * the tool's, images that are missing or of another size, and where `out` holds anything.
 */
export async function importAnnotations(options: ImportOptions): Promise<StartedDataset> {
  const {
    path,
    out,
    shares = USUAL_SHARES,
    seed,
    outside = "background",
    orientation = "exif",
    onProgress,
  } = options;
  const format = annotationFormat(options.format);
  const annotations = await format.read(path);
  const photos = await findPhotos(options.images ?? format.imagesBeside(path));
  const { drawn, missing } = matched(photos, annotations, options);
  const { classes, indices } = classesOf(annotations, outside, path);
  const spec = taskKinds.segmentation.specSchema.parse({ kind: "segmentation", classes, ignore: IGNORED });
  const grouped = await groupPhotos(photos, (done, total) => onProgress?.("looked at", done, total));
  const labelsOf = (id: string) => (drawn.has(id) ? ["segmentation"] : []);
  const splits = assignSplits(grouped.groups, labelsOf, shares, seed);
  const byId = new Map(photos.map(({ id, file }) => [id, file]));
  const paint: PaintOptions = {
    rule: options.rule ?? format.rule,
    overlap: options.overlap ?? "order",
    classes: indices,
    outside: outside === "background" ? 0 : IGNORED,
  };
  const sample = async (id: string): Promise<SourceSample> => {
    const file = byId.get(id)!;
    const image = drawn.get(id);
    if (image === undefined) return { image: file, labels: {} };
    const { width, height } = await readImage(file, { orientation });
    requireSize(image, { width, height }, file, orientation);
    const data = indexMap(image, { width, height }, paint);
    return { image: file, labels: { segmentation: encodeRaster({ width, height, channels: 1, data }) } };
  };
  const counts = Object.entries(splits).map(([split, ids]) => [split, ids.length] as const);
  const labelled = (ids: readonly string[]) => ({ segmentation: ids.filter((id) => drawn.has(id)).length });
  const started: StartedDataset = {
    tasks: { segmentation: spec },
    splits: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    labelled: labelled(Object.values(splits).flat()),
    trained: labelled(splits.train),
    sizes: grouped.sizes,
    remarks: [
      `rings cover pixels by the rule \`${paint.rule}\`; on top lies what ${paint.overlap === "order" ? "was drawn later" : "is smaller"}`,
      ...(missing.length === 0
        ? []
        : [`${counted(missing.length, "annotated image")} not found, e.g. ${missing[0]}`]),
      ...countRemarks(grouped),
    ],
  };
  const about = { name: basename(resolve(path), extname(path)), tasks: started.tasks, orientation, splits };
  await linkDataset(out, { ...about, sample, files: options.files?.(started) }, (done, total) =>
    onProgress?.("written", done, total),
  );
  return started;
}
