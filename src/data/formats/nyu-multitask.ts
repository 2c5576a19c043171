/**
 * @file NYU Depth v2 frames (Silberman et al. 2012) with several labels each, one folder a frame:
 * `image.png`, `depth-x5000.png` (16-bit, metres x 5000, 0 = unknown), `semseg40.png` (0..39, 255 = void),
 * `normals.png` (8-bit, n = v / 127.5 - 1, R = right, G = forward, B = up). All frames are `train`: the
 * official split is a MATLAB file over the full set.
 */
import { join } from "node:path";
import { NYU_CLASSES_40 } from "../../tasks/class-names.js";
import type { Raster } from "../../tasks/task.js";
import { fileDataset, type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { depthSpec, NYU_CAMERA, nonEmpty, normalsSpec, segmentationSpec } from "./shared.js";

const LAYOUT = "000433/image.png, 000433/depth-x5000.png, 000433/semseg40.png, 000433/normals.png";

/** Right, forward, up -> right, down, forward. Negation of n = v / 127.5 - 1 is exact on bytes: 255 - v. */
function turnAxes(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 3, bits: 8 }, where);
  const data = Uint8Array.from(raster.data);
  for (let i = 0; i < data.length; i += 3) {
    [data[i + 1], data[i + 2]] = [255 - raster.data[i + 2], raster.data[i + 1]];
  }
  return { ...raster, data };
}

async function open(path: string): Promise<Dataset> {
  const outer = await requireFolder(path, LAYOUT);
  const root = outer.folders.includes("multitask") ? join(path, "multitask") : path;
  const tasks = {
    segmentation: segmentationSpec(NYU_CLASSES_40, 255),
    depth: depthSpec(5000),
    normals: normalsSpec(),
  };
  const train = new Map<string, SampleFiles>();
  for (const id of (await requireFolder(root, LAYOUT)).folders) {
    const stems = await filesByStem(join(root, id), IMAGE_EXTENSIONS);
    const image = stems.get("image");
    if (image === undefined) continue;
    const labels: Record<string, LabelFile> = {};
    const segmentation = stems.get("semseg40");
    const depth = stems.get("depth-x5000");
    const normals = stems.get("normals");
    if (segmentation !== undefined) labels.segmentation = labelFile(segmentation, tasks.segmentation);
    if (depth !== undefined) labels.depth = labelFile(depth, tasks.depth, require16);
    if (normals !== undefined) labels.normals = labelFile(normals, tasks.normals, turnAxes);
    train.set(id, { image, labels, camera: NYU_CAMERA });
  }
  return fileDataset({ name: "NYU Depth v2", tasks }, nonEmpty({ train }, "NYU frames", path, LAYOUT), path);
}

function require16(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return raster;
}

export const nyuMultitask: DatasetFormat = { name: "nyu-multitask", open };
