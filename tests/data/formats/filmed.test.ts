import { describe, expect, it } from "vitest";
import { openDataset } from "../../../src/data/formats/index.js";
import { projectScan } from "../../../src/data/formats/kitti-laser.js";
import { alongAxis } from "../../../src/data/formats/scenenet.js";
import { lookingPose } from "../../../src/data/formats/scenenet-poses.js";
import { apply3, identity3 } from "../../../src/geometry/rotation.js";
import { greyPng, openFiles, userError } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { scenenetFile } from "../../helpers/scenenet.js";
import { drive, KITTI_CALIBRATION, odometry, projection, scan, scene, trajectory } from "./filmed-cases.js";

const close = (values: readonly number[], expected: readonly number[]) =>
  values.forEach((value, i) => void expect(value).toBeCloseTo(expected[i], 5));

describe("KITTI odometry", () => {
  it("has Zhou et al.'s splits, times, and the poses of its camera", async () => {
    const { info, read } = await openFiles("kitti-odometry", {
      ...odometry("00", 3, 0.25),
      ...odometry("08", 1),
      ...odometry("10", 1),
    });
    expect(
      Object.fromEntries(Object.entries(info.splits).map(([split, ids]) => [split, ids.length])),
    ).toEqual({ train: 3, val: 1, test: 1 });
    const [{ name, frames, timestamps, poses }] = info.sequences!.train;
    expect({ name, frames, timestamps }).toEqual({
      name: "00",
      frames: ["00-000000", "00-000001", "00-000002"],
      timestamps: [0, 0.1, 0.2],
    });
    // The camera is 0.25 m right of the first one in whose coordinates the poses are.
    const { camera, pose, labels } = await read("train", "00-000002", ["depth"]);
    expect(camera).toEqual({ fx: 2, fy: 2, cx: 1.5, cy: 0.5 });
    expect(pose).toEqual({ rotation: identity3, position: [-0.25, 0, 2] });
    expect(poses![2]).toEqual([1, 0, 0, -0.25, 0, 1, 0, 0, 0, 0, 1, 2]);
    expect(labels).toEqual({});
  });

  it("refuses poses that are too few, and calibrations without the camera's line", async () => {
    const files = odometry("00", 2);
    const facts = async (changed: typeof files) =>
      (await userError(() => openFiles("kitti-odometry", { ...files, ...changed }))).facts;
    expect(await facts({ "poses/00.txt": "1 0 0 0 0 1 0 0 0 0 1 0\n" })).toMatchObject({
      code: "data.poses-misfit",
      expected: "2 lines",
      got: "1",
    });
    expect(await facts({ "sequences/00/calib.txt": `P0: ${projection(0)}\n` })).toMatchObject({
      code: "data.no-calibration",
      expected: "P2",
    });
    expect((await facts({ "sequences/00/calib.txt": "P2: 1 2 x\n" })).code).toBe("data.bad-numbers");
  });

  it("a frame that is missing ends a sequence", async () => {
    const files = odometry("00", 4);
    delete files["sequences/00/image_2/000001.png"];
    delete files["poses/00.txt"];
    delete files["sequences/00/times.txt"];
    const { sequences } = (await openFiles("kitti-odometry", files)).info;
    expect(sequences!.train.map(({ frames }) => frames)).toEqual([["00-000000"], ["00-000002", "00-000003"]]);
  });

  const real = realData("kitti-odometry-snippet");
  it.skipIf(real === undefined)("reads real frames with their poses", async () => {
    const { info, read } = await openDataset({ format: "kitti-odometry", path: real! });
    const ids = Object.values(info.splits).flat();
    expect(ids).toHaveLength(51);
    const positions: (readonly number[])[] = [];
    for (const id of [...info.splits.train.slice(0, 2)]) {
      const { pose, camera, width, height } = await read("train", id, []);
      expect([width, height]).toEqual([1226, 370]);
      expect(camera!.fx).toBeCloseTo(707.0912, 4);
      positions.push(pose!.position);
    }
    const moved = Math.hypot(...positions[1].map((value, axis) => value - positions[0][axis]));
    expect(moved).toBeGreaterThan(1.18);
    expect(moved).toBeLessThan(1.22);
  });
});

describe("KITTI raw", () => {
  const base = "2011_09_26/2011_09_26_drive_0001_sync";

  it("has poses from GPS in the first camera's coordinates, and times", async () => {
    const { info, read } = await openFiles("kitti-raw", { ...KITTI_CALIBRATION, ...drive("0001", 3) });
    const [{ timestamps }] = info.sequences!.train;
    expect(timestamps).toEqual([25.5, 26.5, 27.5].map((seconds) => 13 * 3600 + 120 + seconds));
    const { pose } = await read("train", info.splits.train[2], []);
    // The car heads north, where the camera looks: forward is z.
    close(pose!.position, [0, 0, 2]);
    close(pose!.rotation, identity3);
  });

  it("has the depth that the laser hit, or the benchmark's where it is there", async () => {
    const files = {
      ...KITTI_CALIBRATION,
      ...drive("0001", 1),
      [`${base}/velodyne_points/data/0000000000.bin`]: scan([8, 0, 0], [4, 0, 0], [-3, 0, 0], [5, -90, 0]),
    };
    const id = "2011_09_26_drive_0001-0000000000";
    const laser = await (await openFiles("kitti-raw", files)).read("train", id, ["depth"]);
    // (4, 0, 0) and (8, 0, 0) fall on (1.5, 0.5), rounded up; the nearest counts.
    expect([...laser.labels.depth.data]).toEqual([0, 0, 0, 0, 0, 0, 4, 0]);
    expect([...laser.labels.depth.valid]).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    const annotated = `data_depth_annotated/val/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02`;
    const benchmark = await openFiles("kitti-raw", {
      ...files,
      [`${annotated}/0000000000.png`]: greyPng(4, [256, 0, 512, 0, 0, 0, 0, 0], 16),
    });
    const { labels } = await benchmark.read("val", id, ["depth"]);
    expect([...labels.depth.data]).toEqual([1, 0, 2, 0, 0, 0, 0, 0]);
  });

  it("refuses a scan that is cut off", async () => {
    const files = { ...KITTI_CALIBRATION, ...drive("0001", 1) };
    files[`${base}/velodyne_points/data/0000000000.bin`] = scan([1, 0, 0]).subarray(0, 15);
    const { read } = await openFiles("kitti-raw", files);
    const error = await userError(() => read("train", "2011_09_26_drive_0001-0000000000", ["depth"]));
    expect(error.facts.code).toBe("data.damaged-scan");
  });

  it("a scan's points behind the camera are not seen", () => {
    const camera = { fx: 2, fy: 2, cx: 1, cy: 1 };
    const behind = Float32Array.of(0, 0, -1, 0);
    const label = projectScan(behind, { rotation: identity3, translation: [0, 0, 0] }, camera, {
      width: 3,
      height: 3,
    });
    expect(label.valid).not.toContain(1);
  });
});

describe("ScanNet", () => {
  it("brings colour to the depth's size, cuts sequences where the pose was lost, and keeps numeric order", async () => {
    const files = scene("scene0000_00", [2, 1, 0, 10, 9]);
    files["scans/scene0000_00/pose/2.txt"] = "-inf -inf -inf -inf\n".repeat(4);
    const { info, read } = await openFiles("scannet", { ...files, ...scene("scene0001_00", [0]) });
    expect(info.splits).toEqual({
      train: [0, 1, 9, 10].map((n) => `scene0000_00-${n}`),
      val: ["scene0001_00-0"],
    });
    expect(info.sequences!.train.map(({ frames }) => frames)).toEqual([
      ["scene0000_00-0", "scene0000_00-1"],
      ["scene0000_00-9", "scene0000_00-10"],
    ]);
    const { width, height, image, camera, pose } = await read("train", "scene0000_00-9", ["depth"]);
    expect([width, height, image.length]).toEqual([4, 2, 24]);
    expect(camera).toEqual({ fx: 2, fy: 2, cx: 1.5, cy: 0.5 });
    expect(pose!.position).toEqual([9, 0, 0]);
  });

  it("names a frame whose depth or pose is missing", async () => {
    for (const [missing, part] of [
      ["depth/1.png", "depth image"],
      ["pose/1.txt", "pose"],
    ]) {
      const files = scene("scene0000_00", [0, 1]);
      delete files[`scans/scene0000_00/${missing}`];
      const { facts } = await userError(() => openFiles("scannet", files));
      expect(facts).toMatchObject({ code: "data.missing-file", what: `frame 1 has no ${part}` });
    }
  });
});

describe("SceneNet RGB-D", () => {
  it("has depth along the axis, and poses of the middle of the exposure", async () => {
    const closing = { camera: [2, 1, 0], lookat: [2, 1, 9] } as const;
    const { info, read } = await openFiles("scenenet", {
      ...trajectory("train", "0/1", [0, 25]),
      ...trajectory("val", "0/1", [25]),
      "scenenet_rgbd_train_0.pb": scenenetFile({
        "0/1": [0, 25].map((frame) => ({ frame, camera: [0, 1, 0], lookat: [0, 1, 9], closing })),
      }),
      "val/scenenet_rgbd_val.pb": scenenetFile({
        "0/1": [{ frame: 25, camera: [5, 5, 5], lookat: [5, 5, 0] }],
      }),
    });
    expect(info.splits).toEqual({ train: ["0-1-0", "0-1-25"], test: ["0-1-25"] });
    expect(info.sequences!.train.map(({ frames }) => frames)).toEqual([["0-1-0", "0-1-25"]]);
    const { labels, pose } = await read("train", "0-1-0", ["depth"]);
    close(pose!.position, [1, 1, 0]);
    const at = (x: number, y: number) => labels.depth.data[y * 320 + x];
    expect(at(160, 120)).toBeCloseTo(2, 3);
    expect(at(0, 120)).toBeCloseTo(2 / Math.hypot(1, Math.tan((30 * Math.PI) / 180)), 2);
    expect((await read("test", "0-1-25", [])).pose!.position).toEqual([5, 5, 5]);
  });

  it("looks where it should: right-handed, y down", () => {
    const { rotation } = lookingPose([0, 0, 0], [0, 0, 4]);
    close(apply3(rotation, [0, 0, 1]), [0, 0, 1]);
    close(apply3(rotation, [0, 1, 0]), [0, -1, 0]);
    close(apply3(rotation, [1, 0, 0]), [-1, 0, 0]);
  });

  it("rays of one length end on a sphere", () => {
    const [width, height] = [3, 1];
    const label = { channels: 1, width, height, data: Float32Array.of(5, 5, 5), valid: new Uint8Array(3) };
    const { data } = alongAxis(label, { fx: 1, fy: 1, cx: 1, cy: 0 });
    close([...data], [5 / Math.SQRT2, 5, 5 / Math.SQRT2]);
  });
});
