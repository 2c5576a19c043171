/** @file Depth where a laser beam hit: KITTI's scans, `velodyne_points/data/*.bin`, seen by a camera. */
import { type PinholeCamera, project } from "../../geometry/camera.js";
import type { RigidMotion } from "../../geometry/rigid.js";
import { add3, apply3 } from "../../geometry/rotation.js";
import type { LabelMap } from "../../tasks/task.js";

/**
 * A scan's points in the camera's image, the nearest one of each pixel. `toCamera`: from the scanner to it.
 */
export function projectScan(
  scan: Float32Array,
  toCamera: RigidMotion,
  camera: PinholeCamera,
  { width, height }: { readonly width: number; readonly height: number },
): LabelMap {
  const data = new Float32Array(width * height);
  const valid = new Uint8Array(width * height);
  for (let at = 0; at + 3 < scan.length; at += 4) {
    const scanned = [scan[at], scan[at + 1], scan[at + 2]] as const;
    const point = add3(apply3(toCamera.rotation, scanned), toCamera.translation);
    if (!(point[2] > 0)) continue;
    const [x, y] = project(point, camera).map(Math.round);
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const pixel = y * width + x;
    if (valid[pixel] === 1 && data[pixel] <= point[2]) continue;
    data[pixel] = point[2];
    valid[pixel] = 1;
  }
  return { channels: 1, height, width, data, valid };
}
