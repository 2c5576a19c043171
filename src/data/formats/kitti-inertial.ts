/** @file Where KITTI's car was: poses from GPS and inertial measurements, `oxts/data/*.txt`. */
import type { RigidMotion } from "../../geometry/rigid.js";
import { multiply3, rotationX, rotationY, rotationZ } from "../../geometry/rotation.js";
import { readText } from "../files/bytes.js";
import { parseNumbers } from "./shared.js";

/** Of the earth, metres. */
const RADIUS = 6_378_137;
const RADIANS = Math.PI / 180;
/** What is amiss with sweeps of a recording that has measurements of others. */
export const UNMEASURED = "have no measurement in oxts: nobody knows where the sensor stood";
/** Numbers in a measurement: latitude, longitude, altitude, roll, pitch, yaw, and what is not used here. */
const NUMBERS = 30;

/**
 * From the measuring unit (x forward, y left, z up) to the map (x east, y north, z up), by Mercator's
 * projection.
 */
export function inertialPose(numbers: readonly number[], scale: number): RigidMotion {
  const [latitude, longitude, altitude, roll, pitch, yaw] = numbers;
  const rotation = multiply3(rotationZ(yaw), multiply3(rotationY(pitch), rotationX(roll)));
  const north = scale * RADIUS * Math.log(Math.tan((90 + latitude) * (RADIANS / 2)));
  return { rotation, translation: [scale * RADIUS * longitude * RADIANS, north, altitude] };
}

/** The poses of the measurements in these files; the first one's latitude gives the map's scale. */
export async function readInertial(files: readonly string[]): Promise<RigidMotion[]> {
  const measured: number[][] = [];
  for (const file of files) measured.push(parseNumbers(await readText(file), NUMBERS, file));
  return posesOf(measured);
}

/** The poses of the lines of one file. */
export function parseInertial(lines: readonly string[], where: string): RigidMotion[] {
  return posesOf(lines.map((line, i) => parseNumbers(line, NUMBERS, `${where}: line ${i + 1}`)));
}

function posesOf(measured: readonly (readonly number[])[]): RigidMotion[] {
  const scale = Math.cos((measured[0]?.[0] ?? 0) * RADIANS);
  return measured.map((numbers) => inertialPose(numbers, scale));
}
