/** @file Poses of cameras in files of their own, 4x4 camera to world, as Kinect sequences have them. */
import type { Pose } from "../../fields/pose.js";
import { readText } from "../files/bytes.js";
import { poseOfRows } from "../sequences.js";
import { parseNumbers } from "./shared.js";

/** The pose in a file; undefined where it was lost. Throws UserError where the file holds something else. */
export async function readPose(path: string): Promise<Pose | undefined> {
  const text = await readText(path);
  if (/-?(inf|nan)/i.test(text)) return undefined;
  return poseOfRows(parseNumbers(text, 16, path));
}
