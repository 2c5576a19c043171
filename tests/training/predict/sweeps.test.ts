import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodePng } from "../../../src/data/files/png.js";
import { readImage } from "../../../src/data/files/raster.js";
import { resolveTasks } from "../../../src/tasks/index.js";
import { type LoadedModel, predictSweeps } from "../../../src/training/predict/index.js";
import { SWEEPS } from "../../data/formats/sweep-cases.js";
import { temporaryFolder, writeFiles } from "../../helpers/dataset.js";
import { boxesSpec, GRID, perfectPrediction } from "../../helpers/sweeps.js";

/** The car of the smallest KITTI frame. */
const CAR = { centre: [10, 2, -0.95], size: [4, 1.6, 1.5], yaw: 0 } as const;
const PHOTO = { width: 1200, height: 360 };

/** A model that finds that car, whatever it is given. */
function knowing(): LoadedModel {
  const spec = boxesSpec();
  const found = { boxes: perfectPrediction([CAR], spec) };
  const refused = async () => {
    throw new Error("not asked for");
  };
  return {
    tasks: resolveTasks({ boxes: spec }),
    ...{ size: [16, 16], resize: "squash", frames: 1, batchSize: 1 },
    pillars: { grid: GRID, frames: 1, step: 1, pillars: 10, points: 4 },
    predict: refused,
    predictBatch: async (inputs) => inputs.map(() => found),
    release: refused,
  };
}

/** A data set of KITTI's with a frame beside the smallest one; the first has a grey picture. */
async function kitti(secondSweep: Uint8Array): Promise<string> {
  const path = await temporaryFolder();
  const { files } = SWEEPS["kitti-object"];
  const grey = new Uint8Array(3 * PHOTO.width * PHOTO.height).fill(100);
  await writeFiles(path, {
    ...files,
    "training/velodyne/000001.bin": secondSweep,
    "training/image_2/000000.png": encodePng({ ...PHOTO, channels: 3, data: grey }),
  });
  return path;
}

it("draws what is found from above and into the camera's picture, and lists it", async () => {
  const path = await kitti(new Uint8Array(16));
  const out = join(path, "out");
  const { written, failed } = await predictSweeps(knowing(), [path], out, { format: "kitti-object" });
  expect(failed).toEqual([]);
  expect(written.map(({ sweep }) => sweep)).toEqual(["train/000000", "train/000001"]);
  const { picture, items, camera } = written[0].tasks.boxes;
  expect(JSON.parse(readFileSync(items!, "utf8"))).toMatchObject([{ class: "vehicle" }]);
  expect((await readImage(picture)).width).toBe(384);
  const { width, height, data } = await readImage(camera!);
  expect({ width, height }).toEqual(PHOTO);
  const changed: [number, number][] = [];
  for (let i = 0; i < width * height; i++) {
    if (Math.abs(data[i] - 100 / 255) > 0.01) changed.push([i % width, Math.floor(i / width)]);
  }
  // 700 (-y, -z) / x about (600, 180), of the near face at x = 8.
  const [xs, ys] = [changed.map(([x]) => x), changed.map(([, y]) => y)];
  expect(Math.min(...xs)).toBe(600 - (700 * 2.8) / 8);
  expect(Math.max(...ys)).toBe(Math.round(180 + (700 * 1.7) / 8));
  expect(written[1].tasks.boxes.camera).toBeUndefined();
});

it("names sweeps that cannot be read, and predicts the rest", async () => {
  const path = await kitti(new Uint8Array(15));
  const options = { format: "kitti-object" };
  const { written, failed } = await predictSweeps(knowing(), [path], join(path, "out"), options);
  expect(written).toHaveLength(1);
  expect(failed).toMatchObject([{ image: "train/000001", error: { facts: { code: "data.damaged-scan" } } }]);
});

it("takes no sweeps for a model of images", async () => {
  const { pillars, ...model } = knowing();
  await expect(predictSweeps(model, [], "out")).rejects.toThrow("takes images");
});
