/** @file Tiny filmed data sets in the layouts of KITTI, ScanNet and SceneNet RGB-D. */
import { greyPng, noisePng } from "../../helpers/dataset.js";
import { scenenetFile } from "../../helpers/scenenet.js";
import type { Files, FormatCase } from "./cases.js";

const row = (values: readonly number[]) => values.join(" ");
/** A projection with focal length 2, centre (1.5, 0.5) and a camera `beside` metres left of the first one. */
export const projection = (beside: number) => row([2, 0, 1.5, 2 * beside, 0, 2, 0.5, 0, 0, 0, 1, 0]);

/** A sequence of KITTI odometry that moves a metre a frame. */
export function odometry(name: string, count: number, beside = 0): Files {
  const files: Files = {
    [`sequences/${name}/calib.txt`]: `P0: ${projection(0)}\nP2: ${projection(beside)}\n`,
  };
  for (let n = 0; n < count; n++) {
    files[`sequences/${name}/image_2/${String(n).padStart(6, "0")}.png`] = noisePng(4, 2, n);
  }
  const numbers = Array.from({ length: count }, (_, n) => n);
  files[`sequences/${name}/times.txt`] = numbers.map((n) => `${n / 10}\n`).join("");
  files[`poses/${name}.txt`] = numbers.map((n) => `1 0 0 0 0 1 0 0 0 0 1 ${n}\n`).join("");
  return files;
}

const DATE = "2011_09_26";
export const KITTI_CALIBRATION: Files = {
  [`${DATE}/calib_cam_to_cam.txt`]: `calib_time: 09-Jan-2012 13:57:47\nR_rect_00: 1 0 0 0 1 0 0 0 1\nP_rect_02: ${projection(0)}\n`,
  // Laser: x forward, y left, z up; camera: x right, y down, z forward.
  [`${DATE}/calib_velo_to_cam.txt`]: "R: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 0\n",
  [`${DATE}/calib_imu_to_velo.txt`]: "R: 1 0 0 0 1 0 0 0 1\nT: 0 0 0\n",
};

/** A drive of KITTI raw that goes north at the equator, a metre a frame, the map's x being east. */
export function drive(number: string, count: number): Files {
  const base = `${DATE}/${DATE}_drive_${number}_sync`;
  const files: Files = {};
  const degrees = (180 / Math.PI / 6_378_137) as number;
  for (let n = 0; n < count; n++) {
    const stem = String(n).padStart(10, "0");
    files[`${base}/image_02/data/${stem}.png`] = noisePng(4, 2, n);
    files[`${base}/oxts/data/${stem}.txt`] = row([
      ...[n * degrees, 0, 100, 0, 0, Math.PI / 2],
      ...Array.from({ length: 24 }, () => 0),
    ]);
  }
  files[`${base}/image_02/timestamps.txt`] = Array.from(
    { length: count },
    (_, n) => `2011-09-26 13:02:${25 + n}.500000000\n`,
  ).join("");
  return files;
}

/** A scan of points x, y, z (forward, left, up). */
export function scan(...points: readonly (readonly [number, number, number])[]): Uint8Array {
  return new Uint8Array(Float32Array.from(points.flatMap((point) => [...point, 0.5])).buffer);
}

/** A scene of ScanNet: colour twice as large as depth. */
export function scene(name: string, numbers: readonly number[]): Files {
  const files: Files = {
    [`scans/${name}/intrinsic/intrinsic_depth.txt`]: "2 0 1.5 0\n0 2 0.5 0\n0 0 1 0\n0 0 0 1\n",
  };
  for (const n of numbers) {
    files[`scans/${name}/color/${n}.png`] = noisePng(8, 4, n);
    files[`scans/${name}/depth/${n}.png`] = greyPng(4, [0, 1000, 2000, 500, 1, 2, 3, 4], 16);
    files[`scans/${name}/pose/${n}.txt`] = `1 0 0 ${n}\n0 1 0 0\n0 0 1 0\n0 0 0 1\n`;
  }
  return files;
}

/** A trajectory of SceneNet RGB-D of images as large as the real ones. */
export function trajectory(split: string, path: string, frames: readonly number[]): Files {
  const files: Files = {};
  for (const frame of frames) {
    files[`${split}/${path}/photo/${frame}.png`] = noisePng(320, 240, frame);
    files[`${split}/${path}/depth/${frame}.png`] = greyPng(
      320,
      Array.from({ length: 320 * 240 }, () => 2000),
      16,
    );
  }
  return files;
}

const far = (length: number) => Float32Array.from({ length }, () => 0);

export const FILMED: Readonly<Record<string, FormatCase>> = {
  "kitti-odometry": {
    files: { ...odometry("00", 2), ...odometry("09", 1) },
    splits: { train: ["00-000000", "00-000001"], test: ["09-000000"] },
    labels: {},
  },
  "kitti-raw": {
    files: { ...KITTI_CALIBRATION, ...drive("0001", 2), ...drive("0002", 1) },
    splits: {
      train: ["2011_09_26_drive_0001-0000000000", "2011_09_26_drive_0001-0000000001"],
      test: ["2011_09_26_drive_0002-0000000000"],
    },
    labels: {},
  },
  scannet: {
    files: { ...scene("scene0000_00", [0, 1]), "scannetv2_train.txt": "scene0000_00\n" },
    splits: { train: ["scene0000_00-0", "scene0000_00-1"] },
    labels: { depth: Float32Array.of(0, 1, 2, 0.5, 0.001, 0.002, 0.003, 0.004) },
  },
  scenenet: {
    files: {
      "train/0/7/photo/0.png": noisePng(2, 1),
      "train/0/7/depth/0.png": greyPng(2, [0, 0], 16),
      "scenenet_rgbd_train_0.pb": scenenetFile({
        "0/7": [{ frame: 0, camera: [0, 1, 0], lookat: [0, 1, 1] }],
      }),
    },
    splits: { train: ["0-7-0"] },
    labels: { depth: far(2) },
    cut: "data.damaged-tfrecord",
  },
};
