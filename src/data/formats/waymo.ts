/**
 * @file The Waymo Open Dataset, perception (Sun et al. 2020), version 1; `waymo-files.ts` says where its
 * frames lie. A sample is one camera's image of one frame; `segmentation` is the semantic part of its
 * panoptic label (Mei et al. 2022), 28 classes, undefined ignored. Most images have none. Field numbers are
 * those of dataset.proto, classes those of camera_segmentation.proto. Cameras lose their lens distortion;
 * images differ in size, so that training needs `size`. Of the same frames `waymo-lidar.ts` gives the sweeps.
 */
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/task.js";
import { decodeLabel, fileDataset, type LabelFile, type SampleFiles } from "../file-dataset.js";
import { decodePng } from "../files/png.js";
import { type ProtobufFile, readListed, type Span } from "../files/protobuf-file.js";
import { last, repeated, required } from "../files/protobuf-values.js";
import { decodeImage, expectRaster } from "../files/raster.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { nonEmpty, segmentationSpec } from "./shared.js";
import { readWaymoCameras, WAYMO_IMAGE, type WaymoCamera } from "./waymo-cameras.js";
import { FRAME, WAYMO_LAYOUT, WAYMO_NAME, type WaymoFrame, waymoSplits } from "./waymo-files.js";
import { openWaymoSweeps } from "./waymo-lidar.js";

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

const SEGMENTATION = { divisor: 1, panoptic: 2 };

const spec = segmentationSpec(CLASSES, IGNORE);

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
  cameras: ReadonlyMap<number, WaymoCamera>,
  frame: string,
): [string, SampleFiles] {
  const { path } = file;
  const fields = [...file.fields(image)];
  const number = Number(required(last(fields, WAYMO_IMAGE.name, "varint"), "camera", file, image).value);
  const name = CAMERAS[number - 1];
  if (name === undefined) throw file.damaged(image.start, `there is no camera ${number}`);
  const jpeg = required(last(fields, WAYMO_IMAGE.jpeg, "bytes"), "picture", file, image);
  const label = last(fields, WAYMO_IMAGE.segmentation, "bytes");
  const where = `${path}: ${frame}, camera ${name}`;
  const sample: SampleFiles = {
    image: { file: where, read: async () => decodeImage(await readListed(path, jpeg), where) },
    labels: label === undefined ? {} : { segmentation: segmentationLabel(file, label, where) },
    camera: cameras.get(number)?.camera,
  };
  return [`${frame}__${name}`, sample];
}

/** The images of a frame by `segment__microseconds__camera`. */
function readFrame(file: ProtobufFile, frame: WaymoFrame): [string, SampleFiles][] {
  const cameras = readWaymoCameras(file, frame);
  return repeated(frame.fields, FRAME.images).map((image) => readImage(file, image, cameras, frame.id));
}

async function open(path: string): Promise<Dataset> {
  const files = await waymoSplits(path, readFrame);
  const kept = nonEmpty(files, WAYMO_NAME, path, WAYMO_LAYOUT);
  return fileDataset({ name: "Waymo Open Dataset", tasks: { segmentation: spec } }, kept, path);
}

export const waymo: DatasetFormat = { name: "waymo", open, openSweeps: openWaymoSweeps };
