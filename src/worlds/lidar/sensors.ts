/** @file LiDAR sensors: beams that turn about an upright axis. */
import { UserError } from "../../common/errors.js";

export interface LidarSensor {
  /** Of each beam above the horizon, radians, from high to low. */
  readonly elevations: readonly number[];
  /** Firings of each beam in a full turn, evenly spread. */
  readonly columns: number;
  /** Nothing farther away answers, metres. */
  readonly range: number;
  /** Standard deviation of the measured range, metres. */
  readonly noise: number;
  /**
   * The share of answers that get lost near by and straight on, 0 to 1; more are lost far away and at a
   * slant.
   */
  readonly dropout: number;
  /** Of the sensor above the ground that it drives on, metres. */
  readonly height: number;
}

const DEGREE = Math.PI / 180;
/** Ordinary values of such sensors. */
const COMMON = { noise: 0.02, dropout: 0.05 };

function evenly(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (from + ((to - from) * i) / (count - 1)) * DEGREE);
}

/** Every second beam of the Waymo Open Dataset's sensor on the roof, degrees. */
const WAYMO_BEAMS = [
  ...[2.32, 1.99, 1.65, 1.32, 0.99, 0.65, 0.32, -0.01, -0.34, -0.68, -1.02, -1.37, -1.76, -2.19, -2.67],
  ...[-3.21, -3.77, -4.37, -5.02, -5.72, -6.46, -7.25, -8.08, -8.96, -9.89, -10.83, -11.82, -12.91, -13.98],
  ...[-15.08, -16.3, -17.55],
];

/** Sensors by name. */
export const lidarSensors: Readonly<Record<string, LidarSensor>> = {
  /** 64 beams, as KITTI's: finer above than below. */
  "hdl-64e": {
    elevations: [...evenly(2.4, -7.8, 32), ...evenly(-8.4, -23.6, 32)],
    columns: 2000,
    range: 80,
    height: 1.73,
    ...COMMON,
  },
  /** 32 beams, as nuScenes'. */
  "hdl-32e": {
    elevations: evenly(-30.67 + 31 * 1.333, -30.67, 32),
    columns: 1084,
    range: 70,
    height: 1.84,
    ...COMMON,
  },
  /** 32 of the 64 beams of the Waymo Open Dataset's sensor on the roof. */
  "waymo-top": {
    elevations: WAYMO_BEAMS.map((degrees) => degrees * DEGREE),
    columns: 2650,
    range: 75,
    height: 2.184,
    ...COMMON,
  },
};

/** The sensor that is taken where none is named. */
export const DEFAULT_LIDAR = "hdl-32e";

/** The sensor of that name. Throws UserError `data.unknown-lidar`. */
export function lidarByName(name: string): LidarSensor {
  if (Object.hasOwn(lidarSensors, name)) return lidarSensors[name];
  throw new UserError({
    code: "data.unknown-lidar",
    what: "there is no such LiDAR sensor",
    where: "--lidar",
    expected: Object.keys(lidarSensors).join(" or "),
    got: name,
  });
}
