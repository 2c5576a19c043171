import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nuscenes } from "../../../src/data/formats/nuscenes.js";
import { boxContains, wrapAngle } from "../../../src/geometry/boxes/box.js";
import { project } from "../../../src/geometry/camera.js";
import { composed, type RigidMotion } from "../../../src/geometry/rigid.js";
import { type Mat3, multiply3, rotationZ, type Vec3 } from "../../../src/geometry/rotation.js";
import { temporaryFolder, writeFiles } from "../../helpers/dataset.js";
import { moved } from "../../helpers/range-image.js";
import { realData } from "../../helpers/real-data.js";

type Matrix = readonly (readonly number[])[];
interface Frame {
  readonly ego2global: Matrix;
  readonly lidar_points: { readonly lidar_path: string; readonly lidar2ego: Matrix };
  readonly images: {
    readonly CAM_FRONT: { readonly img_path: string; readonly cam2img: Matrix; readonly cam2ego: Matrix };
  };
  readonly instances: readonly { readonly bbox_3d: readonly number[]; readonly num_lidar_pts: number }[];
  readonly cam_instances: {
    readonly CAM_FRONT: readonly { readonly center_2d: readonly number[]; readonly depth: number }[];
  };
}

const motionOf = (m: Matrix): RigidMotion => ({
  rotation: m.slice(0, 3).flatMap((row) => row.slice(0, 3)) as unknown as Mat3,
  translation: m.slice(0, 3).map((row) => row[3]) as unknown as Vec3,
});

/** w, x, y, z (Shepperd's method for a trace above -1). */
function quaternionOf(m: Mat3): number[] {
  const w = Math.sqrt(Math.max(0, 1 + m[0] + m[4] + m[8])) / 2;
  if (w > 0.1) return [w, (m[7] - m[5]) / (4 * w), (m[2] - m[6]) / (4 * w), (m[3] - m[1]) / (4 * w)];
  // Nearly half a turn: the largest of the others leads.
  const squares = [0, 4, 8].map((i) => Math.max(0, 1 + 2 * m[i] - m[0] - m[4] - m[8]) / 4);
  const lead = squares.indexOf(Math.max(...squares));
  const value = Math.sqrt(squares[lead]);
  const sums = [
    [0, m[1] + m[3], m[2] + m[6]],
    [m[1] + m[3], 0, m[5] + m[7]],
    [m[2] + m[6], m[5] + m[7], 0],
  ][lead];
  const differences = [m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  return [differences[lead] / (4 * value), ...sums.map((sum, i) => (i === lead ? value : sum / (4 * value)))];
}

const placed = ({ rotation, translation }: RigidMotion) => ({
  translation,
  rotation: quaternionOf(rotation),
});

const real = realData("nuscenes-sample");
describe.skipIf(real === undefined)("a real key frame of nuScenes, in tables with its real poses", () => {
  const read = async () => {
    const name = "n015-2018-07-24-11-22-45+0800.infos.json";
    const text = readFileSync(join(real!, name), "utf8").replace(/\bNaN\b/g, "null");
    const frame = (JSON.parse(text) as { data_list: Frame[] }).data_list[0];
    const [ego, lidar, camera] = [
      frame.ego2global,
      frame.lidar_points.lidar2ego,
      frame.images.CAM_FRONT.cam2ego,
    ];
    const toGlobal = composed(motionOf(ego), motionOf(lidar));
    const refs = { sample_token: "f", ego_pose_token: "e", is_key_frame: true };
    const tables = {
      scene: [{ token: "s", name: "scene" }],
      sample: [{ token: "f", scene_token: "s", timestamp: 0 }],
      sample_data: [
        { token: "d", ...refs, calibrated_sensor_token: "l", filename: frame.lidar_points.lidar_path },
        {
          ...{ token: "c", ...refs, calibrated_sensor_token: "k", filename: frame.images.CAM_FRONT.img_path },
          ...{ width: 1600, height: 900 },
        },
      ],
      ego_pose: [{ token: "e", ...placed(motionOf(ego)) }],
      calibrated_sensor: [
        { token: "l", sensor_token: "LIDAR_TOP", ...placed(motionOf(lidar)) },
        {
          ...{ token: "k", sensor_token: "CAM_FRONT", ...placed(motionOf(camera)) },
          camera_intrinsic: frame.images.CAM_FRONT.cam2img,
        },
      ],
      sensor: ["LIDAR_TOP", "CAM_FRONT"].map((channel) => ({ token: channel, channel })),
      category: [{ token: "k", name: "vehicle.car" }],
      instance: [{ token: "i", category_token: "k" }],
      sample_annotation: frame.instances.map(({ bbox_3d: [x, y, z, l, w, h, yaw], num_lidar_pts }, i) => ({
        ...{ token: `a${i}`, sample_token: "f", instance_token: "i", num_lidar_pts, size: [w, l, h] },
        translation: moved(toGlobal, [x, y, z]),
        rotation: quaternionOf(multiply3(toGlobal.rotation, rotationZ(yaw))),
      })),
    };
    const path = await temporaryFolder();
    const files = Object.entries(tables).map(([table, rows]) => [
      `v1.0-mini/${table}.json`,
      JSON.stringify(rows),
    ]);
    await writeFiles(path, Object.fromEntries(files));
    for (const file of [frame.lidar_points.lidar_path, frame.images.CAM_FRONT.img_path]) {
      copyFileSync(join(real!, file), join(path, file));
    }
    return { frame, source: await nuscenes.openSweeps!(path) };
  };

  it("has its points and boxes where an independent program has them", async () => {
    const { frame, source } = await read();
    const { points } = await source.readSweep("train", "f");
    expect(points.length / 4).toBe(34_688 - 8274);
    // The file's first point (-3.1243734, -0.43415368, -1.867192, 4), its x to the right and y ahead.
    [-0.43415368, 3.1243734, -1.867192, 4 / 255].forEach((value, i) => {
      expect(points[i]).toBeCloseTo(value, 5);
    });
    const boxes = await source.readBoxes("train", "f");
    expect(boxes).toHaveLength(69);
    let [sum, equal] = [0, 0];
    boxes.forEach((box, i) => {
      const [x, y, z, l, w, h, yaw] = frame.instances[i].bbox_3d;
      [y, -x, z, l, w, h].forEach((value, k) => {
        expect([...box.centre, ...box.size][k]).toBeCloseTo(value, 4);
      });
      expect(wrapAngle(box.yaw - (yaw - Math.PI / 2))).toBeCloseTo(0, 4);
      let inside = 0;
      for (let at = 0; at < points.length; at += 4) {
        if (boxContains(box, [points[at], points[at + 1], points[at + 2]])) inside++;
      }
      sum += inside;
      if (inside === box.points) equal++;
    });
    expect(Math.abs(sum - 994)).toBeLessThanOrEqual(2);
    expect(Math.abs(equal - 61)).toBeLessThanOrEqual(1);
  });

  it("is seen by the front camera where the source's own projections are", async () => {
    const { frame, source } = await read();
    const view = (await source.readView!("train", "f"))!;
    const boxes = await source.readBoxes("train", "f");
    const centres = boxes.map(({ centre }) => moved(view.toCamera, centre));
    for (const { center_2d: centre, depth } of frame.cam_instances.CAM_FRONT) {
      const distances = centres.map((place) => {
        if (!(place[2] > 0)) return Number.POSITIVE_INFINITY;
        const [x, y] = project(place, view.camera);
        // The picture was taken 40 ms before the sweep; the car drove on by some decimetres.
        return Math.abs(place[2] - depth) < 1
          ? Math.hypot(x - centre[0], y - centre[1])
          : Number.POSITIVE_INFINITY;
      });
      expect(Math.min(...distances)).toBeLessThan(30);
    }
  });
});
