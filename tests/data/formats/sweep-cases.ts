/** @file Formats of LiDAR sweeps as the smallest files in their layouts. */
import { pointBytes } from "../../helpers/sweeps.js";
import type { FormatCase } from "./cases.js";

/** LiDAR x forward, y left, z up to a camera's x right, y down, z forward, which stands on it. */
const AXES = "0 -1 0 0 0 0 -1 0 1 0 0 0";
const UPRIGHT = "1 0 0 0 1 0 0 0 1";
const CAMERA = "700 0 600 0 0 700 180 0 0 0 1 0";
const CALIBRATION = `P2: ${CAMERA}\nR0_rect: ${UPRIGHT}\nTr_velo_to_cam: ${AXES}\n`;
/** A car 10 m ahead and 2 m to the left, whose bottom lies 1.7 m below the sensor; it heads away. */
const CAR = "Car 0.00 0 -1.57 100 100 200 200 1.5 1.6 4.0 -2.0 1.7 10.0 -1.5707963267948966";
const points = pointBytes(Float32Array.of(10, 2, -1, 0.5, 1, 1, -1.5, 0.2));
/** x, y, z, length, width, height, yaw; class, frame, track, points, level; how it is seen. */
const row = (track: number, yaw = 0, seen: readonly number[] = [100, 0, 0]) =>
  Float32Array.of(10, 2, -0.95, 4, 1.6, 1.5, yaw, 0, 0, track, 1, -1, ...seen);

/** The unit stands where the LiDAR is and does not turn. */
const inertial = `49 8 100 0 0 0 ${Array(24).fill("0").join(" ")}`;

/** Five floats a point: the sensor's x right, y forward, intensity up to 255 and a ring. */
const ringed = pointBytes(Float32Array.of(-2, 10, -1, 127.5, 3, 0.5, 0.5, 0, 1, 1));
const table = (...rows: object[]) => JSON.stringify(rows);
const still = { translation: [0, 0, 0], rotation: [1, 0, 0, 0] };
const NUSCENES = {
  "v1.0-mini/scene.json": table({ token: "s", name: "scene-1" }),
  "v1.0-mini/sample.json": table({ token: "f", scene_token: "s", timestamp: 1e6 }),
  "v1.0-mini/sample_data.json": table({
    ...{ token: "d", sample_token: "f", ego_pose_token: "e", calibrated_sensor_token: "c" },
    ...{ filename: "samples/LIDAR_TOP/a.pcd.bin", is_key_frame: true },
  }),
  "v1.0-mini/ego_pose.json": table({ token: "e", ...still, translation: [100, 50, 0] }),
  "v1.0-mini/calibrated_sensor.json": table({ token: "c", sensor_token: "l", ...still }),
  "v1.0-mini/sensor.json": table({ token: "l", channel: "LIDAR_TOP" }),
  "v1.0-mini/instance.json": table({ token: "i", category_token: "k" }),
  "v1.0-mini/category.json": table({ token: "k", name: "vehicle.car" }),
  // Width, length, height; its forward axis is the sensor's y axis: a quarter turn from the global x axis.
  "v1.0-mini/sample_annotation.json": table({
    ...{ token: "a", sample_token: "f", instance_token: "i", size: [1.6, 4, 1.5], num_lidar_pts: 1 },
    ...{ translation: [98, 60, -0.95], rotation: [Math.SQRT1_2, 0, 0, Math.SQRT1_2] },
  }),
  "samples/LIDAR_TOP/a.pcd.bin": ringed,
};

export const SWEEPS: Readonly<Record<string, FormatCase>> = {
  "kitti-object": {
    files: {
      "training/velodyne/000000.bin": points,
      "training/calib/000000.txt": CALIBRATION,
      "training/label_2/000000.txt": `${CAR}\nDontCare -1 -1 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10\n`,
    },
    splits: { train: ["000000"] },
    labels: { boxes: row(-1) },
    cut: "data.damaged-scan",
  },
  "kitti-tracking": {
    files: {
      "training/velodyne/0000/000000.bin": points,
      "training/velodyne/0000/000001.bin": points,
      "training/calib/0000.txt":
        `R_rect ${UPRIGHT}\nTr_velo_cam ${AXES}\nTr_imu_velo ${UPRIGHT} 0 0 0\n`.replace(
          `${UPRIGHT} 0 0 0`,
          "1 0 0 0 0 1 0 0 0 0 1 0",
        ),
      "training/label_02/0000.txt": `0 7 ${CAR}\n1 7 ${CAR}\n0 -1 DontCare -1 -1 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10\n`,
      "training/oxts/0000.txt": `${inertial}\n${inertial}\n`,
    },
    splits: { train: ["0000-000000", "0000-000001"] },
    labels: { boxes: row(0) },
    cut: "data.damaged-scan",
  },
  nuscenes: {
    files: NUSCENES,
    splits: { train: ["f"] },
    labels: { boxes: row(0, -1.6081226229577292e-16, [-1, -1, -1]) },
    cut: "data.damaged-scan",
  },
};
