/** @file KITTI's left colour camera beside its LiDAR (Geiger et al. 2013). */
import { composed } from "../../geometry/rigid.js";
import { identity3 } from "../../geometry/rotation.js";
import { readPictureSize } from "../files/picture-size.js";
import { calibrationLine, rectifiedCamera } from "../formats/kitti-files.js";
import { kittiToCamera } from "./kitti-boxes.js";
import type { SweepView } from "./source.js";

/** Of most pictures, where there is none to look at. */
export const USUAL_SIZE = { width: 1242, height: 375 } as const;

/**
 * The camera of the calibration's `P2`; undefined where there is no such line. Throws UserError where another
 * line is missing, or the picture cannot be read.
 */
export async function kittiView(
  lines: ReadonlyMap<string, string>,
  where: string,
  image: string | undefined,
): Promise<SweepView | undefined> {
  if (!lines.has("P2")) return undefined;
  const { camera, shift } = rectifiedCamera(calibrationLine(lines, "P2", 12, where), where);
  const toCamera = composed({ rotation: identity3, translation: shift }, kittiToCamera(lines, where));
  const { width, height } = image === undefined ? USUAL_SIZE : await readPictureSize(image);
  return { camera, toCamera, width, height, image };
}
