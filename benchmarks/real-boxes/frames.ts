/** @file The few real frames with sweeps and boxes, laid out as their data sets are published. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface KittiInfos {
  readonly data_list: readonly {
    readonly images: { readonly CAM2: { readonly cam2img: number[][]; readonly lidar2cam: number[][] } };
    readonly instances: readonly {
      readonly bbox: number[];
      readonly bbox_3d: number[];
      readonly bbox_label_3d: number;
      readonly truncated: number;
      readonly occluded: number;
      readonly alpha: number;
    }[];
  }[];
}

interface NuscenesInfos {
  readonly metainfo: { readonly categories: Readonly<Record<string, number>> };
  readonly data_list: readonly {
    readonly lidar_points: { readonly lidar_path: string };
    readonly instances: readonly {
      readonly bbox_3d: number[];
      readonly bbox_label_3d: number;
      readonly num_lidar_pts: number;
    }[];
  }[];
}

/** Python writes numbers that are none into JSON. */
const readJson = <T>(path: string): T =>
  JSON.parse(readFileSync(path, "utf8").replace(/\bNaN\b/g, "null")) as T;
const NAMES = ["Pedestrian", "Cyclist", "Car"];

function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** KITTI's frames 000000 to 000002, and 000008, whose labels and calibration are in another form. */
export function kittiFrames(data: string, scratch: string): string {
  const from = join(data, "kitti-object");
  const out = emptied(join(scratch, "kitti"));
  const own = join(out, "training");
  cpSync(join(from, "training"), own, { recursive: true });
  const demo = join(from, "mmdet3d-demo");
  copyFileSync(join(demo, "000008.bin"), join(own, "velodyne", "000008.bin"));
  copyFileSync(join(demo, "000008.png"), join(own, "image_2", "000008.png"));
  const [{ images, instances }] = readJson<KittiInfos>(join(demo, "000008.infos.json")).data_list;
  const rows = (matrix: number[][]) => matrix.slice(0, 3).flat().join(" ");
  const { cam2img, lidar2cam } = images.CAM2;
  writeFileSync(
    join(own, "calib", "000008.txt"),
    `P2: ${rows(cam2img)}\nR0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: ${rows(lidar2cam)}\n`,
  );
  const lines = instances
    .filter((each) => each.bbox_label_3d >= 0)
    .map(({ bbox, bbox_3d: [x, y, z, l, h, w, turn], bbox_label_3d: label, ...each }) =>
      [NAMES[label], each.truncated, each.occluded, each.alpha, ...bbox, h, w, l, x, y, z, turn].join(" "),
    );
  writeFileSync(join(own, "label_2", "000008.txt"), `${lines.join("\n")}\n`);
  return out;
}

/** A key frame of nuScenes as tables; the sensor's own coordinates stand for the global ones. */
export function nuscenesFrame(data: string, scratch: string): string {
  const from = join(data, "nuscenes-sample");
  const out = emptied(join(scratch, "nuscenes"));
  const infos = readJson<NuscenesInfos>(join(from, "n015-2018-07-24-11-22-45+0800.infos.json"));
  const [{ lidar_points: lidar, instances: all }] = infos.data_list;
  // Some are of none of the classes.
  const instances = all.filter((each) => each.bbox_label_3d >= 0);
  const names = Object.entries(infos.metainfo.categories);
  const still = { translation: [0, 0, 0], rotation: [1, 0, 0, 0] };
  const refs = { sample_token: "f", ego_pose_token: "e", calibrated_sensor_token: "c" };
  const filename = `samples/LIDAR_TOP/${lidar.lidar_path}`;
  const tables: Record<string, object[]> = {
    scene: [{ token: "s", name: "scene" }],
    sample: [{ token: "f", scene_token: "s", timestamp: 0 }],
    sample_data: [{ token: "d", ...refs, filename, is_key_frame: true }],
    ego_pose: [{ token: "e", ...still }],
    calibrated_sensor: [{ token: "c", sensor_token: "l", ...still }],
    sensor: [{ token: "l", channel: "LIDAR_TOP" }],
    category: names.map(([name]) => ({ token: name, name: name === "car" ? "vehicle.car" : name })),
    instance: instances.map(({ bbox_label_3d: label }, i) => ({
      ...{ token: `i${i}`, category_token: names.find(([, number]) => number === label)![0] },
    })),
    sample_annotation: instances.map(({ bbox_3d: [x, y, z, l, w, h, yaw], num_lidar_pts }, i) => ({
      ...{ token: `a${i}`, sample_token: "f", instance_token: `i${i}`, num_lidar_pts, size: [w, l, h] },
      ...{ translation: [x, y, z], rotation: [Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)] },
    })),
  };
  mkdirSync(join(out, "v1.0-mini"));
  mkdirSync(join(out, "samples", "LIDAR_TOP"), { recursive: true });
  copyFileSync(join(from, lidar.lidar_path), join(out, filename));
  for (const [name, rows] of Object.entries(tables)) {
    writeFileSync(join(out, "v1.0-mini", `${name}.json`), JSON.stringify(rows));
  }
  return out;
}
