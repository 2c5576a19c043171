import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openDataset } from "../../../src/data/formats/index.js";
import { kittiRaw } from "../../../src/data/formats/kitti-raw.js";
import type { SweepDataset } from "../../../src/data/sweeps/sweep-dataset.js";
import { project } from "../../../src/geometry/camera.js";
import { add3, apply3 } from "../../../src/geometry/rotation.js";
import { labelledBoxes } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import { noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { trackletsXml } from "../../helpers/tracklets.js";
import type { Files } from "./cases.js";
import { drive, KITTI_CALIBRATION, scan } from "./filmed-cases.js";

const GRID = { x: [0, 32], y: [-16, 16], z: [-3, 1], cell: 1 } as const;
const folderOf = (number: string) => `2011_09_26/2011_09_26_drive_${number}_sync`;
const ID = "2011_09_26_drive_0001-0000000000";

/** A drive whose sweeps see a thing 10 m ahead of the first one; the car comes a metre nearer a frame. */
function swept(number: string, frames: number): Files {
  const files = drive(number, frames);
  for (let n = 0; n < frames; n++) {
    const stem = String(n).padStart(10, "0");
    files[`${folderOf(number)}/velodyne_points/data/${stem}.bin`] = scan([10 - n, 2, -1], [1, 1, -1.5]);
  }
  files[`${folderOf(number)}/velodyne_points/timestamps.txt`] = Array.from(
    { length: frames },
    (_, n) => `2011-09-26 13:02:${(25 + n / 10).toFixed(9)}\n`,
  ).join("");
  return files;
}

const labelsOf = (number: string, frames: number): Files => ({
  [`${folderOf(number)}/tracklet_labels.xml`]: trackletsXml([
    {
      ...{ type: "Car", size: [1.5, 1.6, 4], first: 0 },
      poses: Array.from({ length: frames }, (_, n) => [10 - n, 2, -1.7, 0] as const),
    },
  ]),
});

async function open(files: Files, frames = 1): Promise<SweepDataset> {
  const path = await temporaryFolder();
  await writeFiles(path, files);
  const sweeps = { grid: GRID, frames, step: 1 };
  return (await openDataset({ format: "kitti-raw", path, sweeps })) as SweepDataset;
}

describe("KITTI raw's sweeps", () => {
  it("follow one another, and what stands still stays where it is", async () => {
    const files = { ...KITTI_CALIBRATION, ...swept("0001", 3), ...labelsOf("0001", 3) };
    const dataset = await open(files, 2);
    const id = "2011_09_26_drive_0001-0000000002";
    expect(dataset.info.splits.train).toEqual(["2011_09_26_drive_0001-0000000001", id]);
    const { sweep, labels } = await dataset.read("train", id, ["boxes"]);
    [8, 8].forEach((x, frame) => {
      expect(sweep!.frames[frame][0]).toBeCloseTo(x, 5);
      const [{ class: name, box }] = labelledBoxes(
        labels.boxes,
        dataset.info.tasks.boxes as BoxesSpec,
        frame,
      );
      expect(name).toBe("Car");
      [x, 2, -0.95].forEach((value, axis) => {
        expect(box.centre[axis]).toBeCloseTo(value, 5);
      });
    });
    const [{ timestamps }] = dataset.source.sequences!.train;
    expect(timestamps!.map((time) => Math.round(10 * (time - timestamps![0])))).toEqual([0, 1, 2]);
  });

  it("have the images' ids and splits, and no labels where a drive has none", async () => {
    const files = { ...KITTI_CALIBRATION, ...swept("0001", 1), ...swept("0002", 1), ...swept("0005", 2) };
    delete files[`${folderOf("0005")}/velodyne_points/data/0000000000.bin`];
    const path = await temporaryFolder();
    await writeFiles(path, { ...files, ...labelsOf("0001", 2) });
    const source = await kittiRaw.openSweeps!(path);
    const images = await openDataset({ format: "kitti-raw", path });
    expect(source.splits).toEqual({
      ...{ train: [ID], test: ["2011_09_26_drive_0002-0000000000"] },
      val: ["2011_09_26_drive_0005-0000000001"],
    });
    for (const [split, ids] of Object.entries(source.splits)) {
      expect(images.info.splits[split]).toEqual(expect.arrayContaining([...ids]));
    }
    expect(await source.isLabelled("train", ID)).toBe(true);
    expect(await source.isLabelled("test", "2011_09_26_drive_0002-0000000000")).toBe(false);
    expect(source.passedOver).toMatchObject([{ code: "data.stray-label", count: 1 }]);
    expect(source.passedOver![0].message).toMatch(
      /tracklet_labels\.xml: boxes passed over of 1 sweep, .*0001, frame 1/,
    );
  });

  it("need neither pictures nor the camera's calibration; poses need the unit's", async () => {
    const files = { ...swept("0001", 2) };
    for (const name of Object.keys(files)) if (name.includes("image_02")) delete files[name];
    const unit = "2011_09_26/calib_imu_to_velo.txt";
    const error = await userError(() => open(files));
    expect(error.facts).toMatchObject({ code: "data.missing-file", where: expect.stringContaining(unit) });
    const { source } = await open({ ...files, [unit]: KITTI_CALIBRATION[unit] });
    expect(await source.readView!("train", ID)).toBeUndefined();
    for (const name of Object.keys(files)) if (name.includes("oxts")) delete files[name];
    const bare = await open(files);
    expect((await bare.source.readSweep("train", ID)).pose).toBeUndefined();
    const video = await open(files, 2);
    await expect(video.read("train", video.info.splits.train[0], [])).rejects.toThrow(
      /where the sensor stood/,
    );
  });

  it("name damaged points, labels, times and calibrations", async () => {
    const sound = { ...KITTI_CALIBRATION, ...swept("0001", 1), ...labelsOf("0001", 1) };
    const base = folderOf("0001");
    for (const [change, message] of [
      [{ [`${base}/tracklet_labels.xml`]: "<x>" }, /tracklet_labels\.xml.*no sound XML/s],
      [{ [`${base}/velodyne_points/data/0000000000.bin`]: "abc" }, /0000000000\.bin.*whole points/s],
      [{ [`${base}/velodyne_points/timestamps.txt`]: "soon\n" }, /timestamps\.txt: line 1.*no time/s],
      [{ [`${base}/oxts/data/0000000000.txt`]: "1 2\n" }, /0000000000\.txt.*30 numbers/s],
      [{ "2011_09_26/calib_velo_to_cam.txt": "R: 1\n" }, /calib_velo_to_cam\.txt: R.*9 numbers/s],
    ] as const) {
      const error = await userError(async () => {
        const { source } = await open({ ...sound, ...change } as Files);
        await source.readSweep("train", ID);
        await source.readView!("train", ID);
      });
      expect(error.message).toMatch(message);
    }
  });

  it("are seen by the camera beside them, and so tie images to sweeps", async () => {
    const path = await temporaryFolder();
    const files = { ...KITTI_CALIBRATION, ...swept("0001", 1) };
    await writeFiles(path, {
      ...files,
      [`${folderOf("0001")}/image_02/data/0000000000.png`]: noisePng(64, 32),
    });
    const view = await (await kittiRaw.openSweeps!(path)).readView!("train", ID);
    expect(view).toMatchObject({ width: 64, height: 32, image: expect.stringMatching(/0000000000\.png$/) });
    // (10, 2, -1): ten metres ahead, two left, one down; the focal length is 2.
    const point = add3(apply3(view!.toCamera.rotation, [10, 2, -1]), view!.toCamera.translation);
    expect(project(point, view!.camera)).toEqual([1.5 - 0.4, 0.5 + 0.2]);
    const images = await openDataset({ format: "kitti-raw", path, scan: true });
    const { scan: hit } = await images.read("train", ID, []);
    expect([...hit!.points].map((value) => Math.round(10 * value) / 10)).toContain(10);
  });

  const real = realData("format-fixtures");
  it.skipIf(real === undefined)("are seen as the real calibration's matrices say, one by one", async () => {
    const path = await temporaryFolder();
    const from = `${real}/kitti-raw-text/2011_09_26`;
    const names = ["calib_cam_to_cam.txt", "calib_velo_to_cam.txt", "calib_imu_to_velo.txt"];
    const texts = Object.fromEntries(names.map((name) => [name, readFileSync(`${from}/${name}`, "utf8")]));
    const { [`${folderOf("0001")}/velodyne_points/data/0000000000.bin`]: points } = swept("0001", 1);
    await writeFiles(path, {
      ...Object.fromEntries(names.map((name) => [`2011_09_26/${name}`, texts[name]])),
      [`${folderOf("0001")}/velodyne_points/data/0000000000.bin`]: points,
      [`${folderOf("0001")}/oxts/data/0000000000.txt`]: readFileSync(
        `${from}/2011_09_26_drive_0001_sync/oxts/data/0000000000.txt`,
      ),
    });
    const source = await kittiRaw.openSweeps!(path);
    const view = (await source.readView!("train", ID))!;
    expect([view.width, view.height]).toEqual([1242, 375]);
    const line = (file: string, name: string) =>
      new RegExp(`^${name}: (.*)$`, "m").exec(texts[file])![1].trim().split(" ").map(Number);
    const times = (m: readonly number[], v: readonly number[]) =>
      Array.from({ length: m.length / v.length }, (_, row) =>
        v.reduce((sum, value, i) => sum + m[v.length * row + i] * value, 0),
      );
    const [r, t] = [line(names[1], "R"), line(names[1], "T")];
    for (const place of [
      [12, 3, -1.2],
      [40, -7, 0.5],
    ] as const) {
      const inCamera = times(r, place).map((value, i) => value + t[i]);
      const upright = times(line(names[0], "R_rect_00"), inCamera);
      const [u, v, w] = times(line(names[0], "P_rect_02"), [...upright, 1]);
      const point = add3(apply3(view.toCamera.rotation, place), view.toCamera.translation);
      const [x, y] = project(point, view.camera);
      expect(x).toBeCloseTo(u / w, 6);
      expect(y).toBeCloseTo(v / w, 6);
    }
  });
});
