/**
 * @file The Waymo Open Dataset, perception (Sun et al. 2020), version 1: TFRecord files of `Frame` messages
 * in `training`, `validation` and `testing`, or in the folder itself (training). A sample is one camera's
 * image of one frame; `segmentation` is the semantic part of its panoptic label (Mei et al. 2022), 28
 * classes, undefined ignored. Most images have none. Field numbers are those of dataset.proto, classes those
 * of camera_segmentation.proto.
 *
 * What is reported on, `validation`, is `test` here, and every tenth segment of `training` is `val`
 * (`hold-out.ts`). The published `testing` has no public labels and is left out. Cameras lose their lens
 * distortion; images differ in size, so that training needs `size`.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import type { Raster } from "../../tasks/task.js";
import { decodeLabel, fileDataset, type LabelFile, type SampleFiles } from "../file-dataset.js";
import { decodePng } from "../files/png.js";
import { type Field, ProtobufFile, readListed, type Span } from "../files/protobuf-file.js";
import { decodeImage, expectRaster } from "../files/raster.js";
import { listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { holdOut } from "./hold-out.js";
import { cameraFromMatrix, nonEmpty, segmentationSpec } from "./shared.js";

const LAYOUT = "training/*.tfrecord and validation/*.tfrecord";
const IGNORE = 255;
/** From 1; 0 is undefined. */
const CLASSES = [
  "ego vehicle",
  "car",
  "truck",
  "bus",
  "other large vehicle",
  "bicycle",
  "motorcycle",
  "trailer",
  "pedestrian",
  "cyclist",
  "motorcyclist",
  "bird",
  "ground animal",
  "construction cone or pole",
  "pole",
  "pedestrian object",
  "sign",
  "traffic light",
  "building",
  "road",
  "lane marker",
  "road marker",
  "sidewalk",
  "vegetation",
  "sky",
  "ground",
  "dynamic",
  "static",
];
/** From 1; 0 is unknown. */
const CAMERAS = [
  "front",
  "front-left",
  "front-right",
  "side-left",
  "side-right",
  "rear-left",
  "rear",
  "rear-right",
];

const FRAME = { context: 1, timestamp: 2, images: 4 };
const CONTEXT = { name: 1, cameras: 2 };
const CALIBRATION = { name: 1, intrinsic: 2 };
const IMAGE = { name: 1, jpeg: 2, segmentation: 10 };
const SEGMENTATION = { divisor: 1, panoptic: 2 };

const spec = segmentationSpec(CLASSES, IGNORE);

/** The last field of that number and type, which is the one that counts; undefined where there is none. */
function last(fields: readonly Field[], number: number, type: Field["type"]): Field | undefined {
  return fields.findLast((field) => field.number === number && field.type === type);
}

function required(field: Field | undefined, what: string, file: ProtobufFile, within: Span): Field {
  if (field !== undefined) return field;
  throw file.damaged(within.start, `a message has no ${what}`);
}

/** Repeated doubles, each in a field of its own or packed. */
function doubles(file: ProtobufFile, fields: readonly Field[], number: number): number[] {
  return fields
    .filter((field) => field.number === number && (field.type === "fixed64" || field.type === "bytes"))
    .flatMap((field) => {
      const bytes = file.bytes(field);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Array.from({ length: bytes.byteLength >> 3 }, (_, i) => view.getFloat64(8 * i, true));
    });
}

/** A segment's name and the cameras by their number. */
function readContext(
  file: ProtobufFile,
  context: Span,
): { name: string; cameras: Map<number, PinholeCamera> } {
  const fields = [...file.fields(context)];
  const name = required(last(fields, CONTEXT.name, "bytes"), "segment name", file, context);
  const cameras = new Map<number, PinholeCamera>();
  for (const field of fields) {
    if (field.number !== CONTEXT.cameras || field.type !== "bytes") continue;
    const calibration = [...file.fields(field)];
    const number = required(last(calibration, CALIBRATION.name, "varint"), "camera", file, field);
    const [fx, fy, cx, cy] = doubles(file, calibration, CALIBRATION.intrinsic);
    cameras.set(
      Number(number.value),
      cameraFromMatrix([fx, 0, cx, 0, fy, cy, 0, 0, 1], `${file.path}: byte ${field.start}`),
    );
  }
  return { name: new TextDecoder().decode(file.bytes(name)), cameras };
}

/** Panoptic values, class · divisor + instance, -> classes. */
function semantic(raster: Raster, divisor: number, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  const data = Uint8Array.from(raster.data, (value) => {
    const number = Math.floor(value / divisor);
    if (number <= CLASSES.length) return number === 0 ? IGNORE : number - 1;
    throw new UserError({
      code: "label.class-out-of-range",
      what: "a label is of an unknown class",
      where,
      expected: `0 to ${CLASSES.length}`,
      got: String(number),
    });
  });
  return { ...raster, data };
}

function segmentationLabel(file: ProtobufFile, label: Span, where: string): LabelFile {
  const { path } = file;
  const fields = [...file.fields(label)];
  const png = required(last(fields, SEGMENTATION.panoptic, "bytes"), "panoptic label", file, label);
  const divisor = required(last(fields, SEGMENTATION.divisor, "varint"), "panoptic divisor", file, label);
  if (divisor.value < 1n) throw file.damaged(divisor.start, "the panoptic divisor is not positive");
  const read = async () => {
    const raster = decodePng(await readListed(path, png), where);
    return decodeLabel(semantic(raster, Number(divisor.value), where), spec, where);
  };
  return { file: where, read };
}

/** One camera's image by its id. */
function readImage(
  file: ProtobufFile,
  image: Span,
  cameras: ReadonlyMap<number, PinholeCamera>,
  frame: string,
): [string, SampleFiles] {
  const { path } = file;
  const fields = [...file.fields(image)];
  const number = Number(required(last(fields, IMAGE.name, "varint"), "camera", file, image).value);
  const name = CAMERAS[number - 1];
  if (name === undefined) throw file.damaged(image.start, `there is no camera ${number}`);
  const jpeg = required(last(fields, IMAGE.jpeg, "bytes"), "picture", file, image);
  const label = last(fields, IMAGE.segmentation, "bytes");
  const where = `${path}: ${frame}, camera ${name}`;
  const sample: SampleFiles = {
    image: { file: where, read: async () => decodeImage(await readListed(path, jpeg), where) },
    labels: label === undefined ? {} : { segmentation: segmentationLabel(file, label, where) },
    camera: cameras.get(number),
  };
  return [`${frame}__${name}`, sample];
}

/** The images of all frames of a file by `segment__microseconds__camera`. */
function readFile(file: ProtobufFile): [string, SampleFiles][] {
  return [...file.records()].flatMap((record) => {
    const fields = [...file.fields(record)];
    const context = required(last(fields, FRAME.context, "bytes"), "context", file, record);
    const time = required(last(fields, FRAME.timestamp, "varint"), "timestamp", file, record);
    const { name, cameras } = readContext(file, context);
    return fields
      .filter(({ number, type }) => number === FRAME.images && type === "bytes")
      .map((image) => readImage(file, image, cameras, `${name}__${time.value}`));
  });
}

async function readFolder(folder: string): Promise<Map<string, SampleFiles>> {
  const { files = [] } = (await listFolder(folder)) ?? {};
  return new Map(
    files
      .filter((file) => file.endsWith(".tfrecord"))
      .flatMap((file) => ProtobufFile.use(join(folder, file), readFile)),
  );
}

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const published = new Map([...(await readFolder(join(path, "training"))), ...(await readFolder(path))]);
  const segmentOf = (id: string) => id.split("__")[0];
  const segments = [...new Set([...published.keys()].map(segmentOf))];
  const held = new Set(segments.filter((_, index) => index % 10 === 9));
  const files = {
    ...(await holdOut(path, published, (id) => held.has(segmentOf(id)))),
    test: await readFolder(join(path, "validation")),
  };
  const kept = nonEmpty(files, "the Waymo Open Dataset", path, LAYOUT);
  return fileDataset({ name: "Waymo Open Dataset", tasks: { segmentation: spec } }, kept, path);
}

export const waymo: DatasetFormat = { name: "waymo", open };
