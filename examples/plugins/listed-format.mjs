// A data set layout of one's own: `list.csv` with lines `split,id,image,mask`; a line without a mask is an
// image without one. In a configuration:
//   plugins: [./listed-format.mjs]
//   data: {format: listed, path: ./photos}
// @ts-check
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "taskloom";
import { fileDataset, labelFile, requireFolder } from "taskloom/data";

const CLASSES = ["background", "thing", "other"];

/** @type {import("taskloom/data").DatasetFormat} */
const listed = {
  name: "listed",
  async open(path) {
    await requireFolder(path, "a folder with list.csv");
    const file = join(path, "list.csv");
    const spec = { kind: "segmentation", classes: CLASSES, ignore: 255 };
    /** @type {Record<string, Map<string, import("taskloom/data").SampleFiles>>} */
    const splits = {};
    const lines = (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line !== "");
    lines.forEach((line, i) => {
      const [split, id, image, mask] = line.split(",");
      if (image === undefined) {
        const where = `${file}:${i + 1}`;
        throw new UserError({ code: "listed.bad-line", where, what: "the line names no image", got: line });
      }
      splits[split] ??= new Map();
      splits[split].set(id, {
        image: join(path, image),
        labels: mask ? { segmentation: labelFile(join(path, mask), spec) } : {},
      });
    });
    return fileDataset({ name: "listed", tasks: { segmentation: spec } }, splits, path);
  },
};

export const formats = [listed];
