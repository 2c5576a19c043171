/**
 * @file SBD, the Semantic Boundaries Dataset (Hariharan, Arbelaez, Bourdev, Maji, Malik 2011), with the
 * classes of PASCAL VOC: `img/ID.jpg`, `cls/ID.mat` (`GTcls.Segmentation`, 0 = background, 1..20),
 * `train.txt`, `val.txt`, also below `dataset/` or `benchmark_RELEASE/dataset/` as in the archive. Its own
 * `val` holds images that VOC trains on, and the other way round.
 */
import { join } from "node:path";
import { parseTaskSpec } from "../../tasks/index.js";
import type { TaskSpec } from "../../tasks/task.js";
import { decodeLabel, fileDataset, type LabelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { matrix, readMat, structure } from "../files/mat-values.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { missingImage, VOC_CLASSES } from "./pascal-voc.js";
import { nonEmpty } from "./shared.js";

const LAYOUT = "img/*.jpg, cls/*.mat, train.txt and val.txt";

/** The folder that holds `img` and `cls`. */
async function rootOf(path: string): Promise<string> {
  await requireFolder(path, LAYOUT);
  for (const inner of [[], ["dataset"], ["benchmark_RELEASE", "dataset"]]) {
    const root = join(path, ...inner);
    if ((await listFolder(root))?.folders.includes("cls")) return root;
  }
  return path;
}

function classesFile(file: string, spec: TaskSpec): LabelFile {
  return {
    file,
    read: async () => {
      const map = matrix(structure(await readMat(file), "GTcls"), "Segmentation", [0, 255]);
      return decodeLabel({ ...map, channels: 1 }, spec, file);
    },
  };
}

async function open(path: string): Promise<Dataset> {
  const root = await rootOf(path);
  const images = await filesByStem(join(root, "img"), IMAGE_EXTENSIONS);
  const classes = await filesByStem(join(root, "cls"), [".mat"]);
  const spec = parseTaskSpec({ kind: "segmentation", classes: [...VOC_CLASSES] }, "segmentation");
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const [split, list] of await filesByStem(root, [".txt"])) {
    files[split] = new Map();
    for (const id of (await readText(list)).split(/\s+/).filter(Boolean)) {
      const image = images.get(id);
      if (image === undefined) throw missingImage(list, id, "img");
      const file = classes.get(id);
      files[split].set(id, {
        image,
        labels: file === undefined ? {} : { segmentation: classesFile(file, spec) },
      });
    }
  }
  return fileDataset(
    { name: "SBD", tasks: { segmentation: spec } },
    nonEmpty(files, "SBD", path, LAYOUT),
    path,
  );
}

export const sbd: DatasetFormat = { name: "sbd", open };
