import { describe, expect, it } from "vitest";
import { formats, openDataset } from "../../../src/data/formats/index.js";
import { inspectDataset } from "../../../src/data/inspect.js";
import { Surveyed } from "../../../src/data/sweeps/survey.js";
import type { SweepDataset } from "../../../src/data/sweeps/sweep-dataset.js";
import { labelledBoxes } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import { temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";
import { type Scene, type ScenePoint, SWEEP_FORMATS } from "../../helpers/sweep-formats.js";

const GRID = { x: [0, 32], y: [-16, 16], z: [-3, 3], cell: 1 } as const;
const PLAN = { grid: GRID, frames: 1, step: 1 };
const GOOD = { centre: [5.5, 1.5, -1], size: [4, 2, 1.5], yaw: 0.3 } as const;
const POINTS: readonly ScenePoint[] = [
  // One pillar holds at most 20 points.
  ...Array.from({ length: 25 }, (): ScenePoint => [5.5, 1.5, -1, 0.5]),
  ...[8.5, 12.5, 20.5].map((x): ScenePoint => [x, 3.5, -1, 0.25]),
];
const FAULTY: Scene = {
  frames: [
    {
      points: POINTS,
      boxes: [
        ...Array.from({ length: 66 }, () => GOOD),
        { ...GOOD, size: [4, 0, 1.5] },
        { ...GOOD, centre: [500, 0, -1] },
      ],
    },
    { points: [], boxes: [] },
    { points: [[Number.NaN, 2, 0, 0.5], POINTS[25]], boxes: [] },
  ],
  stray: [GOOD],
};

async function write(format: string, scene: Scene, change: Record<string, string | null> = {}) {
  const path = await temporaryFolder();
  const files = SWEEP_FORMATS[format](scene);
  for (const [name, content] of Object.entries(change)) {
    expect(Object.keys(files)).toContain(name);
    if (content === null) delete files[name];
    else files[name] = content;
  }
  await writeFiles(path, files);
  return path;
}

const open = async (format: string, path: string, more: object = {}) =>
  (await openDataset({ format, path, sweeps: { ...PLAN, ...more } })) as SweepDataset;

it("every format with sweeps is in the table", () => {
  const swept = Object.keys(formats).filter((name) => formats[name].openSweeps !== undefined);
  expect(Object.keys(SWEEP_FORMATS).sort()).toEqual([...swept].sort());
});

describe.each(Object.keys(SWEEP_FORMATS))("sweeps of %s", (format) => {
  it("are read alike in every format", async () => {
    const dataset = await open(format, await write(format, { frames: [{ points: POINTS, boxes: [GOOD] }] }));
    const [id] = dataset.info.splits.train;
    const { sweep, labels } = await dataset.read("train", id, ["boxes"]);
    const [cloud] = sweep!.frames;
    POINTS.forEach((point, i) => {
      // A range image's columns are half a degree wide.
      const off = Math.hypot(...point.slice(0, 3).map((value, axis) => value - cloud[4 * i + axis]));
      expect(off).toBeLessThan(format === "waymo" ? 0.1 : 1e-5);
      expect(cloud[4 * i + 3]).toBeCloseTo(point[3], 5);
    });
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    const [{ box, points }] = labelledBoxes(labels.boxes, spec);
    [...box.centre, ...box.size, box.yaw].forEach((value, i) => {
      expect(value).toBeCloseTo([...GOOD.centre, ...GOOD.size, GOOD.yaw][i], 5);
    });
    expect(points).toBe(25);
  });

  it("and their boxes that cannot be used are named and counted", async () => {
    const path = await write(format, FAULTY);
    const report = await inspectDataset({ format, path, sweeps: PLAN });
    // A frame without range images is a sweep, if an empty one; elsewhere its labels are passed over.
    const bare = format === "waymo" ? 1 : 0;
    const boxes = 68 + bare;
    expect(report.sweeps).toMatchObject({
      ...{ sweeps: 3 + bare, empty: 1 + bare, points: 30, notFinite: 1, crowded: 5 },
      ...{ boxes, sizeless: 1, boxesOutside: 1, boxesTooMany: 2 },
    });
    const said = report.causes.map(({ message }) => message).join("\n");
    for (const part of [
      `${1 + bare} have no point in the grid`,
      "1 points are no numbers",
      "more than the 20 of their pillar",
      `1 of ${boxes} boxes have no size`,
      `1 of ${boxes} boxes stand outside`,
      `2 of ${boxes} boxes are more than 64 a sweep`,
    ]) {
      expect(said).toContain(part);
    }
    expect(said).toMatch(bare ? /1 frame has no points/ : /boxes passed over of 1 sweep, .*3.*no sweep/);
    expect(report.badFiles).toEqual([]);
    // Where others of its recording have some, a sweep without boxes shows that there are none.
    expect(report.unlabelled.train).toBe(0);
  });

  it("beyond the limits of pillars are counted", async () => {
    const dataset = await open(format, await write(format, FAULTY));
    const survey = new Surveyed(dataset, { pillars: 2, points: 4 });
    for (const id of dataset.info.splits.train) await survey.add("train", id);
    expect(survey.sums).toMatchObject({ pillars: 3, pillarsLeftOut: 2, pointsLeftOut: 2, crowded: 21 });
    expect(survey.remarks().join("\n")).toContain("2 pillars with 2 points are more than 2 a sweep");
  });
});

const TRACKING = "R_rect 1 0 0 0 1 0 0 0 1\nTr_velo_cam 0 -1 0 0 0 0 -1 0 1 0 0 0\n";
const SOUND: Scene = { frames: [0, 1].map(() => ({ points: POINTS, boxes: [GOOD] })) };
describe("calibration that is missing is named", () => {
  it.each<[string, string, Record<string, string | null>, RegExp]>([
    ["kitti-object", "its file", { "training/calib/000000.txt": null }, /000000\.txt.*does not exist/s],
    ["kitti-object", "a line", { "training/calib/000000.txt": "P0: 1\n" }, /no such line.*R0_rect/s],
    ["kitti-tracking", "its file", { "training/calib/0000.txt": null }, /calib.0000\.txt.*does not exist/s],
    [
      "kitti-tracking",
      "the unit's line",
      { "training/calib/0000.txt": TRACKING },
      /no such line.*Tr_imu_velo/s,
    ],
    [
      "kitti-raw",
      "the unit's file",
      { "2011_09_26/calib_imu_to_velo.txt": null },
      /imu_to_velo\.txt.*not exist/s,
    ],
    ["nuscenes", "its row", { "v1.0-mini/calibrated_sensor.json": "[]" }, /calibrated_sensor has no row c/],
    ["nuscenes", "the pose's row", { "v1.0-mini/ego_pose.json": "[]" }, /ego_pose has no row e/],
    ["nuscenes", "a table", { "v1.0-mini/sensor.json": null }, /sensor\.json.*does not exist/s],
  ])("%s: %s", async (format, _what, change, message) => {
    const path = await write(format, SOUND, change);
    const error = await userError(async () => {
      const dataset = await open(format, path);
      for (const id of dataset.info.splits.train) await dataset.read("train", id, ["boxes"]);
    });
    expect(error.message).toMatch(message);
  });

  it("in the inspection, too, with the labels that it spoils counted", async () => {
    const change = { "training/calib/000000.txt": null, "training/calib/000001.txt": null };
    const path = await write("kitti-object", SOUND, change);
    const report = await inspectDataset({ format: "kitti-object", path, sweeps: PLAN });
    expect(report.causes[0]).toMatchObject({ severity: "bad", code: "data.missing-file", count: 2 });
  });

  it("and so are poses that several frames need", async () => {
    const boxes = JSON.stringify({ boxes: [] });
    const path = await write("folder", SOUND, { "train/lidar-boxes/f0.json": boxes });
    const dataset = await open("folder", path, { frames: 2 });
    await expect(dataset.read("train", "f1", [])).rejects.toThrow(/where the sensor stood/);
    const short = await write("kitti-tracking", SOUND, {
      "training/oxts/0000.txt": `49 8 100 0 0 0 ${Array(24).fill("0").join(" ")}\n`,
    });
    const report = await inspectDataset({ format: "kitti-tracking", path: short, sweeps: PLAN });
    expect(report.causes.map(({ message }) => message).join()).toContain(
      "of 2 sweeps looked at, 1 have no measurement in oxts",
    );
  });
});

it("lists of KITTI's object benchmark that name frames without a sweep are told of", async () => {
  const path = await write("kitti-object", SOUND);
  await writeFiles(path, { "ImageSets/train.txt": "000000\n000007\n000008\n" });
  const { splits, passedOver } = await formats["kitti-object"].openSweeps!(path);
  expect(splits).toEqual({ train: ["000000"] });
  expect(passedOver![0].message).toMatch(/train\.txt: 2 of its names passed over, e\.g\. 000007/);
});

it("labels of a recording without any sweep are told of", async () => {
  const path = await write("kitti-tracking", SOUND);
  await writeFiles(path, { "training/label_02/0007.txt": "" });
  const { passedOver } = await formats["kitti-tracking"].openSweeps!(path);
  expect(passedOver![0].message).toMatch(/0007\.txt: boxes passed over of 1 sweep, 0007, all frames/);
});
