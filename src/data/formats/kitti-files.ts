/** @file What the layouts of KITTI (Geiger et al. 2013) have in common: calibration files and projections. */
import { UserError } from "../../common/errors.js";
import type { Pose } from "../../fields/pose.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import type { RigidMotion } from "../../geometry/rigid.js";
import { identity3, scale3, type Vec3 } from "../../geometry/rotation.js";
import { readText } from "../files/bytes.js";
import { poseOfRows } from "../sequences.js";
import { cameraFromMatrix, parseNumbers } from "./shared.js";

/** Lines `name: numbers`, or without the colon; lines without a name are called `P0`, `P1`, ... in order. */
export async function readCalibration(path: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await readText(path)).split("\n").map((line) => line.trim());
  return new Map(
    lines.filter(Boolean).map((line, i) => {
      const name = /^([A-Za-z]\w*)(?::\s*|\s+)/.exec(line);
      return name === null ? [`P${i}`, line] : [name[1], line.slice(name[0].length)];
    }),
  );
}

/** The numbers of one line. Throws UserError where it is missing or holds something else. */
export function calibrationLine(
  lines: ReadonlyMap<string, string>,
  name: string,
  count: number,
  where: string,
): number[] {
  const line = lines.get(name);
  if (line !== undefined) return parseNumbers(line, count, `${where}: ${name}`);
  throw new UserError({
    code: "data.no-calibration",
    what: "the calibration has no such line",
    where,
    expected: name,
    got: [...lines.keys()].join(", ") || "nothing",
  });
}

/** A rectified camera by its projection [K | K t]: its intrinsics, and its place beside camera 0. */
export interface RectifiedCamera {
  readonly camera: PinholeCamera;
  /** From camera 0 to this one: p' = p + `shift`, metres. */
  readonly shift: Vec3;
}

/** From the 3x4 projection matrix of a rectified camera, by rows. */
export function rectifiedCamera(p: readonly number[], where: string): RectifiedCamera {
  const camera = cameraFromMatrix([p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]], where);
  const z = p[11];
  return { camera, shift: [(p[3] - camera.cx * z) / camera.fx, (p[7] - camera.cy * z) / camera.fy, z] };
}

/** From rows of [rotation | translation]. */
export function rigidOfRows(n: readonly number[]): RigidMotion {
  const { rotation, position } = poseOfRows(n);
  return { rotation, translation: position };
}

/** From a camera that stands beside camera 0 to camera 0. */
export function besideFirst({ shift }: RectifiedCamera): RigidMotion {
  return { rotation: identity3, translation: scale3(shift, -1) };
}

/** Where a camera stands from whose coordinates `toScene` leads to the scene's. */
export function poseOfRigid({ rotation, translation }: RigidMotion): Pose {
  return { rotation, position: translation };
}
